"""What was purged when, and who asked to see what: the books about the record itself."""

from sqlalchemy import Column, Date, DateTime, Integer, Table, Text, func

from pact_etl.store.tables.base import metadata, reference, surrogate_key

purge = Table(
    "purge",
    metadata,
    Column("as_of", Date, primary_key=True),
    Column("record_class", Text, primary_key=True),
    Column("due_through", Date, nullable=False, comment="records that speak of later days stayed"),
    Column("months", Integer, nullable=False, comment="the clock that was in force"),
    Column("deleted", Integer, nullable=False),
    Column("in_flight", Integer, nullable=False, comment="due, but still on its way: stayed"),
    comment="How many records of each class went, and by which clock.",
)

record_access = Table(
    "record_access",
    metadata,
    surrogate_key(),
    reference("student_id", "student", nullable=True, index=True),
    Column("what", Text, nullable=False, comment="student_record or disclosure_log"),
    Column("role", Text, nullable=False, comment="parent, custodian or auditor"),
    Column("requested_by", Text, nullable=False),
    Column("handled_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="Who was given an export, by whom and why; append-only.",
)
