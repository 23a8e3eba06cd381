"""What the load functions take, column by column, and the checks that every one of them makes.

The frames hold operational ids and dates; keys, bands and date keys are made here and nowhere
else, so that nothing can reach a table without passing through them.

Columns that repeat:
    district        the district's slug
    cds_code        a school's 14 digits: the district's 7, then the school's 7
    student_ref     the state student id, or our own id for a student who has none
    letter_id       our id of the letter
"""

from datetime import date

import pandas as pd

from pact_etl.domain.errors import InvariantBroken
from pact_etl.warehouse.tables import ABSENCES, MILESTONES, RATES, SIDES, SUMS

DISTRICTS = ("slug", "name", "cd_code")
SCHOOLS = ("cds_code", "district", "name", "level")
STUDENTS = ("student_ref", "district", "birth_date", "grade", "home_language")
"""One row per student: the newest of their districts' records."""

ATTENDANCE = ("cds_code", "district", "date", "enrolled", *ABSENCES)
"""One row per school and submitted instructional day: students enrolled, and away by status."""

LETTERS = (
    "letter_id",
    "district",
    "kind",
    "language",
    "status",
    "meeting",
    "students",
    *(f"{name}_on" for name in MILESTONES),
    "marginal_cost",
    "full_cost",
)
"""One row per letter; `meeting` is its slug, a date that has not come is missing, as is its cost."""

LETTER_STUDENTS = ("letter_id", "student_ref")
MEETINGS = ("slug", "date", "letters_invited", "students_invited", "letters_attended")
SUBMISSIONS = (
    "district",
    "as_of",
    "status",
    "received",
    "recorded",
    "unchanged",
    "quarantined",
    "corrections",
)
"""One row per district and night."""

OUTCOMES = (
    "letter_id",
    "student_ref",
    "district",
    "window_days",
    "status",
    *(f"{side}_{name}" for side in SIDES for name in (*SUMS, *RATES)),
)
"""The rows of `measure_windows`, with the district that the letter counts for."""

_WORD = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"


def checked(frame: pd.DataFrame, columns: tuple[str, ...], words: tuple[str, ...]) -> pd.DataFrame:
    """The frame, if it has exactly these columns and single words where words belong.

    Args:
        frame: as handed over.
        columns: what it must have, one of the constants above.
        words: those of its columns that hold a slug, a status or a code, or nothing.

    Raises:
        InvariantBroken: a column is missing or unknown, or a sentence stands where a word belongs.
            Either may be personal data on its way to where none may be.
    """
    expected, given = set(columns), set(frame.columns)
    if expected != given:
        raise InvariantBroken(
            f"warehouse: a frame lacks {sorted(expected - given)}"
            f" and has {sorted(map(str, given - expected))} too many"
        )
    for name in words:
        present = frame[name].dropna().astype("str")
        strange = int((~present.str.fullmatch(_WORD)).sum())
        if strange:
            raise InvariantBroken(f"warehouse: {strange} values of {name} are no single words")
    return frame


def date_key(day: date) -> int:
    """Such as 20261123."""
    return day.year * 10_000 + day.month * 100 + day.day


def date_keys(days: "pd.Series[pd.Timestamp]") -> "pd.Series[int]":
    """Dates as numbers such as 20261123; a missing date stays missing."""
    moments = pd.to_datetime(days)
    parts = moments.dt.year * 10_000 + moments.dt.month * 100 + moments.dt.day
    return parts.astype("Int64")
