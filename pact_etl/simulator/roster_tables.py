"""The roster files of one district as canonical tables: all text, with the night on which each row last changed.

Made once per district and then cut by night: a row is sent when it is new or changed within the days that a nightly
file covers.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from pact_etl.domain.district import District
from pact_etl.simulator import addresses
from pact_etl.simulator.county import County, SimulatedDistrict
from pact_etl.simulator.enrollments import ALWAYS
from pact_etl.simulator.families import NEVER
from pact_etl.simulator.schools import GRADES

ROSTER_TABLES = ("schools", "students", "enrollments", "guardians", "calendar")
_DETAILS = ("first_name", "last_name", "language", "email", "phone", "safe_at_home")


@dataclass(slots=True, kw_only=True, eq=False)
class RosterTables:
    """A district's roster over the year; frames are made when first asked for and kept."""

    county: County
    district: SimulatedDistrict
    _made: dict[str, pd.DataFrame] = field(default_factory=dict)

    def on(self, table: str, night: int, since: int) -> pd.DataFrame:
        """The rows of one table that the SIS knows on a night and that changed after a day.

        Args:
            table: one of `ROSTER_TABLES`.
            night: day index.
            since: rows last changed before this day are left out; `ALWAYS` asks for all.
        """
        if table not in self._made:
            self._made[table] = getattr(self, f"_{table}")()
        rows = self._made[table]
        shown_from, shown_to = rows["shown_from"].to_numpy(), rows["shown_to"].to_numpy()
        here = (shown_from <= night) & (night < shown_to) & (shown_from >= since)
        return rows[here].drop(columns=["shown_from", "shown_to"])

    def _schools(self) -> pd.DataFrame:
        schools = self.district.schools
        rows = pd.DataFrame(
            {
                "school_code": schools.codes,
                "name": schools.names,
                "level": schools.levels,
                "periods_per_day": schools.periods.astype(str),
                "phone": schools.phones,
            },
            dtype="str",
        )
        return _shown(rows, np.full(len(rows), ALWAYS), np.full(len(rows), NEVER))

    def _students(self) -> pd.DataFrame:
        roster, students = self.district.roster, self.county.students
        own, settings = roster.student, self.district.settings
        rows = students.details.iloc[own].reset_index(drop=True)
        rows.insert(0, "local_id", roster.local_id)
        rows["birth_date"] = date_texts(students.birth[own], settings)
        flags = {
            "foster": students.is_foster,
            "homeless": students.is_homeless,
            "do_not_send": students.do_not_send,
        }
        for name, flag in flags.items():
            rows[name] = flag_texts(name, flag[own], settings)
        return _shown(rows, roster.known_on, np.full(len(rows), NEVER))

    def _enrollments(self) -> pd.DataFrame:
        roster, settings = self.district.roster, self.district.settings
        spans = roster.spans
        grades = pd.Series(GRADES, dtype="str").take(
            self.county.students.grade[roster.student[spans.record]]
        )
        known = pd.DataFrame(
            {
                "local_id": roster.local_id.iloc[spans.record].to_numpy(),
                "school_code": pd.Series(self.district.schools.codes, dtype="str")
                .take(spans.school)
                .to_numpy(),
                "grade": grades.to_numpy(),
                "entry_date": self._day_texts(spans.start),
                "exit_date": "",
            },
            dtype="str",
        )
        left = np.flatnonzero(spans.exit_known_on < NEVER)
        exits = known.iloc[left].copy()
        shift = 1 if settings.exit_day == "exclusive" else 0
        exits["exit_date"] = self._day_texts(spans.last[left] + shift)
        return pd.concat(
            [
                _shown(known, spans.known_on, spans.exit_known_on),
                _shown(exits, spans.exit_known_on[left], np.full(len(left), NEVER)),
            ],
            ignore_index=True,
        )

    def _guardians(self) -> pd.DataFrame:
        contacts, adults, settings = (
            self.district.contacts,
            self.county.adults,
            self.district.settings,
        )
        details = adults.details.iloc[contacts.adult].reset_index(drop=True)
        rows = pd.DataFrame(
            {
                "local_id": self.district.roster.local_id.iloc[contacts.record].to_numpy(),
                "guardian_id": contacts.guardian_id.to_numpy(),
                "relation": contacts.relation.to_numpy(),
                "lives_with": flag_texts("lives_with", contacts.lives_with, settings),
                "has_rights": flag_texts("has_rights", contacts.has_rights, settings),
                "restrained": flag_texts("restrained", contacts.restrained, settings),
                "contact_order": contacts.order.astype(str),
            },
            dtype="str",
        )
        rows = pd.concat([rows, details[[*_DETAILS, *addresses.COLUMNS]]], axis=1)
        known_on = self.district.roster.known_on[contacts.record]
        moved_on = adults.moved_on[contacts.adult]
        movers = np.flatnonzero(moved_on < NEVER)
        later = rows.iloc[movers].copy()
        for column in addresses.COLUMNS:
            later[column] = adults.later_address[column].iloc[contacts.adult[movers]].to_numpy()
        return pd.concat(
            [
                _shown(rows, known_on, np.maximum(moved_on, known_on)),
                _shown(later, np.maximum(moved_on, known_on)[movers], np.full(len(movers), NEVER)),
            ],
            ignore_index=True,
        )

    def _calendar(self) -> pd.DataFrame:
        calendar, settings = self.district.calendar, self.district.settings
        days = np.flatnonzero(calendar.planned)
        dates = np.datetime64(self.county.year.first, "D") + np.arange(len(calendar.planned))
        shown = np.arange(days[0], days[-1] + 1)
        shown = shown[np.is_busday(dates[shown])]
        schools = len(self.district.schools.codes)
        rows = pd.DataFrame(
            {
                "school_code": np.repeat(self.district.schools.codes, len(shown)),
                "date": np.tile(date_texts(dates[shown], settings).to_numpy(), schools),
                "instructional": np.tile(
                    flag_texts("instructional", calendar.planned[shown], settings), schools
                ),
            },
            dtype="str",
        )
        closed = (calendar.planned & ~calendar.open)[:, shown].ravel()
        day = np.tile(shown, schools)
        closures = rows[closed].copy()
        closures["instructional"] = flag_texts(
            "instructional", np.zeros(len(closures), dtype=np.bool_), settings
        )
        return pd.concat(
            [
                _shown(rows, np.full(len(rows), ALWAYS), np.where(closed, day, NEVER)),
                _shown(closures, day[closed], np.full(len(closures), NEVER)),
            ],
            ignore_index=True,
        )

    def _day_texts(self, days: npt.NDArray[np.int16]) -> npt.NDArray[np.object_]:
        dates = np.datetime64(self.county.year.first, "D") + np.minimum(days, 400).astype(np.int64)
        return date_texts(dates, self.district.settings).to_numpy(dtype=object)


def date_texts(dates: npt.NDArray[np.datetime64], settings: District) -> "pd.Series[str]":
    """Dates as a district writes them."""
    unique, place = np.unique(dates.astype("M8[D]"), return_inverse=True)
    texts = pd.Series([day.item().strftime(settings.date_format) for day in unique], dtype="str")
    return texts.take(place).reset_index(drop=True)


def flag_texts(
    column: str, flags: npt.NDArray[np.bool_], settings: District
) -> npt.NDArray[np.object_]:
    """A boolean column as a district writes it."""
    words = {
        meaning: word
        for word, meaning in reversed(settings.values.get(column, {"Y": True, "N": False}).items())
    }
    return np.where(flags, words[True], words[False]).astype(object)


def _shown(
    rows: pd.DataFrame, shown_from: npt.NDArray[np.integer], shown_to: npt.NDArray[np.integer]
) -> pd.DataFrame:
    return rows.assign(shown_from=shown_from, shown_to=shown_to)
