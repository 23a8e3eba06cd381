"""Small invented counties for the store's tests: one district, one school, a few students."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Connection, Engine

from pact_etl.domain.district import (
    AttendanceLayout,
    District,
    DistrictStatus,
    FileLayout,
    Form,
    Office,
)
from pact_etl.domain.school_year import school_year_of
from pact_etl.domain.scope import Scope
from pact_etl.store.ladders import record_ladder
from pact_etl.store.marks import record_marks
from pact_etl.store.quarantine import replace_quarantine, resolve_quarantine
from pact_etl.store.roster import record_roster
from pact_etl.store.staging import clear_staging, stage
from pact_etl.store.submissions import (
    book_recorded,
    get_submission,
    open_submission,
    replace_counts,
    set_status,
    sync_districts,
)

FIRST_DAY = date(2026, 8, 10)
QUARANTINE = ["table", "file", "row", "field", "reason", "local_id", "school_code", "date", "code"]


def district(slug: str = "oak-grove", **overrides: object) -> District:
    values: dict[str, object] = {
        "slug": slug,
        "name": slug.replace("-", " ").title(),
        "cd_code": "3499999",
        "level": "unified",
        "status": DistrictStatus.ACTIVE,
        "sis": "Aeries",
        "enrollment": 100,
        "office": Office(name="Office", phone="(916) 555-0100", email="office@oak.example"),
        "dialect": "plain",
        "connector": "files",
        "path": "{as_of}/{slug}",
        "exit_day": "inclusive",
        "date_format": "%Y-%m-%d",
        "attendance": AttendanceLayout(form=Form.DAILY, covers_days=14),
        "files": {"attendance": FileLayout(name="att.csv", columns={"local_id": "id"})},
        "codes": [],
    }
    return District(**(values | overrides))  # type: ignore[arg-type]


def weekdays(first: date, last: date) -> list[date]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


def roster(
    students: Sequence[str],
    *,
    entry: date = FIRST_DAY,
    exits: dict[str, date] | None = None,
    born: date = date(2015, 5, 5),
    last_day: date = date(2027, 5, 28),
    ssids: dict[str, str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Staging frames of one school where every weekday is instructional and each student has one guardian."""
    ids = list(students)
    texts = pd.Series(ids, dtype="str")
    return {
        "schools": pd.DataFrame(
            [
                {
                    "school_code": "0000001",
                    "name": "Blue Oak",
                    "level": "elementary",
                    "periods_per_day": 2,
                    "phone": "",
                }
            ]
        ),
        "students": pd.DataFrame(
            {
                "local_id": texts,
                "ssid": [(ssids or {}).get(i) for i in ids],
                "first_name": "Ana",
                "last_name": texts,
                "birth_date": pd.Timestamp(born),
                "home_language": "eng",
                "foster": False,
                "homeless": False,
                "do_not_send": False,
            }
        ),
        "enrollments": pd.DataFrame(
            {
                "local_id": texts,
                "school_code": "0000001",
                "grade": "05",
                "entry_date": pd.Timestamp(entry),
                "exit_date": pd.to_datetime([(exits or {}).get(i) for i in ids]),
            }
        ),
        "guardians": pd.DataFrame(
            {
                "local_id": texts,
                "guardian_id": "G" + texts,
                "first_name": "Rosa",
                "last_name": texts,
                "relation": "mother",
                "lives_with": True,
                "has_rights": True,
                "restrained": False,
                "contact_order": 1,
                "language": "eng",
                "street": "12 Oak St",
                "unit": "",
                "city": "Sacramento",
                "state": "CA",
                "zip": "95814",
                "email": "rosa." + texts + "@example.com",
                "phone": "",
                "safe_at_home": "",
            }
        ),
        "calendar": pd.DataFrame(
            {
                "school_code": "0000001",
                "date": pd.to_datetime(weekdays(FIRST_DAY, last_day)),
                "instructional": True,
            }
        ),
        "marks": marks({}),
    }


def marks(by_student: dict[str, dict[date, str]]) -> pd.DataFrame:
    """Marks by student and day; the raw code is the status."""
    rows = [
        {
            "local_id": local_id,
            "school_code": "0000001",
            "date": pd.Timestamp(day),
            "status": status,
            "raw_code": status,
            "minutes": None,
            "source_row": n + 2,
            "rows": 1,
        }
        for local_id, days in by_student.items()
        for n, (day, status) in enumerate(sorted(days.items()))
    ]
    columns = [
        "local_id",
        "school_code",
        "date",
        "status",
        "raw_code",
        "minutes",
        "source_row",
        "rows",
    ]
    return pd.DataFrame(rows, columns=columns)


def ladder(*rows: tuple[object, ...]) -> dict[str, pd.DataFrame]:
    """The frame of a district's ladder file: local id, step, section, date, channel, proof."""
    columns = ["local_id", "step", "section", "date", "channel", "proof"]
    frame = pd.DataFrame(rows, columns=columns)
    return {"ladder": frame.assign(date=pd.to_datetime(frame["date"]))}


def record_submission(
    engine: Engine,
    as_of: date,
    frames: dict[str, pd.DataFrame],
    *,
    of: District | None = None,
    quarantined: Sequence[dict[str, object]] = (),
    covers_days: int = 14,
    silent_schools: Sequence[str] = (),
    scope: Scope | None = None,
) -> int:
    """Take frames through the same store calls as the steps do, without files and validation."""
    one_district = of or district()
    empty = {name: frame.iloc[0:0] for name, frame in roster(["x"]).items()}
    with engine.begin() as connection:
        sync_districts(connection, [one_district])
        content = f"{as_of}-{id(frames)}"
        submission_id = open_submission(connection, one_district.slug, as_of, content, {})
        stage(connection, submission_id, empty | frames, scope or Scope())
        aside = pd.DataFrame(list(quarantined), columns=QUARANTINE)
        replace_quarantine(connection, submission_id, aside)
        received = {t: len(f) for t, f in (empty | frames).items() if t != "marks"}
        received["attendance"] = int((empty | frames)["marks"]["rows"].sum()) + len(aside)
        replace_counts(connection, submission_id, received, {"attendance": len(aside)})
        set_status(
            connection,
            submission_id,
            "validated",
            covered_from=as_of - timedelta(days=covers_days - 1),
            covered_to=as_of,
            silent_schools=list(silent_schools),
        )
        _record(connection, submission_id, as_of)
    return submission_id


def _record(connection: Connection, submission_id: int, as_of: date) -> None:
    one = get_submission(connection, submission_id)
    recorded = record_roster(connection, one, school_year_of(as_of))
    ladder = record_ladder(connection, one, school_year_of(as_of))
    rows, corrections = record_marks(connection, one)
    book_recorded(connection, one.id, recorded | {"ladder": ladder, "attendance": rows})
    resolve_quarantine(connection, one)
    clear_staging(connection, one.id)
    set_status(connection, one.id, "recorded", corrections=corrections)
