"""The Intelligent Mail barcode of each letter, the sequence of its serial numbers, and what a household is."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE imb_serial")
    op.add_column(
        "notice",
        sa.Column(
            "imb_serial",
            sa.BigInteger(),
            nullable=True,
            comment="drawn from the sequence imb_serial; its last digits are the barcode's serial number",
        ),
    )
    op.add_column(
        "notice",
        sa.Column(
            "imb",
            sa.Text(),
            nullable=True,
            comment="digits of the Intelligent Mail barcode: tracking and routing code",
        ),
    )
    op.create_unique_constraint("uq_notice_imb_serial", "notice", ["imb_serial"])
    op.alter_column(
        "household",
        "key",
        comment="hash over an adult's name, address and language",
        existing_comment="hash over adults' names, address and language",
    )


def downgrade() -> None:
    op.alter_column("household", "key", comment="hash over adults' names, address and language")
    op.drop_constraint("uq_notice_imb_serial", "notice")
    op.drop_column("notice", "imb")
    op.drop_column("notice", "imb_serial")
    op.execute("DROP SEQUENCE imb_serial")
