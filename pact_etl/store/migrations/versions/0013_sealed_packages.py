"""The hash under which a batch's encrypted package leaves, booked before it does."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "batch",
        sa.Column(
            "sealed_sha256",
            sa.Text(),
            nullable=True,
            comment="of the encrypted package; sealing again gives another",
        ),
    )


def downgrade() -> None:
    op.drop_column("batch", "sealed_sha256")
