"""Every answer of a named person about a batch or one of its letters, and until when an answer counts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "batch",
        sa.Column(
            "answer_by",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the vendor's cut-off that the batch was first shown for",
        ),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("letters", ARRAY(sa.BigInteger()), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.CheckConstraint(
            "answer IN ('all', 'all_but', 'none', 'pull')", name="ck_approval_answer"
        ),
        sa.CheckConstraint("answer = 'all' OR reason <> ''", name="ck_approval_reason"),
        sa.CheckConstraint(
            "(answer IN ('all_but', 'pull')) = (cardinality(letters) > 0)",
            name="ck_approval_letters",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_approval_batch_id_batch"),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
        comment="Append-only: what named persons said of a batch, and of letters they took out of it.",
    )
    op.create_index("ix_approval_batch_id", "approval", ["batch_id"])
    # The same person twice is one person, however the name is written.
    op.create_index(
        "uq_approval_one_yes",
        "approval",
        ["batch_id", sa.text("lower(btrim(said_by))")],
        unique=True,
        postgresql_where=sa.text("answer IN ('all', 'all_but')"),
    )
    op.execute(
        "CREATE TRIGGER approval_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval "
        "EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("approval")
    op.drop_column("batch", "answer_by")
