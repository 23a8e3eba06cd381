"""star schema"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dim_date",
        sa.Column("date_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False, comment="such as 2026-27"),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False, comment="Monday is 1"),
        sa.Column("is_month_end", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("date_key", name=op.f("pk_dim_date")),
        sa.UniqueConstraint("date", name=op.f("uq_dim_date_date")),
    )
    op.create_table(
        "dim_district",
        sa.Column("district_key", sa.Text(), nullable=False, comment="the district's slug"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cd_code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_key", name=op.f("pk_dim_district")),
    )
    op.create_table(
        "dim_school",
        sa.Column("school_key", sa.Text(), nullable=False, comment="the 14 digits of its CDS code"),
        sa.Column("district_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_key"],
            ["dim_district.district_key"],
            name=op.f("fk_dim_school_district_key_dim_district"),
        ),
        sa.PrimaryKeyConstraint("school_key", name=op.f("pk_dim_school")),
    )
    op.create_table(
        "dim_student",
        sa.Column("student_key", sa.Text(), nullable=False, comment="keyed hash, see keys.py"),
        sa.Column("key_version", sa.SmallInteger(), nullable=False),
        sa.Column("district_key", sa.Text(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=False),
        sa.Column("grade_band", sa.Text(), nullable=False),
        sa.Column("home_language", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_key"],
            ["dim_district.district_key"],
            name=op.f("fk_dim_student_district_key_dim_district"),
        ),
        sa.PrimaryKeyConstraint("student_key", name=op.f("pk_dim_student")),
        comment="One row per student as last known; no name, birth date or address.",
    )
    op.create_table(
        "fct_letter",
        sa.Column("letter_key", sa.Text(), nullable=False, comment="keyed hash, see keys.py"),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("district_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("meeting_key", sa.Text(), nullable=True, comment="of fct_meeting"),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.Column("planned_date_key", sa.Integer(), nullable=True),
        sa.Column("approved_date_key", sa.Integer(), nullable=True),
        sa.Column("packaged_date_key", sa.Integer(), nullable=True),
        sa.Column("acknowledged_date_key", sa.Integer(), nullable=True),
        sa.Column("mailed_date_key", sa.Integer(), nullable=True),
        sa.Column("delivered_date_key", sa.Integer(), nullable=True),
        sa.Column("returned_date_key", sa.Integer(), nullable=True),
        sa.Column("planned_to_mailed_days", sa.Integer(), nullable=True, comment="calendar days"),
        sa.Column(
            "marginal_cost",
            sa.Numeric(precision=8, scale=3),
            nullable=True,
            comment="US dollars; empty until mailed",
        ),
        sa.Column(
            "full_cost",
            sa.Numeric(precision=8, scale=3),
            nullable=True,
            comment="US dollars; empty until mailed",
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_date_key"],
            ["dim_date.date_key"],
            name=op.f("fk_fct_letter_acknowledged_date_key_dim_date"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_date_key"],
            ["dim_date.date_key"],
            name=op.f("fk_fct_letter_approved_date_key_dim_date"),
        ),
        sa.ForeignKeyConstraint(
            ["delivered_date_key"],
            ["dim_date.date_key"],
            name=op.f("fk_fct_letter_delivered_date_key_dim_date"),
        ),
        sa.ForeignKeyConstraint(
            ["district_key"],
            ["dim_district.district_key"],
            name=op.f("fk_fct_letter_district_key_dim_district"),
        ),
        sa.ForeignKeyConstraint(
            ["mailed_date_key"],
            ["dim_date.date_key"],
            name=op.f("fk_fct_letter_mailed_date_key_dim_date"),
        ),
        sa.ForeignKeyConstraint(
            ["packaged_date_key"],
            ["dim_date.date_key"],
            name=op.f("fk_fct_letter_packaged_date_key_dim_date"),
        ),
        sa.ForeignKeyConstraint(
            ["planned_date_key"],
            ["dim_date.date_key"],
            name=op.f("fk_fct_letter_planned_date_key_dim_date"),
        ),
        sa.ForeignKeyConstraint(
            ["returned_date_key"],
            ["dim_date.date_key"],
            name=op.f("fk_fct_letter_returned_date_key_dim_date"),
        ),
        sa.PrimaryKeyConstraint("letter_key", name=op.f("pk_fct_letter")),
        comment="Grain: letter. Accumulating snapshot: one row that gains dates.",
    )
    op.create_table(
        "fct_meeting",
        sa.Column("meeting_key", sa.Text(), nullable=False, comment="the meeting's slug"),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("date_key", sa.Integer(), nullable=False),
        sa.Column("letters_invited", sa.Integer(), nullable=False),
        sa.Column("students_invited", sa.Integer(), nullable=False),
        sa.Column(
            "letters_attended",
            sa.Integer(),
            nullable=True,
            comment="envelopes with an adult present",
        ),
        sa.ForeignKeyConstraint(
            ["date_key"], ["dim_date.date_key"], name=op.f("fk_fct_meeting_date_key_dim_date")
        ),
        sa.PrimaryKeyConstraint("meeting_key", name=op.f("pk_fct_meeting")),
        comment="Grain: meeting. Attendance is empty, not zero, until it has been entered.",
    )
    op.create_table(
        "fct_submission",
        sa.Column("district_key", sa.Text(), nullable=False),
        sa.Column("date_key", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status <> 'recorded' OR received = recorded + unchanged + quarantined",
            name=op.f("ck_fct_submission_accounts_for_every_row"),
        ),
        sa.ForeignKeyConstraint(
            ["date_key"], ["dim_date.date_key"], name=op.f("fk_fct_submission_date_key_dim_date")
        ),
        sa.ForeignKeyConstraint(
            ["district_key"],
            ["dim_district.district_key"],
            name=op.f("fk_fct_submission_district_key_dim_district"),
        ),
        sa.PrimaryKeyConstraint("district_key", "date_key", name=op.f("pk_fct_submission")),
        comment="Grain: district x night.",
    )
    op.create_table(
        "brg_letter_student",
        sa.Column("letter_key", sa.Text(), nullable=False),
        sa.Column("student_key", sa.Text(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["student_key"],
            ["dim_student.student_key"],
            name=op.f("fk_brg_letter_student_student_key_dim_student"),
        ),
        sa.PrimaryKeyConstraint("letter_key", "student_key", name=op.f("pk_brg_letter_student")),
        comment="One envelope carries every student of the household.",
    )
    op.create_table(
        "fct_attendance_school_day",
        sa.Column("school_key", sa.Text(), nullable=False),
        sa.Column("date_key", sa.Integer(), nullable=False),
        sa.Column("district_key", sa.Text(), nullable=False),
        sa.Column("enrolled", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("absent_unexcused", sa.Integer(), nullable=False),
        sa.Column("absent_excused", sa.Integer(), nullable=False),
        sa.Column("absent_unverified", sa.Integer(), nullable=False),
        sa.Column("absent_mixed", sa.Integer(), nullable=False),
        sa.Column("suspended_out", sa.Integer(), nullable=False),
        sa.Column("independent_study_incomplete", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "present >= 0 AND enrolled = present + absent_unexcused + absent_excused + absent_unverified + absent_mixed + suspended_out + independent_study_incomplete",
            name=op.f("ck_fct_attendance_school_day_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["date_key"],
            ["dim_date.date_key"],
            name=op.f("fk_fct_attendance_school_day_date_key_dim_date"),
        ),
        sa.ForeignKeyConstraint(
            ["district_key"],
            ["dim_district.district_key"],
            name=op.f("fk_fct_attendance_school_day_district_key_dim_district"),
        ),
        sa.ForeignKeyConstraint(
            ["school_key"],
            ["dim_school.school_key"],
            name=op.f("fk_fct_attendance_school_day_school_key_dim_school"),
        ),
        sa.PrimaryKeyConstraint(
            "school_key", "date_key", name=op.f("pk_fct_attendance_school_day")
        ),
        comment="Grain: school x instructional day with submitted attendance.",
    )
    op.create_index(
        op.f("ix_fct_attendance_school_day_district_key_date_key"),
        "fct_attendance_school_day",
        ["district_key", "date_key"],
        unique=False,
    )
    op.create_table(
        "fct_letter_outcome",
        sa.Column("as_of_date_key", sa.Integer(), nullable=False),
        sa.Column("letter_key", sa.Text(), nullable=False),
        sa.Column("student_key", sa.Text(), nullable=False),
        sa.Column("window_days", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("district_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("pre_enrolled_days", sa.Float(), nullable=False),
        sa.Column("pre_unexcused_days", sa.Float(), nullable=False),
        sa.Column("pre_absent_days", sa.Float(), nullable=False),
        sa.Column("post_enrolled_days", sa.Float(), nullable=False),
        sa.Column("post_unexcused_days", sa.Float(), nullable=False),
        sa.Column("post_absent_days", sa.Float(), nullable=False),
        sa.Column("pre_unexcused_rate", sa.Float(), nullable=True),
        sa.Column("pre_attendance_rate", sa.Float(), nullable=True),
        sa.Column("post_unexcused_rate", sa.Float(), nullable=True),
        sa.Column("post_attendance_rate", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["as_of_date_key"],
            ["dim_date.date_key"],
            name=op.f("fk_fct_letter_outcome_as_of_date_key_dim_date"),
        ),
        sa.ForeignKeyConstraint(
            ["district_key"],
            ["dim_district.district_key"],
            name=op.f("fk_fct_letter_outcome_district_key_dim_district"),
        ),
        sa.ForeignKeyConstraint(
            ["student_key"],
            ["dim_student.student_key"],
            name=op.f("fk_fct_letter_outcome_student_key_dim_student"),
        ),
        sa.PrimaryKeyConstraint(
            "as_of_date_key",
            "letter_key",
            "student_key",
            "window_days",
            name=op.f("pk_fct_letter_outcome"),
        ),
        comment="Grain: edition x letter x student x window. A rate is empty while it may not be used.",
    )


def downgrade() -> None:
    op.drop_table("fct_letter_outcome")
    op.drop_index(
        op.f("ix_fct_attendance_school_day_district_key_date_key"),
        table_name="fct_attendance_school_day",
    )
    op.drop_table("fct_attendance_school_day")
    op.drop_table("brg_letter_student")
    op.drop_table("fct_submission")
    op.drop_table("fct_meeting")
    op.drop_table("fct_letter")
    op.drop_table("dim_student")
    op.drop_table("dim_school")
    op.drop_table("dim_district")
    op.drop_table("dim_date")
