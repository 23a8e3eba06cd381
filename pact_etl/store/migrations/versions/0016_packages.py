"""A batch leaves as one package or several: what was booked of its one package moves to a table of packages."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOVED = ("sequence", "package", "pdf_sha256", "sealed_sha256", "pieces", "pages", "sheets")

# What was numbered and never set has no name: its number goes to the next package that leaves.
MOVE = """
INSERT INTO package (batch_id, status, sequence, name, pdf_sha256, sealed_sha256, pieces, pages, sheets, released_as_of)
SELECT b.id,
       CASE WHEN b.status = 'acknowledged' THEN 'acknowledged' WHEN b.status <> 'released' THEN 'sealed'
            WHEN EXISTS (SELECT FROM vendor_file v WHERE v.name = b.package || '.ack' AND v.outcome = 'vendor_rejected')
            THEN 'refused' ELSE 'handed_over' END,
       b.sequence, b.package, b.pdf_sha256, b.sealed_sha256, b.pieces, b.pages, b.sheets,
       COALESCE(b.released_as_of, b.as_of)
FROM batch b WHERE b.package IS NOT NULL AND b.sequence IS NOT NULL AND b.pieces > 0 ORDER BY b.sequence
"""

# A letter lies in the package that it left in; in one that is still here lies what was set for it.
PLACE = """
UPDATE notice n SET package_id = p.id FROM package p
WHERE p.batch_id = n.batch_id
  AND CASE WHEN p.status = 'sealed' THEN n.status = 'rendered'
      ELSE EXISTS (SELECT FROM notice_event e WHERE e.notice_id = n.id AND e.event = 'package' AND e.is_applied) END
"""

# Several packages of a batch do not fit back: the first stays.
MOVE_BACK = """
UPDATE batch b SET sequence = p.sequence, package = p.name, pdf_sha256 = p.pdf_sha256, sealed_sha256 = p.sealed_sha256,
       pieces = p.pieces, pages = p.pages, sheets = p.sheets
FROM (SELECT DISTINCT ON (batch_id) * FROM package WHERE status <> 'frozen' ORDER BY batch_id, sequence) p
WHERE p.batch_id = b.id
"""


def upgrade() -> None:
    op.create_table(
        "package",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="frozen, sealed, handed_over, acknowledged, refused",
        ),
        sa.Column(
            "sequence",
            sa.Integer(),
            nullable=True,
            comment="gapless; given with the name, and given back where the package does not go",
        ),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("pdf_sha256", sa.Text(), nullable=True),
        sa.Column(
            "sealed_sha256",
            sa.Text(),
            nullable=True,
            comment="of the encrypted package; sealing again gives another",
        ),
        sa.Column(
            "bytes", sa.BigInteger(), nullable=True, comment="of the zip, before it is sealed"
        ),
        sa.Column("pieces", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("sheets", sa.Integer(), nullable=True),
        sa.Column(
            "released_as_of",
            sa.Date(),
            nullable=True,
            comment="the night whose record its letters print",
        ),
        sa.CheckConstraint(
            "status IN ('frozen', 'sealed', 'handed_over', 'acknowledged', 'refused')",
            name="ck_package_known_status",
        ),
        sa.CheckConstraint(
            "num_nulls(sequence, name, pdf_sha256, pieces, pages, sheets, released_as_of)"
            " = CASE WHEN status = 'frozen' THEN 7 ELSE 0 END",
            name="ck_package_booked_whole",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_package_batch_id_batch"),
        sa.PrimaryKeyConstraint("id", name="pk_package"),
        sa.UniqueConstraint("sequence", name="uq_package_sequence"),
        sa.UniqueConstraint("name", name="uq_package_name"),
        comment="What leaves as one file. Which letters lie in which is frozen before the first of a batch goes.",
    )
    op.create_index("ix_package_batch_id", "package", ["batch_id"])
    op.add_column("notice", sa.Column("package_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "fk_notice_package_id_package", "notice", "package", ["package_id"], ["id"]
    )
    op.create_index("ix_notice_package_id", "notice", ["package_id"])
    op.execute(MOVE)
    op.execute(PLACE)
    for name in MOVED:
        op.drop_column("batch", name)
    op.alter_column("batch", "released_as_of", comment="the newest of its packages'")


def downgrade() -> None:
    op.alter_column("batch", "released_as_of", comment=None)
    for name, kind in (
        ("sequence", sa.Integer()),
        ("package", sa.Text()),
        ("pdf_sha256", sa.Text()),
    ):
        op.add_column("batch", sa.Column(name, kind, nullable=True))
    op.add_column("batch", sa.Column("sealed_sha256", sa.Text(), nullable=True))
    for name in ("pieces", "pages", "sheets"):
        op.add_column("batch", sa.Column(name, sa.Integer(), nullable=True))
    op.alter_column("batch", "sequence", comment="gapless; given at release")
    op.alter_column(
        "batch", "sealed_sha256", comment="of the encrypted package; sealing again gives another"
    )
    op.execute(MOVE_BACK)
    op.create_unique_constraint("uq_batch_sequence", "batch", ["sequence"])
    op.create_unique_constraint("uq_batch_package", "batch", ["package"])
    op.drop_index("ix_notice_package_id", "notice")
    op.drop_constraint("fk_notice_package_id_package", "notice")
    op.drop_column("notice", "package_id")
    op.drop_table("package")
