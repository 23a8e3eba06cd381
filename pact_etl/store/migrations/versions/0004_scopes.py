"""Cursors of changing sources, and what a submission states whole for single students."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REDERIVES = (
    "the earlier submission whose kept bytes are read again, after a code in them was explained"
)
CURSOR = "where its source's list of changes was read up to; the next pull starts there once this is recorded"
STAGING = {
    "staging_student_days": (
        ("local_id", sa.Text),
        ("first", sa.Date),
        ("last", sa.Date),
        ("school_code", sa.Text),
    ),
    "staging_rosters": (("local_id", sa.Text),),
}


def upgrade() -> None:
    op.add_column("submission", sa.Column("cursor", postgresql.JSONB(), comment=CURSOR))
    op.add_column("submission", sa.Column("rederives", sa.BigInteger(), comment=REDERIVES))
    op.create_foreign_key(
        "fk_submission_rederives_submission", "submission", "submission", ["rederives"], ["id"]
    )
    op.add_column("guardianship", sa.Column("ended_by", sa.BigInteger()))
    op.create_foreign_key(
        "fk_guardianship_ended_by_submission", "guardianship", "submission", ["ended_by"], ["id"]
    )
    for table, columns in STAGING.items():
        op.create_table(
            table,
            sa.Column("submission_id", sa.BigInteger(), nullable=False),
            *(sa.Column(name, kind()) for name, kind in columns),
        )
        op.create_index(f"ix_{table}_submission", table, ["submission_id"])


def downgrade() -> None:
    for table in STAGING:
        op.drop_table(table)
    op.drop_column("guardianship", "ended_by")
    op.drop_column("submission", "rederives")
    op.drop_column("submission", "cursor")
