"""Who has confirmed a district's jump in new findings."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "volume_confirmation",
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "confirmed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name="fk_volume_confirmation_district_id_district"
        ),
        sa.PrimaryKeyConstraint("district_id", "as_of", name="pk_volume_confirmation"),
        comment="A night on which a district's new findings jumped, and who has looked and found it right.",
    )


def downgrade() -> None:
    op.drop_table("volume_confirmation")
