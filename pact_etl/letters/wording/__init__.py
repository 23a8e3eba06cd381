"""What letters say, one file for each language: `<ISO 639-3 code>.yaml`. Data, read by `pact_etl.letters.languages`."""
