"""The star schema: dimensions by key, facts by grain. Migrations change it; a test compares both.

A date key is the date as a number, 20261123. A fact refers to dimensions and never to a fact, so
that any slice of it can be replaced by itself.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

MILESTONES = ("planned", "approved", "packaged", "acknowledged", "mailed", "delivered", "returned")
"""What can be dated about a letter, in order."""

ABSENCES = (
    "absent_unexcused",
    "absent_excused",
    "absent_unverified",
    "absent_mixed",
    "suspended_out",
    "independent_study_incomplete",
)
"""The canonical statuses of a day away from school; a day in none of them is a day present."""

SIDES = ("pre", "post")
SUMS = ("enrolled_days", "unexcused_days", "absent_days")
RATES = ("unexcused_rate", "attendance_rate")


def _date_key(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    target = ForeignKey("dim_date.date_key")
    return Column(name, Integer, target, primary_key=primary_key, nullable=nullable)


def _dimension(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    target = ForeignKey(f"dim_{name}.{name}_key")
    return Column(f"{name}_key", Text, target, primary_key=primary_key, nullable=nullable)


def _counts(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in names]


dim_date = Table(
    "dim_date",
    metadata,
    Column("date_key", Integer, primary_key=True, autoincrement=False),
    Column("date", Date, nullable=False, unique=True),
    Column("school_year", Text, nullable=False, comment="such as 2026-27"),
    Column("year", SmallInteger, nullable=False),
    Column("month", SmallInteger, nullable=False),
    Column("weekday", SmallInteger, nullable=False, comment="Monday is 1"),
    Column("is_month_end", Boolean, nullable=False),
)

dim_district = Table(
    "dim_district",
    metadata,
    Column("district_key", Text, primary_key=True, comment="the district's slug"),
    Column("name", Text, nullable=False),
    Column("cd_code", Text, nullable=False),
)

dim_school = Table(
    "dim_school",
    metadata,
    Column("school_key", Text, primary_key=True, comment="the 14 digits of its CDS code"),
    _dimension("district"),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
)

dim_student = Table(
    "dim_student",
    metadata,
    Column("student_key", Text, primary_key=True, comment="keyed hash, see keys.py"),
    Column("key_version", SmallInteger, nullable=False),
    _dimension("district"),
    Column("age_band", Text, nullable=False),
    Column("grade_band", Text, nullable=False),
    Column("home_language", Text, nullable=False),
    comment="One row per student as last known; no name, birth date or address.",
)

fct_attendance_school_day = Table(
    "fct_attendance_school_day",
    metadata,
    _dimension("school", primary_key=True),
    _date_key("date_key", primary_key=True),
    _dimension("district"),
    *_counts("enrolled", "present", *ABSENCES),
    CheckConstraint(
        f"present >= 0 AND enrolled = present + {' + '.join(ABSENCES)}", name="adds_up"
    ),
    comment="Grain: school x instructional day with submitted attendance.",
)
Index(None, fct_attendance_school_day.c.district_key, fct_attendance_school_day.c.date_key)

fct_letter = Table(
    "fct_letter",
    metadata,
    Column("letter_key", Text, primary_key=True, comment="keyed hash, see keys.py"),
    Column("school_year", Text, nullable=False),
    _dimension("district"),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("meeting_key", Text, comment="of fct_meeting"),
    *_counts("students"),
    *(_date_key(f"{name}_date_key", nullable=True) for name in MILESTONES),
    Column("planned_to_mailed_days", Integer, comment="calendar days"),
    Column("marginal_cost", Numeric(8, 3), comment="US dollars; empty until mailed"),
    Column("full_cost", Numeric(8, 3), comment="US dollars; empty until mailed"),
    comment="Grain: letter. Accumulating snapshot: one row that gains dates.",
)

brg_letter_student = Table(
    "brg_letter_student",
    metadata,
    Column("letter_key", Text, primary_key=True),
    _dimension("student", primary_key=True),
    Column("school_year", Text, nullable=False),
    comment="One envelope carries every student of the household.",
)

fct_meeting = Table(
    "fct_meeting",
    metadata,
    Column("meeting_key", Text, primary_key=True, comment="the meeting's slug"),
    Column("school_year", Text, nullable=False),
    _date_key("date_key"),
    *_counts("letters_invited", "students_invited"),
    Column("letters_attended", Integer, comment="envelopes with an adult present"),
    comment="Grain: meeting. Attendance is empty, not zero, until it has been entered.",
)

fct_submission = Table(
    "fct_submission",
    metadata,
    _dimension("district", primary_key=True),
    _date_key("date_key", primary_key=True),
    Column("status", Text, nullable=False),
    *_counts("received", "recorded", "unchanged", "quarantined", "corrections"),
    CheckConstraint(
        "status <> 'recorded' OR received = recorded + unchanged + quarantined",
        name="accounts_for_every_row",
    ),
    comment="Grain: district x night.",
)

fct_letter_outcome = Table(
    "fct_letter_outcome",
    metadata,
    _date_key("as_of_date_key", primary_key=True),
    Column("letter_key", Text, primary_key=True),
    _dimension("student", primary_key=True),
    Column("window_days", SmallInteger, primary_key=True, autoincrement=False),
    _dimension("district"),
    Column("status", Text, nullable=False),
    *(Column(f"{side}_{name}", Float, nullable=False) for side in SIDES for name in SUMS),
    *(Column(f"{side}_{name}", Float) for side in SIDES for name in RATES),
    comment="Grain: edition x letter x student x window. A rate is empty while it may not be used.",
)
