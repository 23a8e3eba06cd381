"""Case files: one for each student, school year and district, what was done in it, and what was reported back."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
)

from pact_etl.store.tables.base import metadata, reference, surrogate_key

case_file = Table(
    "case_file",
    metadata,
    Column("id", BigInteger, Identity(always=True, start=1001), primary_key=True),
    reference("district_id", "district"),
    reference("student_id", "student", index=True),
    Column("school_year", Text, nullable=False),
    Column("opened_as_of", Date, nullable=False),
    reference("joined_to", "case_file", nullable=True, index=True),
    comment="A case that turned out to be another one's child is joined to that one; its entries are read with it.",
)
Index(
    "uq_case_file_once",
    case_file.c.district_id,
    case_file.c.student_id,
    case_file.c.school_year,
    unique=True,
    postgresql_where=case_file.c.joined_to.is_(None),
)

case_entry = Table(
    "case_entry",
    metadata,
    surrogate_key(),
    reference("case_id", "case_file", index=True),
    Column("kind", Text, nullable=False, comment="contact, referral, ..., retraction"),
    Column("date", Date, nullable=False, comment="when it was done, or the meeting is"),
    reference("about", "case_entry", nullable=True, index=True),
    Column("way", Text, comment="how: by phone, to the review board, ..."),
    Column("whom", Text, comment="whom it reached, or which agency referred; a role, never a name"),
    Column("result", Text),
    Column("number", Integer, nullable=False, comment="which of several alike on one day"),
    Column("entered_by", Text, nullable=False),
    Column("as_of", Date, nullable=False, comment="the day on which it was entered"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="Append-only: what was done in a case and is recorded nowhere else; codes, no free text.",
)

back_report = Table(
    "back_report",
    metadata,
    surrogate_key(),
    reference("district_id", "district"),
    Column("agency", Text, nullable=False, comment="which agency had referred"),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("released_by", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="Outcomes of referrals told to the agency that referred (EC 48297); append-only.",
)
Index(
    "uq_back_report_content",
    back_report.c.district_id,
    back_report.c.agency,
    back_report.c.first,
    back_report.c.last,
    back_report.c.sha256,
    unique=True,
)
