"""`python -m pact_etl.cli` is `pact`."""

from pact_etl.cli.app import main

main()
