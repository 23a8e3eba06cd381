"""Past nights counted again, all at once and out of the database: what each night knew, and what it would have found.

The nightly counts in `pact_etl.store.tallies` and `pact_etl.store.findings` are the truth; under the county's own
policy everything here comes to the same findings on the same nights, and tests hold it to that.
"""
