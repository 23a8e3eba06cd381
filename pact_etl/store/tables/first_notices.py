"""First notices that are set for districts: one for each student, year and district, in numbered sets of a night."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from pact_etl.store.tables.base import metadata, reference, surrogate_key

FIRST_PIECE = 9_000_000_001
"""Far from the numbers of letters that the print vendor gets, so that no piece id stands for two."""

first_notice = Table(
    "first_notice",
    metadata,
    surrogate_key(),
    reference("district_id", "district"),
    reference("student_id", "student", index=True),
    Column("school_year", Text, nullable=False),
    reference("finding_id", "finding", index=True),
    Column("as_of", Date, nullable=False, comment="the night of the newest decision"),
    Column(
        "status",
        Text,
        nullable=False,
        comment="made, held, already_noticed, withdrawn, undone",
    ),
    Column("reason", Text, comment="the newest hold; of a made one, why a second home got none"),
    UniqueConstraint("district_id", "student_id", "school_year"),
    comment="What became of a student's first notice: never a second row for the same year and district.",
)

first_notice_set = Table(
    "first_notice_set",
    metadata,
    surrogate_key(),
    reference("district_id", "district"),
    Column("as_of", Date, nullable=False),
    Column("number", Integer, nullable=False, comment="of several in one night"),
    Column("pages", Integer, nullable=False),
    Column("pdf_sha256", Text, comment="none where nothing was set"),
    UniqueConstraint("district_id", "as_of", "number"),
    comment="What a district was given on a night; its files are written from here, the same ones each time.",
)

first_notice_event = Table(
    "first_notice_event",
    metadata,
    surrogate_key(),
    reference("first_notice_id", "first_notice"),
    reference("set_id", "first_notice_set", index=True),
    reference("finding_id", "finding", index=True),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("local_id", Text, nullable=False, comment="the district's own, as told to it"),
    UniqueConstraint("first_notice_id", "set_id"),
    comment="Append-only: everything that a district was told of a student's first notice.",
)
Index(
    "uq_first_notice_event_made_once",
    first_notice_event.c.first_notice_id,
    unique=True,
    postgresql_where=first_notice_event.c.status == "made",
)

first_notice_piece = Table(
    "first_notice_piece",
    metadata,
    Column("id", BigInteger, Identity(always=True, start=FIRST_PIECE), primary_key=True),
    reference("set_id", "first_notice_set", index=True),
    Column("language", Text, nullable=False, comment="the family's own"),
    Column("content", JSONB, nullable=False, comment="exactly what is printed"),
    Column("first_page", Integer),
    Column("pages", Integer),
    comment="One envelope: one adult, every child of that home that is noticed on the night.",
)

first_notice_student = Table(
    "first_notice_student",
    metadata,
    Column("piece_id", BigInteger, ForeignKey("first_notice_piece.id"), primary_key=True),
    Column("first_notice_id", BigInteger, ForeignKey("first_notice.id"), primary_key=True),
    Index("ix_first_notice_student_first_notice_id", "first_notice_id"),
    comment="Which students stand on which piece.",
)
