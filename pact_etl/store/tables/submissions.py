"""Districts, schools, and what each district delivered for each night."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from pact_etl.store.tables.base import changed_by, metadata, reference, surrogate_key

district = Table(
    "district",
    metadata,
    surrogate_key(),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("cd_code", Text, nullable=False),
)

submission = Table(
    "submission",
    metadata,
    surrogate_key(),
    reference("district_id", "district"),
    Column("as_of", Date, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("refused_reason", Text),
    Column("refused_file", Text),
    Column("refused_field", Text),
    Column("covered_from", Date),
    Column("covered_to", Date),
    Column(
        "silent_schools",
        ARRAY(Text),
        comment="schools that have marks in the window but sent no row",
    ),
    Column(
        "cursor",
        JSONB,
        comment="where its source's list of changes was read up to; the next pull starts there once this is recorded",
    ),
    Column(
        "rederives",
        BigInteger,
        ForeignKey("submission.id"),
        comment="the earlier submission whose kept bytes are read again, after a code in them was explained",
    ),
    Column("corrections", Integer, nullable=False, server_default="0"),
    Column("files_gone_as_of", Date, comment="the night on which its kept bytes were destroyed"),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("district_id", "as_of", "content_hash"),
)

code_meaning = Table(
    "code_meaning",
    metadata,
    Column("district_id", BigInteger, ForeignKey("district.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    comment="The dated code map that a district's record rests on, in the order in which it is asked.",
)

school = Table(
    "school",
    metadata,
    surrogate_key(),
    reference("district_id", "district"),
    Column("school_code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("periods_per_day", Integer, nullable=False),
    Column("phone", Text),
    Column("is_charter", Boolean, nullable=False, server_default=false()),
    changed_by(),
    UniqueConstraint("district_id", "school_code"),
)

submission_file = Table(
    "submission_file",
    metadata,
    Column("submission_id", BigInteger, ForeignKey("submission.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sha256", Text, nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
)

submission_count = Table(
    "submission_count",
    metadata,
    Column("submission_id", BigInteger, ForeignKey("submission.id"), primary_key=True),
    Column("table_name", Text, primary_key=True),
    Column("received", Integer, nullable=False),
    Column("recorded", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("quarantined", Integer, nullable=False),
    comment="One row per table of a submission; once recorded, received = recorded + unchanged + quarantined.",
)

quarantined_row = Table(
    "quarantined_row",
    metadata,
    surrogate_key(),
    reference("submission_id", "submission", index=True),
    Column("table_name", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("row", Integer, nullable=False, comment="line in the file as sent, header = 1"),
    Column("field", Text),
    Column("reason", Text, nullable=False),
    Column("local_id", Text),
    Column("school_code", Text),
    Column("date", Date),
    Column("code", Text),
    reference("resolved_by", "submission", nullable=True, index=True),
)
