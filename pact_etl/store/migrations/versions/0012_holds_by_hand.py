"""What else a district may say of a student, an adult and a school, and holds that a person enters by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FLAGS = (
    ("student_record", "unaccompanied"),
    ("student_record", "deceased"),
    ("student_record", "support_pending"),
    ("guardian", "deceased"),
    ("school", "is_charter"),
)
STAGED = (
    ("staging_students", "unaccompanied"),
    ("staging_students", "deceased"),
    ("staging_students", "support_pending"),
    ("staging_guardians", "deceased"),
    ("staging_schools", "charter"),
)
COMMENTS = {
    "support_pending": "an assessment for special education or a student success team is under way"
}


def upgrade() -> None:
    for table, name in FLAGS:
        flag: sa.Column[bool] = sa.Column(
            name,
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment=COMMENTS.get(name),
        )
        op.add_column(table, flag)
    for table, name in STAGED:
        op.add_column(table, sa.Column(name, sa.Boolean(), nullable=True))
    op.create_table(
        "hold_by_hand",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_clearance", sa.Boolean(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("lifted_as_of", sa.Date(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name="fk_hold_by_hand_student_id_student"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_hold_by_hand"),
        comment="What a person entered: letters about a student wait, or a hold was looked at and cleared.",
    )
    op.create_index("ix_hold_by_hand_student_id", "hold_by_hand", ["student_id"])
    op.create_index(
        "uq_hold_by_hand_standing",
        "hold_by_hand",
        ["student_id", "reason", "is_clearance"],
        unique=True,
        postgresql_where=sa.text("lifted_as_of IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("hold_by_hand")
    for table, name in (*STAGED, *FLAGS):
        op.drop_column(table, name)
