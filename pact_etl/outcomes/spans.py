"""The enrollments behind each letter, laid onto the schools' calendars."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.outcomes.school_days import FAR, Ints, SchoolDays, day_numbers, school_years


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """One entry per letter and enrollment of its student. Positions are those of `SchoolDays`.

    An end is always one past the last position that belongs to it.

    Attributes:
        letter: row of the letter.
        student_ref: the student.
        school_id: the school.
        school: its code in `SchoolDays`.
        entry: day number of the enrollment's first day.
        before: end of what lies before the mailing date.
        after: start of what lies after it.
        first: start of the enrollment.
        last: end of the enrollment.
        year_first: start of the mailing date's school year.
        year_last: end of it.
    """

    letter: Ints
    student_ref: npt.NDArray[Any]
    school_id: npt.NDArray[Any]
    school: Ints
    entry: Ints
    before: Ints
    after: Ints
    first: Ints
    last: Ints
    year_first: Ints
    year_last: Ints


def lay_out_spans(letters: pd.DataFrame, enrollments: pd.DataFrame, days: SchoolDays) -> Spans:
    """Find every enrollment of every letter's student that touches the letter's school year.

    Args:
        letters: `student_ref`, `mailed_on`, rows numbered from 0.
        enrollments: `student_ref`, `school_id`, `entry_date`, `exit_date`.
        days: the schools' calendars; an enrollment at a school without one is left out.
    """
    numbered = pd.DataFrame(
        {
            "letter": np.arange(len(letters)),
            "student_ref": letters["student_ref"],
            "mailed": day_numbers(letters["mailed_on"]),
            "year": school_years(letters["mailed_on"]),
        }
    )
    known = enrollments[enrollments["school_id"].isin(days.schools)]
    joined = numbered.merge(known, on="student_ref")
    school, year = days.codes(joined["school_id"]), joined["year"].to_numpy(dtype=np.int64)
    mailed = joined["mailed"].to_numpy(dtype=np.int64)
    entry, leaving = day_numbers(joined["entry_date"]), day_numbers(joined["exit_date"])
    first = days.first_on_or_after(school, year, entry)
    last = days.first_after(school, year, leaving)
    positions = {
        "school": school,
        "entry": entry,
        "before": days.first_on_or_after(school, year, mailed),
        "after": days.first_after(school, year, mailed),
        "first": first,
        "last": last,
        "year_first": days.first_on_or_after(school, year, np.zeros_like(mailed)),
        "year_last": days.first_on_or_after(school, year, np.full_like(mailed, FAR)),
    }
    touches = first < last  # another year's enrollment covers no day of this one
    return Spans(
        letter=joined["letter"].to_numpy(dtype=np.int64)[touches],
        student_ref=joined["student_ref"].to_numpy()[touches],
        school_id=joined["school_id"].to_numpy()[touches],
        **{name: position[touches] for name, position in positions.items()},
    )
