"""The Intelligent Mail barcode of each letter, and the sequence its serial numbers come from."""

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


def downgrade() -> None:
    op.drop_constraint("uq_notice_imb_serial", "notice")
    op.drop_column("notice", "imb")
    op.drop_column("notice", "imb_serial")
    op.execute("DROP SEQUENCE imb_serial")
