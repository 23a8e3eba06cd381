"""Households, letters, batches, emails, and the log of what was disclosed to whom."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from pact_etl.store.tables.base import metadata, reference, surrogate_key

household = Table(
    "household",
    metadata,
    surrogate_key(),
    Column(
        "key",
        Text,
        nullable=False,
        unique=True,
        comment="hash over an adult's name, address and language",
    ),
)

batch = Table(
    "batch",
    metadata,
    surrogate_key(),
    Column("as_of", Date, nullable=False, unique=True),
    Column(
        "status",
        Text,
        nullable=False,
        comment="open, approved, rejected, expired, released, acknowledged",
    ),
    Column("decided_by", Text),
    Column("decided_reason", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column(
        "answer_by",
        DateTime(timezone=True),
        comment="the vendor's cut-off that the batch was first shown for",
    ),
    Column("released_as_of", Date, comment="the newest of its packages'"),
)

package = Table(
    "package",
    metadata,
    surrogate_key(),
    reference("batch_id", "batch", index=True),
    Column(
        "status",
        Text,
        nullable=False,
        comment="frozen, sealed, handed_over, acknowledged, refused",
    ),
    Column(
        "sequence",
        Integer,
        unique=True,
        comment="gapless; given with the name, and given back where the package does not go",
    ),
    Column("name", Text, unique=True),
    Column("pdf_sha256", Text),
    Column("sealed_sha256", Text, comment="of the encrypted package; sealing again gives another"),
    Column("bytes", BigInteger, comment="of the zip, before it is sealed"),
    Column("pieces", Integer),
    Column("pages", Integer),
    Column("sheets", Integer),
    Column("released_as_of", Date, comment="the night whose record its letters print"),
    Column(
        "letterhead",
        JSONB,
        comment="and the county's own words, as its letters were printed; none before it was kept",
    ),
    CheckConstraint(
        "status IN ('frozen', 'sealed', 'handed_over', 'acknowledged', 'refused')",
        name="known_status",
    ),
    CheckConstraint(
        "num_nulls(sequence, name, pdf_sha256, pieces, pages, sheets, released_as_of)"
        " = CASE WHEN status = 'frozen' THEN 7 ELSE 0 END",
        name="booked_whole",
    ),
    comment="What leaves as one file. Which letters lie in which is frozen before the first of a batch goes.",
)

approval = Table(
    "approval",
    metadata,
    surrogate_key(),
    reference("batch_id", "batch", index=True),
    Column("answer", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("letters", ARRAY(BigInteger), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("answer IN ('all', 'all_but', 'none', 'pull')", name="answer"),
    CheckConstraint("answer = 'all' OR reason <> ''", name="reason"),
    CheckConstraint("(answer IN ('all_but', 'pull')) = (cardinality(letters) > 0)", name="letters"),
    comment="Append-only: what named persons said of a batch, and of letters they took out of it.",
)
# The same person twice is one person, however the name is written.
Index(
    "uq_approval_one_yes",
    approval.c.batch_id,
    text("lower(btrim(said_by))"),
    unique=True,
    postgresql_where=approval.c.answer.in_(["all", "all_but"]),
)

notice = Table(
    "notice",
    metadata,
    Column("id", BigInteger, Identity(always=True, start=1001), primary_key=True),
    Column("kind", Text, nullable=False),
    reference("household_id", "household"),
    reference("meeting_id", "meeting"),
    reference("batch_id", "batch", index=True),
    reference("package_id", "package", nullable=True, index=True),
    Column("recipient", Text, nullable=False),
    Column("address", Text, nullable=False, comment="the postal block, one line per line"),
    Column("email", Text),
    Column("language", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, comment="why it was withdrawn, held or failed"),
    Column("record_as_of", Date, comment="the date the printed attendance record speaks of"),
    Column("content", JSONB, comment="what was printed, frozen at release"),
    Column(
        "imb_serial",
        BigInteger,
        unique=True,
        comment="drawn from the sequence imb_serial; its last digits are the barcode's serial number",
    ),
    Column(
        "imb", Text, comment="digits of the Intelligent Mail barcode: tracking and routing code"
    ),
    Column("first_page", Integer),
    Column("pages", Integer),
    Column("mailed_on", Date),
    Column("returned_on", Date),
    Column("returned_as_of", Date, comment="the night that learned of the return"),
    Column(
        "follows", BigInteger, ForeignKey("notice.id"), index=True, comment="the earlier letter"
    ),
    CheckConstraint("(kind = 'pact_invitation') = (follows IS NULL)", name="follows_its_kind"),
    Column("return_reason", Text, comment="the post office's endorsement, as a code"),
    Column(
        "replaces_id",
        BigInteger,
        ForeignKey("notice.id", ondelete="SET NULL"),
        index=True,
        comment="the failed letter that this one is made for",
    ),
)
Index(
    "ix_notice_returned_as_of",
    notice.c.returned_as_of,
    postgresql_where=notice.c.returned_as_of.is_not(None),
)
Index(
    "uq_notice_one_envelope",
    notice.c.household_id,
    notice.c.meeting_id,
    unique=True,
    postgresql_where=notice.c.status.not_in(["withdrawn", "failed"])
    & notice.c.kind.in_(["pact_invitation", "second_invitation"]),
)
# Letters that take one back for other students each are kept apart by the trigger `taken_back_once` on notice_student.
Index(
    "uq_notice_one_follow_up",
    notice.c.follows,
    notice.c.kind,
    unique=True,
    postgresql_where=notice.c.status.not_in(["withdrawn", "failed", "rejected"])
    & notice.c.kind.not_in(["disregard_part", "disregard_late"]),
)

follow_up = Table(
    "follow_up",
    metadata,
    surrogate_key(),
    Column("kind", Text, nullable=False),
    Column(
        "follows", BigInteger, ForeignKey("notice.id"), nullable=False, comment="the earlier letter"
    ),
    Column("as_of", Date, nullable=False),
    Column("status", Text, nullable=False, comment="planned, held or withdrawn"),
    Column("reason", Text, comment="why it is held or was withdrawn"),
    UniqueConstraint("follows", "kind"),
    comment="What one letter calls for, by kind: one row however many students of it get a letter of their own.",
)

notice_student = Table(
    "notice_student",
    metadata,
    Column("notice_id", BigInteger, ForeignKey("notice.id"), primary_key=True),
    Column("invitation_id", BigInteger, ForeignKey("invitation.id"), primary_key=True, index=True),
)

notice_event = Table(
    "notice_event",
    metadata,
    surrogate_key(),
    reference("notice_id", "notice", index=True),
    Column("event", Text, nullable=False),
    Column("source", Text, nullable=False, comment="step, vendor file or person"),
    Column("as_of", Date, nullable=False),
    Column("is_applied", Boolean, nullable=False),
    Column("detail", Text),
    UniqueConstraint("notice_id", "event", "source"),
    comment="Append-only; an event that fits no transition is kept with is_applied false.",
)

void_wait = Table(
    "void_wait",
    metadata,
    surrogate_key(),
    reference("notice_id", "notice"),
    reference("district_id", "district", index=True),
    Column("since", Date, nullable=False),
    Column("answer", Text, comment="approved or declined; none while it waits"),
    Column("answered_by", Text),
    Column("answered_reason", Text),
    Column("answered_as_of", Date),
    Column("answered_at", DateTime(timezone=True)),
    Column(
        "ended_as_of",
        Date,
        comment="the letter became void, or the record said again what it had said",
    ),
    comment="Letters of a district of which unusually many were undone at once, and what a person said.",
)
Index(
    "uq_void_wait_standing",
    void_wait.c.notice_id,
    void_wait.c.district_id,
    unique=True,
    postgresql_where=void_wait.c.ended_as_of.is_(None),
)

email = Table(
    "email",
    metadata,
    surrogate_key(),
    reference("notice_id", "notice"),
    Column("kind", Text, nullable=False, comment="such as reminder_7, days before the meeting"),
    Column("send_on", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("message_id", Text, unique=True),
    Column("reason", Text),
    UniqueConstraint("notice_id", "kind"),
    comment="The outbox: inserted and committed before anything is sent.",
)

vendor_file = Table(
    "vendor_file",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("outcome", Text, nullable=False, comment="applied, or why it was not"),
    Column("read_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="Every file the vendor sent back, once.",
)

disclosure = Table(
    "disclosure",
    metadata,
    surrogate_key(),
    reference("notice_id", "notice", nullable=True),
    reference("back_report_id", "back_report", nullable=True),
    reference("case_id", "case_file", nullable=True, index=True),
    reference("served_notice_id", "served_notice", nullable=True),
    reference("student_id", "student", index=True),
    Column("recipient", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("notice_id", "student_id", "recipient", "what"),
    UniqueConstraint("back_report_id", "case_id", "recipient", "what"),
    UniqueConstraint("served_notice_id", "student_id", "recipient", "what"),
    CheckConstraint(
        "num_nonnulls(notice_id, back_report_id, served_notice_id) = 1", name="one_occasion"
    ),
    comment="EC 49064, 34 CFR 99.32; append-only, the database refuses change and removal.",
)
