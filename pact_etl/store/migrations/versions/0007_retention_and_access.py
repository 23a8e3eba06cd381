"""Purges are booked, exports are logged, and a purge alone may take rows out of an append-only log."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A purge says so for its own transaction only; nothing else can.
REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('pact.purging', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""
REFUSE_ALWAYS = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "purge",
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("record_class", sa.Text(), nullable=False),
        sa.Column(
            "due_through",
            sa.Date(),
            nullable=False,
            comment="records that speak of later days stayed",
        ),
        sa.Column("months", sa.Integer(), nullable=False, comment="the clock that was in force"),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.Column(
            "in_flight",
            sa.Integer(),
            nullable=False,
            comment="due, but still on its way: stayed",
        ),
        sa.PrimaryKeyConstraint("as_of", "record_class", name="pk_purge"),
        comment="How many records of each class went, and by which clock.",
    )
    op.create_table(
        "record_access",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False, comment="student_record or disclosure_log"),
        sa.Column("role", sa.Text(), nullable=False, comment="parent, custodian or auditor"),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("handled_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["student.id"], name="fk_record_access_student_id_student"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_record_access"),
        comment="Who was given an export, by whom and why; append-only.",
    )
    op.create_index("ix_record_access_student_id", "record_access", ["student_id"])
    op.add_column(
        "submission",
        sa.Column(
            "files_gone_as_of",
            sa.Date(),
            comment="the night on which its kept bytes were destroyed",
        ),
    )
    op.execute(REFUSE)
    op.execute(
        "CREATE TRIGGER record_access_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON record_access "
        "EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_column("submission", "files_gone_as_of")
    op.drop_table("record_access")
    op.drop_table("purge")
    op.execute(REFUSE_ALWAYS)
