"""A letter may be taken back by several, each for other students: never twice for the same one."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INDEX = "uq_notice_one_follow_up"
STANDING = "status NOT IN ('withdrawn', 'failed', 'rejected')"
TAKING_BACK = "('disregard', 'disregard_late', 'disregard_part')"
WAS = "One letter that another one calls for: never a second row for the same earlier letter and kind."
IS = "What one letter calls for, by kind: one row however many students of it get a letter of their own."

REFUSE = f"""
CREATE FUNCTION refuse_second_taking_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM notice n JOIN notice o ON o.follows = n.follows AND o.id <> n.id
    JOIN notice_student s ON s.notice_id = o.id AND s.invitation_id = NEW.invitation_id
    WHERE n.id = NEW.notice_id AND n.kind IN {TAKING_BACK} AND o.kind IN {TAKING_BACK} AND o.{STANDING})
  THEN RAISE unique_violation USING MESSAGE = 'a letter is taken back for a student once';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.drop_index(INDEX, "notice")
    op.create_index(
        INDEX,
        "notice",
        ["follows", "kind"],
        unique=True,
        postgresql_where=sa.text(
            f"{STANDING} AND kind NOT IN ('disregard_part', 'disregard_late')"
        ),
    )
    op.execute(REFUSE)
    op.execute(
        "CREATE TRIGGER taken_back_once BEFORE INSERT OR UPDATE ON notice_student "
        "FOR EACH ROW EXECUTE FUNCTION refuse_second_taking_back()"
    )
    op.create_table_comment("follow_up", IS, existing_comment=WAS)


def downgrade() -> None:
    op.create_table_comment("follow_up", WAS, existing_comment=IS)
    op.execute("DROP TRIGGER taken_back_once ON notice_student")
    op.execute("DROP FUNCTION refuse_second_taking_back()")
    op.drop_index(INDEX, "notice")
    op.create_index(
        INDEX, "notice", ["follows", "kind"], unique=True, postgresql_where=sa.text(STANDING)
    )
