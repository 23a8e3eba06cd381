"""Rows that waited for somebody to say what their code means, once somebody has. Pure frames."""

from datetime import date

import pandas as pd

from pact_etl.domain.district import District
from pact_etl.domain.scope import Scope, StudentSpan

DAY_OF_STUDENT = ["local_id", "school_code", "date"]


def explained(waiting: pd.DataFrame, district: District) -> pd.DataFrame:
    """The waiting rows whose code has a meaning on their day by now.

    Args:
        waiting: attendance rows of unknown code, with columns code and date.
        district: whose dated code map explains.
    """
    known = [
        district.status_of(code, day) is not None
        for code, day in zip(waiting["code"], waiting["date"], strict=True)
    ]
    return waiting[pd.Series(known, index=waiting.index, dtype="bool")]


def scope_of(rows: pd.DataFrame, as_of: date) -> Scope:
    """What reading these rows again states: their student-days at their schools, and nothing else.

    Args:
        rows: local_id, school_code, date.
        as_of: the night that is spoken for.
    """
    days = sorted(set(zip(*(rows[column] for column in DAY_OF_STUDENT), strict=True)))
    return Scope.of_students(
        tuple(StudentSpan(local_id, day, day, school) for local_id, school, day in days), as_of
    )


def only_days_of(attendance: pd.DataFrame, rows: "set[int]") -> pd.DataFrame:
    """Every raw attendance row of the student-days that these rows speak of: a day is settled from all its rows.

    Args:
        attendance: the raw table, with `row`.
        rows: places in the file.
    """
    wanted = attendance.loc[attendance["row"].isin(rows), DAY_OF_STUDENT].drop_duplicates()
    return attendance.merge(wanted, on=DAY_OF_STUDENT)
