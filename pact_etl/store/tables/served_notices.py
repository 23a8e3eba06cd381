"""Notices of a meeting with the District Attorney (WIC 601.3): their pieces, what happened to them, who was served."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Time,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pact_etl.store.tables.base import metadata, reference, surrogate_key

served_notice = Table(
    "served_notice",
    metadata,
    Column("id", BigInteger, Identity(always=True, start=1001), primary_key=True),
    reference("case_id", "case_file", index=True),
    reference("referral_id", "case_entry"),
    Column("meeting_on", Date, nullable=False),
    Column("starts", Time, nullable=False),
    Column("ends", Time, nullable=False),
    Column("place", Text, nullable=False),
    Column("street", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, comment="why it is held, or was withdrawn"),
    Column("prepared_by", Text, nullable=False),
    Column("issued_by", Text),
    Column("issued_as_of", Date),
    Column("record_as_of", Date, comment="the night whose record its pieces print"),
    Column("last_day", Date, comment="the last day on which service is in time, once it is issued"),
    CheckConstraint(
        "status IN ('held', 'prepared', 'issued', 'withdrawn', 'expired')", name="known_status"
    ),
    CheckConstraint(
        "num_nulls(issued_by, issued_as_of, record_as_of, last_day) IN (0, 4)", name="issued_whole"
    ),
    CheckConstraint("starts < ends", name="hours"),
    comment="One notice for each referral and day of the meeting; no night plans it, no vendor mails it.",
)
Index(
    "uq_served_notice_one_open",
    served_notice.c.referral_id,
    served_notice.c.meeting_on,
    unique=True,
    postgresql_where=text("status IN ('held', 'prepared', 'issued')"),
)

served_piece = Table(
    "served_piece",
    metadata,
    Column("id", BigInteger, Identity(always=True, start=1001), primary_key=True),
    reference("served_notice_id", "served_notice"),
    Column("person", Integer, nullable=False, comment="1, 2, ...: on whom, within the notice"),
    Column("recipient", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("content", JSONB, nullable=False, comment="letter and letterhead, frozen when issued"),
    Column("pages", Integer, nullable=False),
    Column("pdf_sha256", Text, nullable=False),
    Column("form_sha256", Text, nullable=False, comment="of the empty proof of service"),
    UniqueConstraint("served_notice_id", "person"),
    comment="What is served on one person; append-only.",
)

served_notice_event = Table(
    "served_notice_event",
    metadata,
    surrogate_key(),
    reference("served_notice_id", "served_notice", index=True),
    Column("event", Text, nullable=False),
    Column("said_by", Text, nullable=False, comment="a person, or the step that found it"),
    Column("as_of", Date, nullable=False),
    Column("reason", Text, comment="a code, or why the person said yes"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="Append-only: who prepared, issued or withdrew a notice, and what held it.",
)

service = Table(
    "service",
    metadata,
    surrogate_key(),
    reference("served_piece_id", "served_piece", index=True),
    Column("how", Text),
    Column("served_on", Date),
    Column("receipt", Text, comment="number of the certified mail"),
    reference("retracts", "service", nullable=True),
    Column("entered_by", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("retracts"),
    CheckConstraint("how IN ('personal', 'certified_mail')", name="how"),
    CheckConstraint("(how = 'certified_mail') = (receipt IS NOT NULL)", name="receipt"),
    CheckConstraint(
        "num_nonnulls(how, served_on) = CASE WHEN retracts IS NULL THEN 2 ELSE 0 END",
        name="served_or_taken_back",
    ),
    comment="Append-only: which piece was served how and when, or that such an entry was taken back.",
)
