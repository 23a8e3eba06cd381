"""Voids that wait for a person, closed tasks, why a letter came back, and which letter took whose place."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "notice",
        sa.Column("return_reason", sa.Text(), comment="the post office's endorsement, as a code"),
    )
    op.add_column(
        "notice",
        sa.Column(
            "replaces_id", sa.BigInteger(), comment="the failed letter that this one is made for"
        ),
    )
    op.create_foreign_key(
        "fk_notice_replaces_id_notice",
        "notice",
        "notice",
        ["replaces_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index("ix_notice_replaces_id", "notice", ["replaces_id"])
    op.create_table(
        "void_wait",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("answer", sa.Text(), comment="approved or declined; none while it waits"),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_reason", sa.Text()),
        sa.Column("answered_as_of", sa.Date()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column(
            "ended_as_of",
            sa.Date(),
            comment="the letter became void, or the record said again what it had said",
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_void_wait_notice_id_notice"),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name="fk_void_wait_district_id_district"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_void_wait"),
        comment="Letters of a district of which unusually many were undone at once, and what a person said.",
    )
    op.create_index("ix_void_wait_district_id", "void_wait", ["district_id"])
    op.create_index(
        "uq_void_wait_standing",
        "void_wait",
        ["notice_id", "district_id"],
        unique=True,
        postgresql_where=sa.text("ended_as_of IS NULL"),
    )
    op.create_table(
        "task_closing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, in the person's words"),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["staff_task.id"], name="fk_task_closing_task_id_staff_task"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_task_closing"),
        comment="Append-only: who closed a task, when, with which outcome and why.",
    )
    op.create_index("ix_task_closing_task_id", "task_closing", ["task_id"])
    op.execute(
        "CREATE TRIGGER task_closing_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON task_closing "
        "EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("task_closing")
    op.drop_table("void_wait")
    op.drop_column("notice", "replaces_id")
    op.drop_column("notice", "return_reason")
