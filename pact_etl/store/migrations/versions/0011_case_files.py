"""Case files, what was done in them, and what was reported back to who referred."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APPEND_ONLY = ("case_entry", "back_report")


def upgrade() -> None:
    op.create_table(
        "case_file",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, start=1001), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("opened_as_of", sa.Date(), nullable=False),
        sa.Column("joined_to", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name="fk_case_file_district_id_district"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name="fk_case_file_student_id_student"
        ),
        sa.ForeignKeyConstraint(
            ["joined_to"], ["case_file.id"], name="fk_case_file_joined_to_case_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_case_file"),
        comment="A case that turned out to be another one's child is joined to that one; "
        "its entries are read with it.",
    )
    op.create_index("ix_case_file_student_id", "case_file", ["student_id"])
    op.create_index("ix_case_file_joined_to", "case_file", ["joined_to"])
    op.create_index(
        "uq_case_file_once",
        "case_file",
        ["district_id", "student_id", "school_year"],
        unique=True,
        postgresql_where=sa.text("joined_to IS NULL"),
    )
    op.create_table(
        "case_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="contact, referral, ..., retraction"),
        sa.Column("date", sa.Date(), nullable=False, comment="when it was done, or the meeting is"),
        sa.Column("about", sa.BigInteger()),
        sa.Column("way", sa.Text(), comment="how: by phone, to the review board, ..."),
        sa.Column(
            "whom",
            sa.Text(),
            comment="whom it reached, or which agency referred; a role, never a name",
        ),
        sa.Column("result", sa.Text()),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="which of several alike on one day"
        ),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="the day on which it was entered"),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_file.id"], name="fk_case_entry_case_id_case_file"
        ),
        sa.ForeignKeyConstraint(
            ["about"], ["case_entry.id"], name="fk_case_entry_about_case_entry"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_case_entry"),
        comment="Append-only: what was done in a case and is recorded nowhere else; codes, no free text.",
    )
    op.create_index("ix_case_entry_case_id", "case_entry", ["case_id"])
    op.create_index("ix_case_entry_about", "case_entry", ["about"])
    op.create_table(
        "back_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False, comment="which agency had referred"),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name="fk_back_report_district_id_district"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_back_report"),
        comment="Outcomes of referrals told to the agency that referred (EC 48297); append-only.",
    )
    op.create_index(
        "uq_back_report_content",
        "back_report",
        ["district_id", "agency", "first", "last", "sha256"],
        unique=True,
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "EXECUTE FUNCTION refuse_change()"
        )
    _widen_disclosure()


def _widen_disclosure() -> None:
    """An entry of the log speaks of a letter or of a back-report."""
    op.alter_column("disclosure", "notice_id", nullable=True)
    for column, target in (("back_report_id", "back_report"), ("case_id", "case_file")):
        op.add_column("disclosure", sa.Column(column, sa.BigInteger()))
        op.create_foreign_key(
            f"fk_disclosure_{column}_{target}", "disclosure", target, [column], ["id"]
        )
    op.create_index("ix_disclosure_case_id", "disclosure", ["case_id"])
    op.create_unique_constraint(
        "uq_disclosure_back_report_id_case_id_recipient_what",
        "disclosure",
        ["back_report_id", "case_id", "recipient", "what"],
    )
    op.create_check_constraint(
        op.f("ck_disclosure_one_occasion"),
        "disclosure",
        "num_nonnulls(notice_id, back_report_id) = 1",
    )


def downgrade() -> None:
    # The log keeps no entry that has nothing left to speak of.
    op.execute("ALTER TABLE disclosure DISABLE TRIGGER USER")
    op.execute("DELETE FROM disclosure WHERE notice_id IS NULL")
    op.execute("ALTER TABLE disclosure ENABLE TRIGGER USER")
    op.drop_column("disclosure", "case_id")
    op.drop_column("disclosure", "back_report_id")
    op.alter_column("disclosure", "notice_id", nullable=False)
    for table in ("back_report", "case_entry", "case_file"):
        op.drop_table(table)
