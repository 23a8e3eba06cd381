"""The warehouse: a star schema of its own, filled slice by slice with facts that name nobody.

What leaves it is decided elsewhere; inside it students are keyed hashes and coarse bands. That is
pseudonymous, not anonymous: the database is still an education record.
"""
