"""Letters that follow another letter: what called for one, what became of it, and the work where it waits."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ENVELOPE = "uq_notice_one_envelope"


def upgrade() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("follows", sa.BigInteger(), nullable=False, comment="the earlier letter"),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, comment="planned, held or withdrawn"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it is held or was withdrawn"),
        sa.ForeignKeyConstraint(["follows"], ["notice.id"], name="fk_follow_up_follows_notice"),
        sa.PrimaryKeyConstraint("id", name="pk_follow_up"),
        sa.UniqueConstraint("follows", "kind", name="uq_follow_up_follows_kind"),
        comment="One letter that another one calls for: never a second row for the same earlier letter and kind.",
    )
    op.add_column(
        "notice",
        sa.Column("follows", sa.BigInteger(), nullable=True, comment="the earlier letter"),
    )
    op.create_foreign_key("fk_notice_follows_notice", "notice", "notice", ["follows"], ["id"])
    op.create_index("ix_notice_follows", "notice", ["follows"])
    op.create_check_constraint(
        op.f("ck_notice_follows_its_kind"),
        "notice",
        "(kind = 'pact_invitation') = (follows IS NULL)",
    )
    op.create_index(
        "uq_notice_one_follow_up",
        "notice",
        ["follows", "kind"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'failed', 'rejected')"),
    )
    op.drop_index(ENVELOPE, "notice")
    op.create_index(
        ENVELOPE,
        "notice",
        ["household_id", "meeting_id"],
        unique=True,
        postgresql_where=sa.text(
            "status NOT IN ('withdrawn', 'failed') AND kind IN ('pact_invitation', 'second_invitation')"
        ),
    )
    op.alter_column("staff_task", "invitation_id", nullable=True)
    op.add_column("staff_task", sa.Column("follow_up_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "fk_staff_task_follow_up_id_follow_up", "staff_task", "follow_up", ["follow_up_id"], ["id"]
    )
    op.create_unique_constraint(
        "uq_staff_task_follow_up_id_reason", "staff_task", ["follow_up_id", "reason"]
    )
    op.create_check_constraint(
        op.f("ck_staff_task_one_subject"),
        "staff_task",
        "num_nonnulls(invitation_id, follow_up_id) = 1",
    )


def downgrade() -> None:
    op.execute("DELETE FROM staff_task WHERE follow_up_id IS NOT NULL")
    op.drop_constraint("ck_staff_task_one_subject", "staff_task")
    op.drop_constraint("uq_staff_task_follow_up_id_reason", "staff_task")
    op.drop_constraint("fk_staff_task_follow_up_id_follow_up", "staff_task")
    op.drop_column("staff_task", "follow_up_id")
    op.alter_column("staff_task", "invitation_id", nullable=False)
    op.drop_index(ENVELOPE, "notice")
    op.create_index(
        ENVELOPE,
        "notice",
        ["household_id", "meeting_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'failed')"),
    )
    op.drop_index("uq_notice_one_follow_up", "notice")
    op.drop_constraint("ck_notice_follows_its_kind", "notice")
    op.drop_constraint("fk_notice_follows_notice", "notice")
    op.drop_column("notice", "follows")
    op.drop_table("follow_up")
