"""Small districts that send the same night in different dialects: what every hostile case is a change of.

Students 101, 102 and 103 at one school. 101 was absent without excuse on the 18th, 102 with one on the 19th, and 103
came late on the 20th of November 2026, which is the night. Ids have as many digits as the dialect wants.
"""

import gzip
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from pact_etl.cli.dialect_district import district_speaking
from pact_etl.domain.attendance import Status
from pact_etl.domain.district import (
    AttendanceLayout,
    CodeMapping,
    District,
    DistrictStatus,
    FileLayout,
    Form,
    Office,
)
from tests.conftest import ROOT

Row = dict[str, str]
Files = dict[str, bytes]

NIGHT = date(2026, 11, 20)  # a Friday
SCHOOL = "3400001"
CANARY = "Zyxquillfeather"
"""Stands in every cell that could leak."""

TABLES = ("schools", "students", "enrollments", "guardians", "calendar", "attendance")
COLUMNS: dict[str, tuple[str, ...]] = {
    "schools": ("school_code", "name", "level", "periods_per_day", "phone"),
    "students": (
        *("local_id", "ssid", "first_name", "last_name", "birth_date", "home_language"),
        *("foster", "homeless", "do_not_send"),
    ),
    "enrollments": ("local_id", "school_code", "grade", "entry_date", "exit_date"),
    "guardians": (
        *("local_id", "guardian_id", "first_name", "last_name", "relation", "lives_with"),
        *("has_rights", "restrained", "contact_order", "language"),
        *("street", "unit", "city", "state", "zip", "email", "phone", "safe_at_home"),
    ),
    "calendar": ("school_code", "date", "instructional"),
    "attendance": ("local_id", "school_code", "date", "period", "code", "minutes"),
}
CODES = {
    "U": Status.ABSENT_UNEXCUSED,
    "E": Status.ABSENT_EXCUSED,
    "T": Status.TARDY,
    "L": Status.PARTIAL_UNEXCUSED,
    "P": Status.PRESENT,
}
GOOD = {
    ("101", date(2026, 11, 18)): "absent_unexcused",
    ("102", date(2026, 11, 19)): "absent_excused",
    ("103", date(2026, 11, 20)): "tardy",
}
"""The marks of the good night, by student (without leading zeros) and day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A district and the files of its good night."""

    key: str
    district: District
    files: Files = field(repr=False)

    def name_of(self, table: str) -> str:
        """The file that a table stands in."""
        return self.district.files[table].name

    def with_file(self, table: str, content: bytes) -> Files:
        """The good night with one file replaced."""
        return self.files | {self.name_of(table): content}

    def without_file(self, table: str) -> Files:
        """The good night with one file missing."""
        return {n: c for n, c in self.files.items() if n != self.name_of(table)}

    def of(self, table: str) -> bytes:
        """One file of the good night."""
        return self.files[self.name_of(table)]


def good_rows(digits: int = 3, day_format: str = "%Y-%m-%d") -> dict[str, list[Row]]:
    """The good night by canonical table."""
    ids = [n.zfill(digits) for n in ("101", "102", "103")]

    def day(text: str) -> str:
        return date.fromisoformat(text).strftime(day_format)

    first = date(2026, 11, 2)
    days = [first + timedelta(days=n) for n in range(19)]
    return {
        "schools": [
            {
                "school_code": SCHOOL,
                "name": "Old Mill",
                "level": "high",
                "periods_per_day": "1",
                "phone": "",
            }
        ],
        "students": [
            {
                "local_id": i,
                "ssid": f"10000001{n}0",
                "first_name": "Ana",
                "last_name": CANARY,
                "birth_date": day("2012-03-04"),
                "home_language": "eng",
                "foster": "N",
                "homeless": "N",
                "do_not_send": "N",
            }
            for n, i in enumerate(ids)
        ],
        "enrollments": [
            {
                "local_id": i,
                "school_code": SCHOOL,
                "grade": "09",
                "entry_date": day("2026-08-12"),
                "exit_date": "",
            }
            for i in ids
        ],
        "guardians": [
            {
                "local_id": i,
                "guardian_id": f"9{n}",
                "first_name": "Bo",
                "last_name": CANARY,
                "relation": "Father",
                "lives_with": "Y",
                "has_rights": "Y",
                "restrained": "N",
                "contact_order": "1",
                "language": "eng",
                "street": f"{n} {CANARY} St",
                "unit": "",
                "city": "Galt",
                "state": "CA",
                "zip": "95632",
                "email": "",
                "phone": "",
                "safe_at_home": "",
            }
            for n, i in enumerate(ids)
        ],
        "calendar": [
            {
                "school_code": SCHOOL,
                "date": d.strftime(day_format),
                "instructional": "Y",
            }
            for d in days
            if d.weekday() < 5
        ],
        "attendance": [
            mark(ids[0], day("2026-11-18"), "U"),
            mark(ids[1], day("2026-11-19"), "E"),
            mark(ids[2], day("2026-11-20"), "T"),
        ],
    }


def mark(local_id: str, day: str, code: str, **more: str) -> Row:
    """One attendance row."""
    row = {"local_id": local_id, "school_code": SCHOOL, "date": day, "period": "", "code": code}
    return row | {"minutes": ""} | more


