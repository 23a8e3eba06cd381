"""Marks are checked where they are joined, not row by row, and counted from their index alone."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REFERENCES = {
    "district_id": "district",
    "school_id": "school",
    "recorded_from": "submission",
    "recorded_to": "submission",
}


def upgrade() -> None:
    for column, target in REFERENCES.items():
        op.drop_constraint(f"fk_mark_{column}_{target}", "mark", type_="foreignkey")
    op.drop_index("uq_mark_believed", "mark")
    _unique(include=["id", "status"])


def downgrade() -> None:
    op.drop_index("uq_mark_believed", "mark")
    _unique(include=[])
    for column, target in REFERENCES.items():
        op.create_foreign_key(f"fk_mark_{column}_{target}", "mark", target, [column], ["id"])


def _unique(include: list[str]) -> None:
    op.create_index(
        "uq_mark_believed",
        "mark",
        ["student_id", "school_id", "date"],
        unique=True,
        postgresql_where="recorded_to IS NULL",
        postgresql_include=include,
    )
