"""One large invented district as canonical text tables, and as the files that it would send."""

import csv
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CD_CODE = "3467314"
KEY, SECRET = "benchmark", "benchmark-secret-of-nobody-at-all"
FIRST_DAY, NIGHTS = date(2026, 8, 31), (date(2026, 11, 19), date(2026, 11, 20))
PER_SCHOOL, SEATS = 1000, 7

Tables = dict[str, pd.DataFrame]


def school_days(last: date) -> list[str]:
    """Weekdays of the year to date."""
    days = [FIRST_DAY + timedelta(days=n) for n in range((last - FIRST_DAY).days + 1)]
    return [day.isoformat() for day in days if day.weekday() < 5]


def tables(students: int, absent: float, last: date) -> Tables:
    """The district on a night: everything of the year to date. The same students and absences on every night.

    Args:
        students: how many; with one guardian each.
        absent: share of them who are absent on a day.
        last: the night.
    """
    ids = np.array([f"{n:07d}" for n in range(1, students + 1)])
    schools = np.array([str(n) for n in range(1, max(students // PER_SCHOOL, 1) + 1)])
    at = schools[np.arange(students) % len(schools)]
    days = np.array(school_days(last))
    dice = np.random.default_rng(1)
    missed = dice.random((len(school_days(NIGHTS[-1])), students)) < absent
    day, student = np.nonzero(missed[: len(days)])
    rows: dict[str, dict[str, Any]] = {
        "schools": {"school_code": schools, "name": "Blue Oak", "level": "middle"}
        | {"periods_per_day": "1", "phone": ""},
        "students": {"local_id": ids, "ssid": "", "first_name": "Ana", "last_name": "Oak"}
        | {"birth_date": "2014-05-06", "home_language": "eng"}
        | dict.fromkeys(("foster", "homeless", "do_not_send"), "N"),
        "enrollments": {"local_id": ids, "school_code": at, "grade": "07"}
        | {"entry_date": FIRST_DAY.isoformat(), "exit_date": ""},
        "guardians": {"local_id": ids, "guardian_id": ids, "first_name": "Eva", "last_name": "Oak"}
        | {"relation": "Mother", "lives_with": "Y", "has_rights": "Y", "restrained": "N"}
        | {"contact_order": "1", "language": "eng", "street": "1 Main St", "unit": ""}
        | {"city": "Sacramento", "state": "CA", "zip": "95814", "email": "", "phone": ""}
        | {"safe_at_home": ""},
        "calendar": {"school_code": np.repeat(schools, len(days))}
        | {"date": np.tile(days, len(schools)), "instructional": "Y"},
        "attendance": {"local_id": ids[student], "school_code": at[student], "date": days[day]}
        | {"period": "", "code": "U", "minutes": ""},
    }
    return {name: pd.DataFrame(columns, dtype="str") for name, columns in rows.items()}


def write_files(
    students: int, absent: float, nights: Sequence[date], folder: Path, *, oneroster: bool
) -> None:
    """Nights as a district puts them on its SFTP server.

    Args:
        students: how many.
        absent: share of them who are absent on a day.
        nights: which.
        folder: gets a folder for each night.
        oneroster: rosters as OneRoster 1.1, zipped, instead of our template's.
    """
    for night in nights:
        place, found = folder / night.isoformat(), tables(students, absent, night)
        place.mkdir(parents=True)
        # The whole year on the first night; then a week of days, as a drop holds it.
        if night != NIGHTS[0]:
            recent = found["attendance"]["date"] > (night - timedelta(days=7)).isoformat()
            found["attendance"] = found["attendance"][recent]
        if oneroster:
            _write_oneroster(found, place / "oneroster.zip")
        beside = ("calendar", "attendance", "guardians") if oneroster else tuple(found)
        for name in beside:
            path = place / f"{name}.csv"
            found[name].to_csv(path, index=False, quoting=csv.QUOTE_MINIMAL)
            with path.open("a", encoding="utf-8") as stream:
                stream.write(f"#ROWS={len(found[name])}\n")


def _write_oneroster(found: Tables, path: Path) -> None:
    """Everything in bulk; every student has seats in some classes of the school, open all year."""
    ids, at = found["enrollments"]["local_id"], found["enrollments"]["school_code"]
    schools = found["schools"]["school_code"]
    rooms = np.char.add(np.arange(SEATS).astype("U1"), "-class-of-a-longer-name-")
    seat = pd.DataFrame(
        {"userSourcedId": np.repeat(ids, SEATS), "schoolSourcedId": np.repeat(at, SEATS)}
    ).reset_index(drop=True)
    seat["classSourcedId"] = np.tile(rooms, len(ids)) + seat["schoolSourcedId"]
    files: dict[str, dict[str, Any]] = {
        "orgs": {"sourcedId": schools, "type": "school", "name": "Blue Oak", "identifier": schools},
        "academicSessions": {"sourcedId": ["year"], "startDate": FIRST_DAY.isoformat()}
        | {"endDate": "2027-06-12", "schoolYear": "2027"},
        "users": {"sourcedId": ids, "givenName": "Ana", "familyName": "Oak", "userIds": ""}
        | dict.fromkeys(("email", "sms", "phone", "agentSourcedIds"), "")
        | {"grades": "07", "role": "student", "orgSourcedIds": at},
        "classes": {"sourcedId": np.unique(seat["classSourcedId"]), "classType": "scheduled"}
        | {"courseSourcedId": "", "termSourcedIds": "year"},
        "enrollments": {str(name): seat[name] for name in seat}
        | {"role": "student", "beginDate": "", "endDate": ""},
        "demographics": {"sourcedId": ids, "birthDate": "2014-05-06"},
    }
    said = {"manifest.version": "1.0", "oneroster.version": "1.1"}
    said |= {f"file.{name}": "bulk" for name in files}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, columns in files.items():
            frame = pd.DataFrame(columns).assign(status="")
            archive.writestr(f"{name}.csv", frame.to_csv(index=False))
        manifest = pd.DataFrame({"propertyName": said.keys(), "value": said.values()})
        archive.writestr("manifest.csv", manifest.to_csv(index=False))
