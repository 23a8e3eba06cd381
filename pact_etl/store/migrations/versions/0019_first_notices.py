"""First notices (EC 48260.5) that are set for districts, and what each district was told of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

FIRST_PIECE = 9_000_000_001


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=f"pk_{table}")


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


def upgrade() -> None:
    op.create_table(
        "first_notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="the night of the newest decision"),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="made, held, already_noticed, withdrawn, undone",
        ),
        sa.Column(
            "reason",
            sa.Text(),
            comment="the newest hold; of a made one, why a second home got none",
        ),
        _reference("first_notice", "district_id", "district"),
        _reference("first_notice", "student_id", "student"),
        _reference("first_notice", "finding_id", "finding"),
        _key("first_notice"),
        sa.UniqueConstraint(
            "district_id",
            "student_id",
            "school_year",
            name="uq_first_notice_district_id_student_id_school_year",
        ),
        comment="What became of a student's first notice: never a second row for the same year and district.",
    )
    op.create_index("ix_first_notice_student_id", "first_notice", ["student_id"])
    op.create_index("ix_first_notice_finding_id", "first_notice", ["finding_id"])
    op.create_table(
        "first_notice_set",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="of several in one night"),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), comment="none where nothing was set"),
        _reference("first_notice_set", "district_id", "district"),
        _key("first_notice_set"),
        sa.UniqueConstraint(
            "district_id", "as_of", "number", name="uq_first_notice_set_district_id_as_of_number"
        ),
        comment="What a district was given on a night; its files are written from here, the same ones each time.",
    )
    op.create_table(
        "first_notice_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("first_notice_id", sa.BigInteger(), nullable=False),
        sa.Column("set_id", sa.BigInteger(), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column(
            "local_id", sa.Text(), nullable=False, comment="the district's own, as told to it"
        ),
        _reference("first_notice_event", "first_notice_id", "first_notice"),
        _reference("first_notice_event", "set_id", "first_notice_set"),
        _reference("first_notice_event", "finding_id", "finding"),
        _key("first_notice_event"),
        sa.UniqueConstraint(
            "first_notice_id", "set_id", name="uq_first_notice_event_first_notice_id_set_id"
        ),
        comment="Append-only: everything that a district was told of a student's first notice.",
    )
    op.create_index("ix_first_notice_event_set_id", "first_notice_event", ["set_id"])
    op.create_index("ix_first_notice_event_finding_id", "first_notice_event", ["finding_id"])
    op.create_index(
        "uq_first_notice_event_made_once",
        "first_notice_event",
        ["first_notice_id"],
        unique=True,
        postgresql_where=sa.text("status = 'made'"),
    )
    op.execute(
        "CREATE TRIGGER first_notice_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON first_notice_event "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.create_table(
        "first_notice_piece",
        sa.Column(
            "id", sa.BigInteger(), sa.Identity(always=True, start=FIRST_PIECE), nullable=False
        ),
        sa.Column("set_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False, comment="the family's own"),
        sa.Column("content", postgresql.JSONB(), nullable=False, comment="exactly what is printed"),
        sa.Column("first_page", sa.Integer()),
        sa.Column("pages", sa.Integer()),
        _reference("first_notice_piece", "set_id", "first_notice_set"),
        _key("first_notice_piece"),
        comment="One envelope: one adult, every child of that home that is noticed on the night.",
    )
    op.create_index("ix_first_notice_piece_set_id", "first_notice_piece", ["set_id"])
    op.create_table(
        "first_notice_student",
        sa.Column("piece_id", sa.BigInteger(), nullable=False),
        sa.Column("first_notice_id", sa.BigInteger(), nullable=False),
        _reference("first_notice_student", "piece_id", "first_notice_piece"),
        _reference("first_notice_student", "first_notice_id", "first_notice"),
        sa.PrimaryKeyConstraint("piece_id", "first_notice_id", name="pk_first_notice_student"),
        comment="Which students stand on which piece.",
    )
    op.create_index(
        "ix_first_notice_student_first_notice_id", "first_notice_student", ["first_notice_id"]
    )


def downgrade() -> None:
    for table in ("student", "piece", "event", "set"):
        op.drop_table(f"first_notice_{table}")
    op.drop_table("first_notice")
