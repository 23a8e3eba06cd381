"""The night on which it became known that a letter came back, so that each district is told of it once."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "notice",
        sa.Column("returned_as_of", sa.Date(), comment="the night that learned of the return"),
    )
    op.execute("UPDATE notice SET returned_as_of = returned_on WHERE returned_on IS NOT NULL")
    op.create_index(
        "ix_notice_returned_as_of",
        "notice",
        ["returned_as_of"],
        postgresql_where=sa.text("returned_as_of IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_column("notice", "returned_as_of")
