"""One small district with three students, and a way to judge whatever rows a test of validation gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import (
    AttendanceLayout,
    CodeMapping,
    District,
    DistrictStatus,
    Form,
    Office,
)
from pact_etl.domain.policy import OccasionLimits
from pact_etl.domain.school_year import school_year_of
from pact_etl.validation import Gates, Reference, Validated, validate_submission
from pact_etl.validation.columns import TABLES
from tests.policies import LIMITS

Rows = Sequence[dict[str, str]]

AS_OF = date(2026, 11, 20)  # a Friday
SINCE = date(2020, 7, 1)

CODES = {
    "U": Status.ABSENT_UNEXCUSED,
    "E": Status.ABSENT_EXCUSED,
    "N": Status.ABSENT_UNVERIFIED,
    "T": Status.TARDY,
    "L": Status.PARTIAL_UNEXCUSED,
    "P": Status.PRESENT,
    "X": Status.PARTIAL_EXCUSED,
    "S": Status.SUSPENDED_OUT,
    "I": Status.SUSPENDED_IN,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    table: str
    file: str
    frame: pd.DataFrame


def raw(table: str, rows: Rows) -> Table:
    columns = TABLES[table].columns
    frame = pd.DataFrame({c: pd.Series([r.get(c, "") for r in rows], dtype="str") for c in columns})
    return Table(table=table, file=f"{table}.csv", frame=frame.assign(row=range(2, len(rows) + 2)))


def school(code: str = "3400001", **more: str) -> dict[str, str]:
    return {"school_code": code, "name": "Old Mill", "level": "high", "periods_per_day": "6"} | more


def student(local_id: str, **more: str) -> dict[str, str]:
    base = {"first_name": "Ana", "last_name": "Canary", "birth_date": "2012-03-04"}
    return {"local_id": local_id} | base | more


def enrollment(local_id: str, **more: str) -> dict[str, str]:
    base = {"school_code": "3400001", "grade": "09", "entry_date": "2026-08-12", "exit_date": ""}
    return {"local_id": local_id} | base | more


def guardian(local_id: str, guardian_id: str, **more: str) -> dict[str, str]:
    base = {"last_name": "Canary", "has_rights": "Y"}
    return {"local_id": local_id, "guardian_id": guardian_id} | base | more


def event(local_id: str, day: str = "2026-11-20", code: str = "U", **more: str) -> dict[str, str]:
    base = {"school_code": "3400001", "date": day, "code": code}
    return {"local_id": local_id} | base | more


def weekdays(code: str = "3400001", first: date = date(2026, 11, 2), days: int = 19) -> Rows:
    every = (first + timedelta(days=n) for n in range(days))
    return [
        {"school_code": code, "date": d.isoformat(), "instructional": "Y"}
        for d in every
        if d.weekday() < 5
    ]


def make_district(form: Form = Form.DAILY, **changes: Any) -> District:
    settings: dict[str, Any] = {
        "slug": "test-unified",
        "name": "Test Unified",
        "cd_code": "3400000",
        "level": "unified",
        "status": DistrictStatus.TESTING,
        "sis": "None",
        "enrollment": 3,
        "office": Office(name="Office", phone="(916) 555-0199", email="office@test.example"),
        "dialect": "test",
        "connector": "files",
        "path": "{as_of}/{slug}",
        "exit_day": "inclusive",
        "date_format": "%Y-%m-%d",
        "attendance": AttendanceLayout(form=form, covers_days=14),
        "files": {},
        "codes": [CodeMapping(code=c, status=s, from_=SINCE) for c, s in CODES.items()],
    }
    return District(**(settings | changes))


def judge(
    attendance: Rows = (),
    *,
    district: District | None = None,
    as_of: date = AS_OF,
    reference: Reference | None = None,
    gates: Gates | None = None,
    limits: OccasionLimits = LIMITS,
    **tables: Rows,
) -> Validated:
    """Judge a night without its batch gates; roster tables not given are the small district's own."""
    sent: dict[str, Rows] = {
        "schools": [school()],
        "students": [student(n) for n in ("101", "102", "103")],
        "enrollments": [enrollment(n) for n in ("101", "102", "103")],
        "guardians": [guardian("101", "9")],
        "calendar": weekdays(),
        "attendance": attendance,
    }
    return validate_submission(
        district=district or make_district(),
        as_of=as_of,
        year=school_year_of(as_of),
        tables=[raw(name, rows) for name, rows in (sent | tables).items()],
        reference=reference or Reference(),
        gates=gates or Gates(),
        limits=limits,
        suites=None,
    )


def reasons(validated: Validated, table: str = "attendance") -> list[tuple[int, str, str]]:
    """Row, reason and field of what was set aside in one table."""
    aside = validated.quarantined[validated.quarantined["table"] == table]
    return list(zip(aside["row"], aside["reason"], aside["field"], strict=True))


def statuses(validated: Validated) -> dict[tuple[str, str], str]:
    marks = validated.marks
    days = marks["date"].dt.strftime("%Y-%m-%d")
    return dict(zip(zip(marks["local_id"], days, strict=True), marks["status"], strict=True))
