"""Which meanings of codes the record rests on, so that a changed one is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "code_meaning",
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name="fk_code_meaning_district_id_district"
        ),
        sa.PrimaryKeyConstraint("district_id", "place", name="pk_code_meaning"),
        comment="The dated code map that a district's record rests on, in the order in which it is asked.",
    )


def downgrade() -> None:
    op.drop_table("code_meaning")
