"""Fill the facts, each slice by slice; what a frame must have is in `frames`.

Every function makes its slice exactly what the frame says and may be run again at will. Dates,
districts, schools and students must be in their dimensions first, see `dimensions`.
"""

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Connection, delete, select

from pact_etl.warehouse.frames import (
    ATTENDANCE,
    LETTER_STUDENTS,
    LETTERS,
    MEETINGS,
    OUTCOMES,
    SUBMISSIONS,
    checked,
    date_key,
    date_keys,
)
from pact_etl.warehouse.keys import Pseudonyms
from pact_etl.warehouse.load import Between, Replaced, replace_slice
from pact_etl.warehouse.tables import (
    ABSENCES,
    MILESTONES,
    brg_letter_student,
    dim_date,
    fct_attendance_school_day,
    fct_letter,
    fct_letter_outcome,
    fct_meeting,
    fct_submission,
)


def load_attendance(
    connection: Connection, frame: pd.DataFrame, *, district: str, first: date, last: date
) -> Replaced:
    """Replace one district's school days of a range, see `frames.ATTENDANCE`.

    Args:
        connection: whose transaction the caller owns.
        frame: every submitted school day of the range.
        district: the district's slug.
        first: first day that the frame is the whole truth about.
        last: last such day.
    """
    checked(frame, ATTENDANCE, words=("cds_code", "district"))
    days = frame[["enrolled", *ABSENCES]].assign(
        school_key=frame["cds_code"],
        date_key=date_keys(frame["date"]),
        district_key=frame["district"],
        present=frame["enrolled"] - frame[list(ABSENCES)].sum(axis=1),
    )
    range_ = Between(first=date_key(first), last=date_key(last))
    return replace_slice(
        connection, fct_attendance_school_day, days, {"district_key": district, "date_key": range_}
    )


def load_letters(
    connection: Connection,
    letters: pd.DataFrame,
    students: pd.DataFrame,
    *,
    school_year: str,
    pseudonyms: Pseudonyms,
) -> Replaced:
    """Replace a school year's letters and who is in them.

    Args:
        connection: whose transaction the caller owns.
        letters: see `frames.LETTERS`; every letter planned in that school year.
        students: see `frames.LETTER_STUDENTS`; their students.
        school_year: such as `2026-27`.
        pseudonyms: turn ids into keys.
    """
    checked(letters, LETTERS, words=("district", "kind", "language", "status", "meeting"))
    checked(students, LETTER_STUDENTS, words=())
    dates = {f"{name}_date_key": date_keys(letters[f"{name}_on"]) for name in MILESTONES}
    lag = pd.to_datetime(letters["mailed_on"]) - pd.to_datetime(letters["planned_on"])
    facts = letters[
        ["kind", "language", "status", "students", "marginal_cost", "full_cost"]
    ].assign(
        letter_key=pseudonyms.keys("letter", letters["letter_id"]),
        school_year=school_year,
        district_key=letters["district"],
        meeting_key=letters["meeting"],
        planned_to_mailed_days=lag.dt.days.astype("Int64"),
        **dates,
    )
    bridge = pd.DataFrame(
        {
            "letter_key": pseudonyms.keys("letter", students["letter_id"]),
            "student_key": pseudonyms.keys("student", students["student_ref"]),
            "school_year": school_year,
        }
    )
    slice_ = {"school_year": school_year}
    replace_slice(connection, brg_letter_student, bridge, slice_)
    return replace_slice(connection, fct_letter, facts, slice_)


def load_meetings(connection: Connection, frame: pd.DataFrame, *, school_year: str) -> Replaced:
    """Replace a school year's meetings, see `frames.MEETINGS`."""
    checked(frame, MEETINGS, words=("slug",))
    facts = frame[["letters_invited", "students_invited", "letters_attended"]].assign(
        meeting_key=frame["slug"],
        school_year=school_year,
        date_key=date_keys(frame["date"]),
    )
    return replace_slice(connection, fct_meeting, facts, {"school_year": school_year})


def load_submissions(
    connection: Connection, frame: pd.DataFrame, *, first: date, last: date
) -> Replaced:
    """Replace all districts' submissions of a range of nights, see `frames.SUBMISSIONS`."""
    checked(frame, SUBMISSIONS, words=("district", "status"))
    counts = ["received", "recorded", "unchanged", "quarantined", "corrections"]
    facts = frame[["status", *counts]].assign(
        district_key=frame["district"], date_key=date_keys(frame["as_of"])
    )
    range_ = Between(first=date_key(first), last=date_key(last))
    return replace_slice(connection, fct_submission, facts, {"date_key": range_})


def load_letter_outcomes(
    connection: Connection, frame: pd.DataFrame, *, as_of: date, pseudonyms: Pseudonyms
) -> Replaced:
    """Replace the edition of one night, see `frames.OUTCOMES`."""
    checked(frame, OUTCOMES, words=("district", "status"))
    facts = frame.drop(columns=["letter_id", "student_ref", "district"]).assign(
        as_of_date_key=date_key(as_of),
        letter_key=pseudonyms.keys("letter", frame["letter_id"]),
        student_key=pseudonyms.keys("student", frame["student_ref"]),
        district_key=frame["district"],
    )
    return replace_slice(connection, fct_letter_outcome, facts, {"as_of_date_key": date_key(as_of)})


def drop_old_editions(connection: Connection, *, as_of: date, keep_days: int = 35) -> int:
    """Remove nightly editions of outcomes older than `keep_days`; month-ends stay.

    Returns:
        Rows removed.
    """
    oldest = date_key(as_of - timedelta(days=keep_days))
    month_ends = select(dim_date.c.date_key).where(dim_date.c.is_month_end)
    edition = fct_letter_outcome.c.as_of_date_key
    return connection.execute(
        delete(fct_letter_outcome).where(edition < oldest, edition.not_in(month_ends))
    ).rowcount
