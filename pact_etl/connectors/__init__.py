"""How a district's files become raw text tables: fetching, keeping the bytes, parsing. No judgement of values here."""
