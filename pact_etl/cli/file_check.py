"""Check a district's files as a night would, with nothing but the files: no database, no network, nothing written.

The rows are judged by the same code that judges them at night, with a record that knows nothing. Where only some files
are given, or a roster file has no rows, what would be held against the others is not judged; the report says so.
The batch limits of the county (`expectations/`) compare with the district's own past and are left out, so Great
Expectations is not loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd

from pact_etl.connectors.files.connector import CsvFiles
from pact_etl.connectors.files.fetching import wanted_files
from pact_etl.connectors.files.file_patterns import pattern_of, split_member
from pact_etl.connectors.protocol import RawFile, RawTable
from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused, UsageError
from pact_etl.domain.reasons import Reason
from pact_etl.domain.school_year import SchoolYear, school_year_of
from pact_etl.law import load_statutes
from pact_etl.validation import Gates, Reference, examine_submission
from pact_etl.validation.values import DAY, TEXT

_FEW = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to mend. `row` is 0 where a whole file is meant; `value` is what stands there."""

    file: str
    row: int
    column: str
    reason: Reason
    detail: str = ""
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """What was found. `not_checked` names tables whose files were not given."""

    as_of: date
    rows: dict[str, int]
    faults: tuple[Fault, ...]
    not_checked: tuple[str, ...]


def check_files(
    district: District,
    files: Sequence[RawFile],
    *,
    as_of: date | None,
    whole: bool,
    changes: bool = False,
) -> FileCheck:
    """Read and judge files.

    Args:
        district: whose layout they have.
        files: some or all of a night's files.
        as_of: the night they are of; None takes the newest day that more than a few attendance rows speak of.
        whole: whether this is meant to be a complete delivery, so that a missing file is a fault.
        changes: whether its roster files hold what changed alone, so that attendance may speak of others too.

    Raises:
        UsageError: a file has a name that the layout does not know, or no date can be found.
    """
    patterns = list(wanted_files(district))
    strange = [file.name for file in files if pattern_of(file.name, patterns) is None]
    if strange:
        raise UsageError(f"{', '.join(strange)}: no file of this format; {', '.join(patterns)} are")
    tables, faults, absent = _read(district, files, whole=whole)
    unheld = {t.table for t in tables if changes or t.frame.empty} - {"attendance"}
    absent = [table for table in district.files if table in absent or table in unheld]
    as_of = as_of or _newest_day(tables, district)
    year = school_year_of(as_of)
    examined = examine_submission(
        district=district,
        as_of=as_of,
        year=year,
        tables=tables,
        reference=_stand_in(tables, absent, district, year),
        gates=Gates(),
        limits=load_statutes().occasion_limits(),
        suites=None,
    )
    faults += _row_faults(tables, examined.validated.quarantined)
    return FileCheck(
        as_of=as_of,
        rows={table.table: len(table.frame) for table in tables},
        faults=tuple(faults),
        not_checked=tuple(absent),
    )


def _read(
    district: District, files: Sequence[RawFile], *, whole: bool
) -> tuple[list[RawTable], list[Fault], list[str]]:
    """Table by table, so that one unusable file does not hide what is wrong in the next."""
    given = {pattern_of(file.name, wanted_files(district)) for file in files}
    tables: list[RawTable] = []
    faults: list[Fault] = []
    absent = []
    for table, layout in district.files.items():
        if not whole and split_member(layout.name)[0] not in given:
            absent.append(table)
            continue
        alone = replace(district, files={table: layout})
        try:
            tables += CsvFiles("").parse(alone, _of(alone, files)).tables
        except SubmissionRefused as refused:
            absent.append(table)
            faults.append(
                Fault(
                    file=refused.file or layout.name,
                    row=0,
                    column=refused.field or "",
                    reason=refused.reason,
                    detail=refused.detail,
                )
            )
    return tables, faults, absent


def _of(district: District, files: Sequence[RawFile]) -> list[RawFile]:
    return [file for file in files if pattern_of(file.name, wanted_files(district)) is not None]


def _newest_day(tables: Sequence[RawTable], district: District) -> date:
    """A mistyped year in a row or two is to be reported, not believed."""
    texts = [t.frame["date"] for t in tables if t.table == "attendance"]
    texts = texts or [t.frame["date"] for t in tables if t.table == "calendar"]
    if not texts:
        raise UsageError("no dates in these files; say which night they are of with --as-of")
    days = _days(texts[0], district).dropna()
    counts = days.value_counts()
    many = counts[counts >= max(_FEW * len(days), 1)]
    if many.empty:
        raise UsageError("no date can be read; say which night the files are of with --as-of")
    newest: pd.Timestamp = many.index.max()
    return newest.date()


def _days(texts: pd.Series, district: District) -> pd.Series:
    days = pd.to_datetime(texts.str.strip(), format=district.date_format, errors="coerce")
    return days.where(days.between(pd.Timestamp("1900-01-01"), pd.Timestamp("2199-12-31")))


def _stand_in(
    tables: Sequence[RawTable], absent: Sequence[str], district: District, year: SchoolYear
) -> Reference:
    """A record that knows whatever stood in the files that were not given, so that nothing is held against them."""
    frames = {table.table: table.frame for table in tables}

    def every(column: str) -> pd.Series:
        found = [f[column].str.strip() for f in frames.values() if column in f]
        return pd.concat(found, ignore_index=True).drop_duplicates() if found else _none()

    known: dict[str, pd.DataFrame] = {}
    if "students" in absent:
        known["students"] = pd.DataFrame({"local_id": every("local_id")}).astype(TEXT)
    if "schools" in absent:
        schools = pd.DataFrame({"school_code": every("school_code")}).astype(TEXT)
        known["schools"] = schools.assign(level="high", periods_per_day=1)
    attendance = frames.get("attendance")
    if attendance is None:
        return Reference(**known)
    at = attendance[["local_id", "school_code"]].apply(lambda column: column.str.strip())
    if "enrollments" in absent:
        spans = at.drop_duplicates().astype(TEXT)
        known["enrollments"] = spans.assign(
            entry_date=pd.Timestamp(year.first), exit_date=pd.NaT
        ).astype({"entry_date": DAY, "exit_date": DAY})
    if "calendar" in absent:
        days = at[["school_code"]].assign(date=_days(attendance["date"], district))
        days = days.dropna().drop_duplicates().astype({"school_code": TEXT, "date": DAY})
        known["calendar"] = days.assign(instructional=True)
    return Reference(**known)


def _none() -> pd.Series:
    return pd.Series(dtype=TEXT)


def _row_faults(tables: Sequence[RawTable], quarantined: pd.DataFrame) -> list[Fault]:
    frames = {table.table: table.frame.set_index("row") for table in tables}
    faults = []
    for one in quarantined.sort_values(["file", "row"], kind="stable").itertuples():
        row, column = int(str(one.row)), str(one.field)
        frame = frames[str(one.table)]
        value = str(frame.at[row, column]) if column in frame else ""
        reason = Reason(str(one.reason))
        faults.append(Fault(file=str(one.file), row=row, column=column, reason=reason, value=value))
    return faults
