"""What is known of a district tonight: what the record holds, overlaid with tonight's accepted rows. Pure frames."""

from dataclasses import dataclass, field

import pandas as pd

from pact_etl.domain.scope import Scope
from pact_etl.validation.values import DAY, TEXT, Reference


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Roster:
    """Schools, students, enrollments and calendar as they stand once tonight is recorded."""

    schools: pd.DataFrame = field(repr=False)
    students: pd.Index = field(repr=False)
    enrollments: pd.DataFrame = field(repr=False)
    calendar: pd.DataFrame = field(repr=False)
    removed_enrollments: int = 0


def overlay_schools(reference: Reference, tonight: pd.DataFrame) -> pd.DataFrame:
    """Schools by code; a row of tonight replaces what was known."""
    columns = ["school_code", "level", "periods_per_day"]
    kinds = {"school_code": TEXT, "level": TEXT, "periods_per_day": "Int64"}
    return _overlay(reference.schools[columns].astype(kinds), tonight[columns], ["school_code"])


def overlay_students(reference: Reference, tonight: pd.DataFrame) -> pd.Index:
    """Local ids of all known students."""
    known = pd.Index(reference.students["local_id"].astype(TEXT))
    return known.union(pd.Index(tonight["local_id"]), sort=False).unique()


def overlay_enrollments(reference: Reference, tonight: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """Spans by student, school and entry; a row of tonight replaces what was known of that span.

    Of a student whose roster is stated whole nothing else is left standing.
    """
    key = ["local_id", "school_code", "entry_date"]
    kinds = {"local_id": TEXT, "school_code": TEXT, "entry_date": DAY, "exit_date": DAY}
    columns = [*key, "exit_date", "track"]
    known = _with_track(reference.enrollments)[columns].astype(kinds)
    if scope.whole_roster:
        known = known.iloc[0:0]
    elif scope.rosters_of:
        known = known[~known["local_id"].isin(scope.rosters_of)]
    return _overlay(known, _with_track(tonight)[columns], key)


def removed_enrollments(reference: Reference, enrollments: pd.DataFrame, scope: Scope) -> int:
    """How many enrollments a submission that states rosters whole would end by leaving them out."""
    if not scope.whole_roster and not scope.rosters_of:
        return 0
    key = ["local_id", "school_code", "entry_date"]
    kinds = {"local_id": TEXT, "school_code": TEXT, "entry_date": DAY}
    standing = pd.MultiIndex.from_frame(enrollments[key].astype(kinds))
    known = pd.MultiIndex.from_frame(reference.enrollments[key].astype(kinds))
    return int((~known.isin(standing)).sum())


def overlay_calendar(reference: Reference, tonight: pd.DataFrame) -> pd.DataFrame:
    """School dates by track; a row of tonight replaces what was known."""
    columns = ["school_code", "track", "date", "instructional"]
    kinds = {"school_code": TEXT, "date": DAY, "instructional": "bool"}
    known = _with_track(reference.calendar)[columns].astype(kinds)
    return _overlay(known, _with_track(tonight)[columns], columns[:3])


def _with_track(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows, their track as text, empty where none is stated."""
    if "track" not in frame:
        return frame.assign(track=pd.Series("", index=frame.index, dtype=TEXT))
    return frame.assign(track=frame["track"].fillna("").astype(TEXT))


def _overlay(known: pd.DataFrame, tonight: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    if tonight.empty:
        return known
    if known.empty:
        return tonight
    both = pd.concat([known, tonight], ignore_index=True)
    return both.drop_duplicates(key, keep="last", ignore_index=True)
