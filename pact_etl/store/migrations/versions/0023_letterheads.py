"""Each package keeps the letterhead and the county's own words that its letters were printed with."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "package",
        sa.Column(
            "letterhead",
            JSONB(),
            comment="and the county's own words, as its letters were printed; none before it was kept",
        ),
    )


def downgrade() -> None:
    op.drop_column("package", "letterhead")
