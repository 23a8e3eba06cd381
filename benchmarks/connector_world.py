"""One large invented district as canonical text tables, and its nights behind a server in a process of its own.

As a module: `python -m benchmarks.connector_world KIND STUDENTS FOLDER` serves the first night, prints how to reach it
as one JSON line, and moves on to the second night when a line comes in.
"""

import csv
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pact_etl.simulator.servers.aeries_server import AeriesServer
from pact_etl.simulator.servers.edfi_server import EdfiServer
from pact_etl.simulator.servers.sftp_server import SftpServer

CD_CODE = "3467314"
KEY, SECRET = "benchmark", "benchmark-secret-of-nobody-at-all"
FIRST_DAY, NIGHTS = date(2026, 8, 31), (date(2026, 11, 19), date(2026, 11, 20))
PER_SCHOOL = 1000
ABSENT = 0.1

Tables = dict[str, pd.DataFrame]


def school_days(last: date) -> list[str]:
    """Weekdays of the year to date."""
    days = [FIRST_DAY + timedelta(days=n) for n in range((last - FIRST_DAY).days + 1)]
    return [day.isoformat() for day in days if day.weekday() < 5]


def tables(students: int, last: date) -> Tables:
    """The district on a night: everything of the year to date. The same students and absences on every night."""
    ids = np.array([f"{n:07d}" for n in range(1, students + 1)])
    schools = np.array([str(n) for n in range(1, max(students // PER_SCHOOL, 1) + 1)])
    at = schools[np.arange(students) % len(schools)]
    days = np.array(school_days(last))
    dice = np.random.default_rng(1)
    missed = dice.random((len(school_days(NIGHTS[-1])), students)) < ABSENT
    day, student = np.nonzero(missed[: len(days)])
    rows = {
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


def main() -> None:
    """Serve one district until the caller goes away."""
    kind, students, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    told, load = SERVERS[kind](folder)
    load(tables(students, NIGHTS[0]), NIGHTS[0])
    for night in NIGHTS[1:]:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        if not sys.stdin.readline():
            return
        load(tables(students, night), night)
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


Load = Callable[[Tables, date], None]


def _edfi(folder: Path) -> tuple[dict[str, str], Load]:
    server = EdfiServer(agency=int(CD_CODE), key=KEY, secret=SECRET)
    server.__enter__()

    def load(found: Tables, night: date) -> None:
        told = found["attendance"].assign(code="Unexcused Absence")
        server.load(found | {"attendance": told}, (FIRST_DAY, night))

    return {"url": server.url}, load


def _aeries(folder: Path) -> tuple[dict[str, str], Load]:
    server = AeriesServer(certificate=SECRET, cd_code=CD_CODE, year=2026)
    server.__enter__()
    return {"url": server.url}, lambda found, night: server.load(
        found, (FIRST_DAY, night), datetime.combine(night, time(17, 30))
    )


def _sftp(folder: Path) -> tuple[dict[str, str], Load]:
    server = SftpServer(folder=folder, user=KEY, password=SECRET)
    server.__enter__()

    def load(found: Tables, night: date) -> None:
        """The whole year on the first night; then a week of days, as a drop holds it."""
        place = folder / night.isoformat()
        place.mkdir()
        recent = found["attendance"]["date"] > (night - timedelta(days=7)).isoformat()
        sent = found if night == NIGHTS[0] else found | {"attendance": found["attendance"][recent]}
        for name, frame in sent.items():
            path = place / f"{name}.csv"
            frame.to_csv(path, index=False, quoting=csv.QUOTE_MINIMAL)
            with path.open("a", encoding="utf-8") as stream:
                stream.write(f"#ROWS={len(frame)}\n")

    return {"url": server.url, "host_key": server.host_key}, load


SERVERS = {"edfi_api": _edfi, "aeries_api": _aeries, "files over SFTP": _sftp}


if __name__ == "__main__":
    main()
