"""Questions about who is who, which only a person can answer."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_question",
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("local_id", sa.Text(), nullable=False),
        sa.Column(
            "ssid",
            sa.Text(),
            nullable=False,
            comment="as the district sent it; empty where it sent none",
        ),
        sa.Column(
            "doubt", sa.Text(), nullable=False, comment="shared_ssid, reused_id or mixed_history"
        ),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), comment="same or other; empty while nobody has answered"),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name="fk_identity_question_district_id_district"
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["submission.id"], name="fk_identity_question_opened_by_submission"
        ),
        sa.PrimaryKeyConstraint("district_id", "local_id", "ssid", name="pk_identity_question"),
        comment="Whether a row and whoever is known under its ids are one child: only a person can say.",
    )
    op.create_index(
        "ix_mark_closed",
        "mark",
        ["student_id"],
        postgresql_where=sa.text("recorded_to IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_mark_closed", "mark")
    op.drop_table("identity_question")
