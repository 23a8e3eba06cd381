"""Students, the districts' own records of them, guardians and who may receive what."""

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
)

from pact_etl.store.tables.base import changed_by, metadata, reference, surrogate_key

student = Table(
    "student",
    metadata,
    surrogate_key(),
    Column(
        "ssid",
        Text,
        unique=True,
        comment="statewide id; the same child in two districts is one row",
    ),
)

student_record = Table(
    "student_record",
    metadata,
    Column("district_id", BigInteger, ForeignKey("district.id"), primary_key=True),
    Column("local_id", Text, primary_key=True),
    reference("student_id", "student", index=True),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("birth_date", Date, nullable=False),
    Column("home_language", Text),
    Column("foster", Boolean, nullable=False),
    Column("homeless", Boolean, nullable=False),
    Column("do_not_send", Boolean, nullable=False),
    Column("unaccompanied", Boolean, nullable=False, server_default=false()),
    Column("deceased", Boolean, nullable=False, server_default=false()),
    Column(
        "support_pending",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="an assessment for special education or a student success team is under way",
    ),
    changed_by(),
    comment="One district's own record of a student; districts never overwrite each other.",
)

identity_question = Table(
    "identity_question",
    metadata,
    Column("district_id", BigInteger, ForeignKey("district.id"), primary_key=True),
    Column("local_id", Text, primary_key=True),
    Column(
        "ssid", Text, primary_key=True, comment="as the district sent it; empty where it sent none"
    ),
    Column("doubt", Text, nullable=False, comment="shared_ssid, reused_id or mixed_history"),
    reference("opened_by", "submission"),
    Column("answer", Text, comment="same or other; empty while nobody has answered"),
    Column("answered_by", Text),
    Column("answered_at", DateTime(timezone=True)),
    comment="Whether a row and whoever is known under its ids are one child: only a person can say.",
)

guardian = Table(
    "guardian",
    metadata,
    surrogate_key(),
    reference("district_id", "district"),
    Column("local_id", Text, nullable=False, comment="the district's contact id"),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("language", Text),
    Column("street", Text),
    Column("unit", Text),
    Column("city", Text),
    Column("state", Text),
    Column("zip", Text),
    Column("email", Text),
    Column("phone", Text),
    Column(
        "safe_at_home",
        Text,
        comment="authorization number (Gov. Code 6205 ff.); such an address is never changed",
    ),
    Column("deceased", Boolean, nullable=False, server_default=false()),
    changed_by(),
    UniqueConstraint("district_id", "local_id"),
)

guardianship = Table(
    "guardianship",
    metadata,
    Column("guardian_id", BigInteger, ForeignKey("guardian.id"), primary_key=True),
    Column("student_id", BigInteger, ForeignKey("student.id"), primary_key=True, index=True),
    Column("relation", Text),
    Column("lives_with", Boolean, nullable=False),
    Column("has_rights", Boolean, nullable=False),
    Column("restrained", Boolean, nullable=False),
    Column("contact_order", Integer, nullable=False),
    changed_by(),
    reference("ended_by", "submission", nullable=True),
)