def text_of(table: str, rows: Sequence[Mapping[str, str]], end: str = "\n") -> str:
    """Rows under canonical headers, cells with awkward signs in quotes."""
    lines = [",".join(COLUMNS[table])]
    lines += [",".join(quoted(row.get(c, "")) for c in COLUMNS[table]) for row in rows]
    return "".join(line + end for line in lines)


def quoted(cell: str) -> str:
    """A cell as RFC 4180 writes it."""
    return '"' + cell.replace('"', '""') + '"' if any(s in cell for s in ',"\r\n') else cell


def own_district(slug: str, **changes: Any) -> District:
    """A daily district of plain CSV with canonical headers."""
    settings: dict[str, Any] = {
        "slug": slug,
        "name": slug,
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
        "attendance": AttendanceLayout(form=Form.DAILY, covers_days=14),
        "files": {
            t: FileLayout(name=f"{t}.csv", columns={c: c for c in COLUMNS[t]}) for t in TABLES
        },
        "codes": [CodeMapping(code=c, status=s, from_=date(2020, 7, 1)) for c, s in CODES.items()],
    }
    return District(**(settings | changes))


@cache
def plain() -> Speaker:
    """Plain CSV, UTF-8, no trailer."""
    files = {f"{t}.csv": text_of(t, rows).encode() for t, rows in good_rows().items()}
    return Speaker(key="plain", district=own_district("plain"), files=files)


@cache
def whole() -> Speaker:
    """Plain CSV whose rosters hold everybody, so that a missing row ends something."""
    return replace(plain(), key="whole", district=own_district("whole", roster="whole"))


@cache
def wide() -> Speaker:
    """Plain CSV in UTF-16."""
    files = {n: c.decode().encode("utf-16") for n, c in plain().files.items()}
    return Speaker(key="wide", district=own_district("wide", encoding="utf-16"), files=files)


@cache
def packed() -> Speaker:
    """Plain CSV in one zip, attendance in gzip beside it, at most 48 MB unpacked."""
    layouts = {
        t: FileLayout(
            name=f"night.zip!{t}.csv" if t != "attendance" else "attendance.csv.gz",
            columns={c: c for c in COLUMNS[t]},
        )
        for t in TABLES
    }
    district = own_district("packed", files=layouts, options={"max_unpacked_bytes": 48 << 20})
    members = {n: c for n, c in plain().files.items() if n != "attendance.csv"}
    files = {
        "night.zip": zipped(members),
        "attendance.csv.gz": gzip.compress(plain().of("attendance"), mtime=0),
    }
    return Speaker(key="packed", district=district, files=files)


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip with a fixed clock, so that the same members give the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2026, 11, 20, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return stream.getvalue()


@cache
def template() -> Speaker:
    """The county's own template: trailer, ids of six digits, a row for every student and day."""
    district = _dialect("template_csv", "template")
    rows = good_rows(digits=6)
    files = {district.files[t].name: dialect_text(district, t, rows[t]).encode() for t in TABLES}
    return Speaker(key="template", district=district, files=files)


@cache
def aeries() -> Speaker:
    """The nightly export in the style of Aeries: byte order mark, short headers, ids of seven digits."""
    district = _dialect("aeries_csv", "aeries")
    rows = good_rows(digits=7)
    for row in rows["attendance"]:
        row["code"] = {"U": "U", "E": "X", "T": "T"}[row["code"]]
    files = {
        district.files[t].name: dialect_text(district, t, rows[t]).encode("utf-8-sig")
        for t in TABLES
    }
    return Speaker(key="aeries", district=district, files=files)


@cache
def periods() -> Speaker:
    """Tabs, US dates, Windows characters, one row per period; the school has one period a day."""
    district = _dialect("period_file", "periods")
    rows = good_rows(digits=9, day_format="%m/%d/%Y")
    for row in rows["attendance"]:
        row |= {"code": {"U": "A:U", "E": "A:E", "T": "T:U"}[row["code"]], "period": "1"}
    for row in rows["guardians"]:
        row |= {"lives_with": "1", "has_rights": "Full"}
    for row in rows["calendar"]:
        row["instructional"] = "1"
    files = {
        district.files[t].name: dialect_text(district, t, rows[t]).encode("cp1252") for t in TABLES
    }
    return Speaker(key="periods", district=district, files=files)


def dialect_text(district: District, table: str, rows: Sequence[Row]) -> str:
    """Rows as a dialect's layout writes them."""
    layout = district.files[table]
    titles: list[str] = []
    for stated in layout.columns.values():
        titles += [stated] if isinstance(stated, str) else stated
    lines = [district.delimiter.join(titles)]
    for row in rows:
        cells: list[str] = []
        for column, stated in layout.columns.items():
            cells += [row[column]] if isinstance(stated, str) else row[column].split(":")
        lines.append(district.delimiter.join(cells))
    if district.trailer is not None:
        lines.append(f"{district.trailer}{len(rows)}")
    return "".join(line + "\r\n" for line in lines)


def _dialect(dialect: str, slug: str) -> District:
    return replace(district_speaking(ROOT / "config", dialect, None), slug=slug)
