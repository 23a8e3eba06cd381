"""Reads a district's nightly files one row at a time and counts by loops: the truth's other opinion.

Shares no code with the simulator or the pipeline; knows only what a dialect file says.
"""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

from pact_etl.domain.district import District, Form


class SlowReader:
    """One district's record, built up night by night from files alone."""

    def __init__(self, district: District) -> None:
        self.district = district
        self.periods: dict[str, int] = {}
        self.birth: dict[str, date] = {}
        self.spans: dict[tuple[str, str, date], date | None] = {}
        self.tracks: dict[tuple[str, str, date], str] = {}
        self.calendar: dict[tuple[str, str, date], bool] = {}
        self.rows: dict[tuple[str, date], list[dict[str, str]]] = {}
        self.guardians: dict[tuple[str, str], dict[str, str]] = {}
        self.is_first = True

    def read_night(self, folder: Path, as_of: date) -> None:
        tables = {
            name: self.read_file(folder, name) for name in self.district.files if name != "ladder"
        }
        for row in tables["schools"]:
            self.periods[row["school_code"]] = int(row["periods_per_day"])
        for row in tables["students"]:
            self.birth[row["local_id"]] = self.day(row["birth_date"])
        for row in tables["guardians"]:
            self.guardians[row["local_id"], row["guardian_id"]] = row
        for row in tables["calendar"]:
            known = {"Y": True, "N": False} | self.district.values.get("instructional", {})
            key = row["school_code"], row.get("track", ""), self.day(row["date"])
            self.calendar[key] = known[row["instructional"]]
        for row in tables["enrollments"]:
            last = self.day(row["exit_date"]) if row["exit_date"] else None
            if last and self.district.exit_day == "exclusive":
                last -= timedelta(days=1)
            span = row["local_id"], row["school_code"], self.day(row["entry_date"])
            self.spans[span] = last
            self.tracks[span] = row.get("track", "")
        oldest = as_of - timedelta(days=self.district.attendance.covers_days - 1)
        if self.is_first:
            oldest, self.is_first = date.min, False
        self.rows = {key: rows for key, rows in self.rows.items() if key[1] < oldest}
        for row in tables["attendance"]:
            day = self.day(row["date"])
            assert oldest <= day <= as_of
            self.rows.setdefault((row["local_id"], day), []).append(row)

    def read_file(self, folder: Path, table: str) -> list[dict[str, str]]:
        layout = self.district.files[table]
        text = (folder / layout.name).read_bytes().decode(self.district.encoding)
        lines = text.splitlines()
        if self.district.trailer:
            count = lines.pop().removeprefix(self.district.trailer)
            assert int(count) == len(lines) - 1
        read = csv.DictReader(lines, delimiter=self.district.delimiter)
        return [
            {
                name: row[header] if isinstance(header, str) else ":".join(row[h] for h in header)
                for name, header in (layout.columns | layout.optional).items()
                if not isinstance(header, str) or header in row
            }
            for row in read
        ]

    def day(self, text: str) -> date:
        return datetime.strptime(text, self.district.date_format).date()  # noqa: DTZ007

    def status_on(self, local_id: str, day: date) -> str:
        """The day's status by the county's reading of rows."""
        rows = self.rows.get((local_id, day), [])
        statuses = [str(self.district.status_of(row["code"], day)) for row in rows]
        assert "None" not in statuses
        if not rows:
            return "present"
        if self.district.attendance.form is not Form.PERIODS:
            assert len(rows) == 1
            return statuses[0]
        periods = self.periods[rows[0]["school_code"]]
        assert len({row["period"] for row in rows}) == len(rows)
        if len(rows) == periods:
            return statuses[0] if len(set(statuses)) == 1 else "absent_mixed"
        return {"absent_unexcused": "partial_unexcused", "absent_excused": "partial_excused"}.get(
            statuses[0], statuses[0]
        )

    def enrolled_days(self, local_id: str, as_of: date) -> dict[date, tuple[str, str]]:
        """Days on which the student had school, with the school and track that had the student."""
        spans = sorted(
            (entry, last, school)
            for (who, school, entry), last in self.spans.items()
            if who == local_id
        )
        days = {}
        for number, (entry, last, school) in enumerate(spans):
            end = min(last or as_of, as_of)
            if number + 1 < len(spans):
                end = min(end, spans[number + 1][0] - timedelta(days=1))
            day = entry
            while day <= end:
                track = self.tracks[local_id, school, entry]
                if self.is_taught(school, track, day):
                    days[day] = school, track
                day += timedelta(days=1)
        return days

    def is_taught(self, school: str, track: str, day: date) -> bool:
        common = self.calendar.get((school, "", day), False)
        return self.calendar.get((school, track, day), common)

    def has_waited(self, day: date, school: str, track: str, as_of: date) -> bool:
        """Whether the school taught its track on three days since."""
        later = (day + timedelta(days=n) for n in range(1, (as_of - day).days + 1))
        return sum(self.is_taught(school, track, d) for d in later) >= 3

    def truth(self, as_of: date) -> list[dict[str, str]]:
        """Who is over a line, as the truth files list it."""
        found = []
        for local_id in self.birth:
            days = self.enrolled_days(local_id, as_of)
            told = {day: self.status_on(local_id, day) for day in days}
            of_age = {day for day in days if 6 <= self.age(local_id, day) < 18}
            kinds = {"absent_unexcused", "partial_unexcused", "absent_mixed"}
            counts = {
                d for d in of_age if told[d] in kinds and self.has_waited(d, *days[d], as_of=as_of)
            }
            unexcused = [d for d in days if told[d] == "absent_unexcused" and d in counts]
            occasions = len(counts)
            absent = {"absent_unexcused", "absent_excused", "absent_unverified"}
            absent |= {"suspended_out", "absent_mixed"}
            absent_days = sum(told[d] in absent for d in days)
            truant = occasions >= 3
            long = len(days) >= 20
            chronic_truant = long and len(unexcused) >= 3 and 10 * len(unexcused) >= len(days)
            chronic_absentee = long and 10 * absent_days >= len(days)
            if truant or chronic_truant or chronic_absentee:
                found.append(
                    {
                        "district": self.district.slug,
                        "local_id": local_id,
                        "U": str(len(unexcused)),
                        "D": str(len(days)),
                        "occasions": str(occasions),
                        "absent_days": str(absent_days),
                        "truant": str(int(truant)),
                        "chronic_truant": str(int(chronic_truant)),
                        "chronic_absentee": str(int(chronic_absentee)),
                        "unexcused_days": ";".join(day.isoformat() for day in unexcused),
                    }
                )
        return found

    def age(self, local_id: str, day: date) -> int:
        born = self.birth[local_id]
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
