"""The steps of the truancy ladder that districts tell of: reports, notices, conferences, referrals."""

from sqlalchemy import Column, Date, Index, Table, Text

from pact_etl.store.tables.base import metadata, reference, surrogate_key

ladder_step = Table(
    "ladder_step",
    metadata,
    surrogate_key(),
    reference("district_id", "district"),
    reference("student_id", "student", index=True),
    Column("step", Text, nullable=False),
    Column("section", Text, nullable=False, comment="of the Education Code, such as 48260.5"),
    Column("date", Date, nullable=False),
    Column("channel", Text),
    Column("proof", Text, comment="where the district can show it, in its own words"),
    reference("recorded_from", "submission", index=True),
    reference("recorded_to", "submission", nullable=True, index=True),
    comment="As districts told it; derived steps are worked out when asked and never stored.",
)
Index(
    "uq_ladder_step_believed",
    ladder_step.c.district_id,
    ladder_step.c.student_id,
    ladder_step.c.step,
    ladder_step.c.section,
    ladder_step.c.date,
    unique=True,
    postgresql_where=ladder_step.c.recorded_to.is_(None),
)
