"""Evaluations, findings, invitations, meetings, and the work that needs a person."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY

from pact_etl.store.tables.base import metadata, reference, surrogate_key

evaluation = Table(
    "evaluation",
    metadata,
    Column("as_of", Date, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("policy_version", Text, nullable=False),
    Column("new", Integer, nullable=False),
    Column("standing", Integer, nullable=False),
    Column("undone", Integer, nullable=False),
)

finding = Table(
    "finding",
    metadata,
    surrogate_key(),
    reference("district_id", "district"),
    reference("student_id", "student", index=True),
    Column("school_year", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("as_of", Date, nullable=False, index=True),
    Column("unexcused_days", Integer, nullable=False),
    Column("occasions", Integer, nullable=False),
    Column("absent_days", Integer, nullable=False),
    Column("enrolled_days", Integer, nullable=False),
    Column(
        "evidence", ARRAY(BigInteger), nullable=False, comment="ids of the marks that were counted"
    ),
    Column("ended_as_of", Date),
    Column("ended_reason", Text),
)
Index(
    "uq_finding_standing",
    finding.c.district_id,
    finding.c.student_id,
    finding.c.school_year,
    finding.c.rule,
    unique=True,
    postgresql_where=finding.c.ended_as_of.is_(None),
)

volume_confirmation = Table(
    "volume_confirmation",
    metadata,
    Column("district_id", BigInteger, ForeignKey("district.id"), primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("confirmed_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("confirmed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="A night on which a district's new findings jumped, and who has looked and found it right.",
)

hold_by_hand = Table(
    "hold_by_hand",
    metadata,
    surrogate_key(),
    reference("student_id", "student", index=True),
    Column("reason", Text, nullable=False),
    Column("is_clearance", Boolean, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("until", Date),
    Column("entered_by", Text, nullable=False),
    Column("lifted_as_of", Date),
    Column("lifted_by", Text),
    comment="What a person entered: letters about a student wait, or a hold was looked at and cleared.",
)
Index(
    "uq_hold_by_hand_standing",
    hold_by_hand.c.student_id,
    hold_by_hand.c.reason,
    hold_by_hand.c.is_clearance,
    unique=True,
    postgresql_where=hold_by_hand.c.lifted_as_of.is_(None),
)

meeting = Table(
    "meeting",
    metadata,
    surrogate_key(),
    Column("slug", Text, nullable=False, unique=True),
    Column("date", Date, nullable=False),
    comment="Which evenings there are; place, hours and notes are config/county.yaml's.",
)

invitation = Table(
    "invitation",
    metadata,
    surrogate_key(),
    reference("student_id", "student"),
    Column("school_year", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    reference("finding_id", "finding", index=True),
    Column("as_of", Date, nullable=False),
    Column("status", Text, nullable=False, comment="planned, held or withdrawn"),
    Column("reason", Text, comment="why it is held or was withdrawn"),
)
Index(
    "uq_invitation_once",
    invitation.c.student_id,
    invitation.c.school_year,
    invitation.c.sequence,
    unique=True,
    postgresql_where=invitation.c.status != "withdrawn",
)

staff_task = Table(
    "staff_task",
    metadata,
    surrogate_key(),
    reference("invitation_id", "invitation", nullable=True),
    reference("follow_up_id", "follow_up", nullable=True),
    reference("served_notice_id", "served_notice", nullable=True),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("closed_as_of", Date),
    UniqueConstraint("invitation_id", "reason"),
    UniqueConstraint("follow_up_id", "reason"),
    UniqueConstraint("served_notice_id", "reason"),
    CheckConstraint(
        "num_nonnulls(invitation_id, follow_up_id, served_notice_id) = 1", name="one_subject"
    ),
)

task_closing = Table(
    "task_closing",
    metadata,
    surrogate_key(),
    reference("task_id", "staff_task", index=True),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False, comment="why, in the person's words"),
    Column("closed_by", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="Append-only: who closed a task, when, with which outcome and why.",
)
