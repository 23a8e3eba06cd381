"""Notices that are served on persons, their pieces, and who was served; tasks and disclosures that speak of one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

APPEND_ONLY = ("served_piece", "served_notice_event", "service")


def upgrade() -> None:
    op.create_table(
        "served_notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, start=1001), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("referral_id", sa.BigInteger(), nullable=False),
        sa.Column("meeting_on", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), comment="why it is held, or was withdrawn"),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Text()),
        sa.Column("issued_as_of", sa.Date()),
        sa.Column("record_as_of", sa.Date(), comment="the night whose record its pieces print"),
        sa.Column(
            "last_day",
            sa.Date(),
            comment="the last day on which service is in time, once it is issued",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name="fk_served_notice_case_id_case_file"
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["case_entry.id"], name="fk_served_notice_referral_id_case_entry"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_served_notice"),
        sa.CheckConstraint(
            "status IN ('held', 'prepared', 'issued', 'withdrawn', 'expired')",
            name=op.f("ck_served_notice_known_status"),
        ),
        sa.CheckConstraint(
            "num_nulls(issued_by, issued_as_of, record_as_of, last_day) IN (0, 4)",
            name=op.f("ck_served_notice_issued_whole"),
        ),
        sa.CheckConstraint("starts < ends", name=op.f("ck_served_notice_hours")),
        comment="One notice for each referral and day of the meeting; no night plans it, no vendor mails it.",
    )
    op.create_index("ix_served_notice_case_id", "served_notice", ["case_id"])
    op.create_index(
        "uq_served_notice_one_open",
        "served_notice",
        ["referral_id", "meeting_on"],
        unique=True,
        postgresql_where=sa.text("status IN ('held', 'prepared', 'issued')"),
    )
    _create_pieces()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "EXECUTE FUNCTION refuse_change()"
        )
    _widen_disclosure()
    _widen_tasks()


def _create_pieces() -> None:
    op.create_table(
        "served_piece",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, start=1001), nullable=False),
        sa.Column("served_notice_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "person", sa.Integer(), nullable=False, comment="1, 2, ...: on whom, within the notice"
        ),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "content", JSONB(), nullable=False, comment="letter and letterhead, frozen when issued"
        ),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column(
            "form_sha256", sa.Text(), nullable=False, comment="of the empty proof of service"
        ),
        sa.ForeignKeyConstraint(
            ["served_notice_id"],
            ["served_notice.id"],
            name="fk_served_piece_served_notice_id_served_notice",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_served_piece"),
        sa.UniqueConstraint(
            "served_notice_id", "person", name="uq_served_piece_served_notice_id_person"
        ),
        comment="What is served on one person; append-only.",
    )
    op.create_table(
        "served_notice_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("served_notice_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column(
            "said_by", sa.Text(), nullable=False, comment="a person, or the step that found it"
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), comment="a code, or why the person said yes"),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["served_notice_id"],
            ["served_notice.id"],
            name="fk_served_notice_event_served_notice_id_served_notice",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_served_notice_event"),
        comment="Append-only: who prepared, issued or withdrew a notice, and what held it.",
    )
    op.create_index(
        "ix_served_notice_event_served_notice_id", "served_notice_event", ["served_notice_id"]
    )
    op.create_table(
        "service",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("served_piece_id", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.Text()),
        sa.Column("served_on", sa.Date()),
        sa.Column("receipt", sa.Text(), comment="number of the certified mail"),
        sa.Column("retracts", sa.BigInteger()),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["served_piece_id"], ["served_piece.id"], name="fk_service_served_piece_id_served_piece"
        ),
        sa.ForeignKeyConstraint(["retracts"], ["service.id"], name="fk_service_retracts_service"),
        sa.PrimaryKeyConstraint("id", name="pk_service"),
        sa.UniqueConstraint("retracts", name="uq_service_retracts"),
        sa.CheckConstraint("how IN ('personal', 'certified_mail')", name=op.f("ck_service_how")),
        sa.CheckConstraint(
            "(how = 'certified_mail') = (receipt IS NOT NULL)", name=op.f("ck_service_receipt")
        ),
        sa.CheckConstraint(
            "num_nonnulls(how, served_on) = CASE WHEN retracts IS NULL THEN 2 ELSE 0 END",
            name=op.f("ck_service_served_or_taken_back"),
        ),
        comment="Append-only: which piece was served how and when, or that such an entry was taken back.",
    )
    op.create_index("ix_service_served_piece_id", "service", ["served_piece_id"])


def _widen_disclosure() -> None:
    """An entry of the log speaks of a letter, of a back-report or of a notice that was served."""
    op.add_column("disclosure", sa.Column("served_notice_id", sa.BigInteger()))
    op.create_foreign_key(
        "fk_disclosure_served_notice_id_served_notice",
        "disclosure",
        "served_notice",
        ["served_notice_id"],
        ["id"],
    )
    op.create_unique_constraint(
        "uq_disclosure_served_notice_id_student_id_recipient_what",
        "disclosure",
        ["served_notice_id", "student_id", "recipient", "what"],
    )
    op.drop_constraint(op.f("ck_disclosure_one_occasion"), "disclosure")
    op.create_check_constraint(
        op.f("ck_disclosure_one_occasion"),
        "disclosure",
        "num_nonnulls(notice_id, back_report_id, served_notice_id) = 1",
    )


def _widen_tasks() -> None:
    """A task is about an invitation, about a letter that follows another, or about a notice that is served."""
    op.add_column("staff_task", sa.Column("served_notice_id", sa.BigInteger()))
    op.create_foreign_key(
        "fk_staff_task_served_notice_id_served_notice",
        "staff_task",
        "served_notice",
        ["served_notice_id"],
        ["id"],
    )
    op.create_unique_constraint(
        "uq_staff_task_served_notice_id_reason", "staff_task", ["served_notice_id", "reason"]
    )
    op.drop_constraint(op.f("ck_staff_task_one_subject"), "staff_task")
    op.create_check_constraint(
        op.f("ck_staff_task_one_subject"),
        "staff_task",
        "num_nonnulls(invitation_id, follow_up_id, served_notice_id) = 1",
    )


def downgrade() -> None:
    # Neither book keeps an entry that has nothing left to speak of.
    for table in ("disclosure", "task_closing"):
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    op.execute(
        "DELETE FROM task_closing WHERE task_id IN (SELECT id FROM staff_task WHERE served_notice_id IS NOT NULL)"
    )
    op.execute("DELETE FROM staff_task WHERE served_notice_id IS NOT NULL")
    op.execute("DELETE FROM disclosure WHERE served_notice_id IS NOT NULL")
    for table in ("disclosure", "task_closing"):
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    op.drop_constraint(op.f("ck_staff_task_one_subject"), "staff_task")
    op.drop_column("staff_task", "served_notice_id")
    op.create_check_constraint(
        op.f("ck_staff_task_one_subject"),
        "staff_task",
        "num_nonnulls(invitation_id, follow_up_id) = 1",
    )
    op.drop_constraint(op.f("ck_disclosure_one_occasion"), "disclosure")
    op.drop_column("disclosure", "served_notice_id")
    op.create_check_constraint(
        op.f("ck_disclosure_one_occasion"),
        "disclosure",
        "num_nonnulls(notice_id, back_report_id) = 1",
    )
    for table in ("service", "served_notice_event", "served_piece", "served_notice"):
        op.drop_table(table)
