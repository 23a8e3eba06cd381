"""A school year in which every reason to hold a letter comes up once: who its children are and what happens when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pact_etl.domain.county import County
from pact_etl.domain.policy import DaysThreshold, PactThreshold
from pact_etl.domain.reasons import Reason
from pact_etl.domain.volume import VolumeBrake
from tests.factories import FIRST_DAY, ladder, marks, roster, weekdays

NIGHTS = [date(2026, 9, 11) + timedelta(days=14 * n) for n in range(19)]
YEAR_BEFORE = date(2026, 5, 15)
LAST_DAY = date(2027, 5, 28)
LAST_MAILING = NIGHTS[16]

STRANGER, SSID = "stranger", "1000000001"
"""A child whose row carries another child's statewide id from one night on."""

ONE_HOUSE, EXCUSED_LATE = "one_house", "excused_late"
"""Children of one address, of whose letters one comes back, and children who turn out excused when theirs is out."""

TOLD_OF, TOLD = "told_by_hand", 2
"""A child of whom only a person of the county knows something, and the turn on which it is entered."""

R = Reason
TESTING, LAWLESS, WITHOUT_EVENING, LATENESS, JUMP = 9, 10, 11, 13, 8
REJECTED, EXPIRED, CORRECTED, PULLED = 7, 6, 12, 1
SPOILED, REFUSED, DOUBT = 4, 5, 14
"""The turns (indices of NIGHTS) on which something befalls the whole county or the night's batch."""
CORRECTED_DAYS_LATER = 3
ONLY_LATE = "only_late"
"""Misses no whole day, and is over the line of 2012 alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One student: on which turn the line is crossed, what is said of it, and from which turn on that is mended."""

    name: str
    turn: int
    mended: int = 99
    table: str = "students"
    column: str = ""
    value: Any = None

    @property
    def entry(self) -> date:
        """Enrolled so late that the least schooldays are reached on the turn and not on the one before."""
        return max(NIGHTS[self.turn] - timedelta(days=34), FIRST_DAY)


def _flag(reason: Reason, turn: int, mended: int, column: str = "") -> Child:
    return Child(
        name=reason.value, turn=turn, mended=mended, column=column or reason.value, value=True
    )


def _of(reason: Reason, turn: int, mended: int, table: str, column: str, value: Any) -> Child:
    return Child(
        name=reason.value, turn=turn, mended=mended, table=table, column=column, value=value
    )


CHILDREN = (
    _flag(R.DECEASED, 0, 99),
    _flag(R.DO_NOT_SEND, 0, 4),
    _flag(R.FOSTER_YOUTH, 1, 3, "foster"),
    _flag(R.HOMELESS_YOUTH, 1, 3, "homeless"),
    _flag(R.UNACCOMPANIED_YOUTH, 1, 5, "unaccompanied"),
    _flag(R.SUPPORT_PENDING, 2, 6),
    _of(R.ELIGIBLE_STUDENT, 2, 99, "students", "birth_date", pd.Timestamp(2008, 10, 8)),
    _of(R.SAFE_AT_HOME, 2, 99, "guardians", "safe_at_home", "5555"),
    _of(R.NO_RIGHTS_HOLDER, 3, 5, "guardians", "has_rights", False),
    _of(R.NO_ADDRESS, 3, 5, "guardians", "street", ""),
    _of(R.ADDRESS_INVALID, 3, 6, "guardians", "zip", "123"),
    _of(R.OUT_OF_COUNTY, 4, 7, "guardians", "zip", "95747"),
    _of(R.LANGUAGE_WITHOUT_TEMPLATE, 4, 8, "guardians", "language", "kor"),
    _of(R.RENDER_FAILED, 5, 7, "guardians", "last_name", "\u13a0\u13b3"),
    _of(R.SCHOOL_HELD_UNKNOWN_CODE, 5, 99, "enrollments", "school_code", "0000002"),
    _of(R.SCHOOL_HELD_OUTLIER, 6, 99, "enrollments", "school_code", "0000003"),
    _of(R.CHARTER_WITHOUT_AGREEMENT, 6, 99, "enrollments", "school_code", "0000004"),
    _of(R.OUTSIDE_GRADE_SPAN, 7, 9, "enrollments", "grade", "12"),
    Child(name=R.BATCH_REJECTED.value, turn=REJECTED),
    Child(name=R.APPROVAL_EXPIRED.value, turn=EXPIRED),
    Child(name=R.LETTER_TAKEN_OUT.value, turn=PULLED),
    Child(name=R.DISTRICT_TESTING.value, turn=TESTING),
    Child(name=R.NO_LEGAL_BASIS.value, turn=LAWLESS),
    Child(name=R.NO_MEETING.value, turn=WITHOUT_EVENING),
    Child(name=R.CORRECTED.value, turn=CORRECTED),
    Child(name=R.OTHER_LETTER_RECENT.value, turn=12),
    Child(name=R.MEDICAL_PATTERN.value, turn=12),
    Child(name=ONLY_LATE, turn=LATENESS),
    Child(name=R.IDENTITY_UNCLEAR.value, turn=DOUBT),
    Child(name=R.NOT_ENROLLED.value, turn=DOUBT),
    Child(name=R.RATIO_FELL.value, turn=0, column="foster", value=True),
    Child(name=R.COOLING_DOWN.value, turn=0),
    Child(name=R.PAST_LAST_MAILING_DATE.value, turn=17),
    Child(name="spoiled", turn=SPOILED),
    Child(name="refused", turn=REFUSED),
    Child(name="returned", turn=3),
    Child(name=TOLD_OF, turn=TOLD),
    *(Child(name=f"{R.VOLUME_JUMP.value}_{n}", turn=JUMP) for n in range(12)),
    *(Child(name=f"{ONE_HOUSE}_{n}", turn=n) for n in range(1, 5)),
    *(Child(name=f"{EXCUSED_LATE}_{n}", turn=3) for n in range(3)),
)

LIFTED = frozenset(
    {
        R.DO_NOT_SEND,  # these by better data
        R.FOSTER_YOUTH,
        R.HOMELESS_YOUTH,
        R.NO_ADDRESS,
        R.ADDRESS_INVALID,
        R.LANGUAGE_WITHOUT_TEMPLATE,
        R.RENDER_FAILED,
        R.SCHOOL_HELD_UNKNOWN_CODE,
        R.DISTRICT_TESTING,
        R.COOLING_DOWN,  # by itself
        R.VOLUME_JUMP,  # these by hand
        R.SUPPORT_PENDING,
        R.MEDICAL_PATTERN,
        R.BATCH_REJECTED,
        R.LETTER_TAKEN_OUT,
        R.IDENTITY_UNCLEAR,
    }
)
"""Holds that end in the year, after which the letter leaves."""


def county_of(county: County) -> County:
    """The county with an evening every other week, a grade span, a long pause and a sharp volume brake."""
    [pattern, *_] = county.meetings
    evenings = [YEAR_BEFORE + timedelta(days=13 + 14 * n) for n in range(30)]
    return replace(
        county,
        meetings=[replace(pattern, slug=f"pact-{day}", date=day) for day in evenings],
        mailing=replace(
            county.mailing, cooldown_weeks=26, last_mailing_dates={"2026-27": LAST_MAILING}
        ),
        volume_brake=VolumeBrake(ratio=1.5, least=6, nights=20, least_nights=4),
        thresholds=list(_thresholds()),
    )


def _thresholds() -> Iterator[PactThreshold | DaysThreshold]:
    """Ten per cent all year, but for two weeks the line of 2012, which lateness alone can cross."""
    grades = ("05",)
    for since in (date(2020, 7, 1), NIGHTS[LATENESS + 1]):
        yield PactThreshold(
            from_=since, minimum_unexcused_days=3, minimum_enrolled_days=20, grades=grades
        )
    yield DaysThreshold(
        from_=NIGHTS[LATENESS],
        minimum_occasions=6,
        minimum_enrolled_days=20,
        kind="days_or_occasions",
        grades=grades,
    )


def county_on(turn: int, county: County) -> County:
    """What the county is short of on one night."""
    if turn == WITHOUT_EVENING:
        return replace(county, meetings=[])
    if turn == LAWLESS:
        ended = [replace(d, to=NIGHTS[turn] - timedelta(days=1)) for d in county.disclosures]
        return replace(county, disclosures=ended)
    return county


def frames_of(turn: int, as_of: date) -> dict[str, pd.DataFrame]:
    """Everything that the district states on a night: its whole roster and every mark of the year so far."""
    present = [child for child in CHILDREN if child.entry <= as_of]
    names, ssids = [child.name for child in present], {R.IDENTITY_UNCLEAR.value: SSID}
    if turn >= DOUBT:
        present.append(Child(name=STRANGER, turn=DOUBT))
        names, ssids = [*names, STRANGER], ssids | {STRANGER: SSID}
    frames = roster(names, last_day=LAST_DAY, ssids=ssids)
    of_stranger = frames["students"]["local_id"] == STRANGER
    frames["students"].loc[of_stranger, "birth_date"] = pd.Timestamp(2011, 1, 1)
    frames["schools"] = pd.concat(
        [frames["schools"].assign(school_code=f"000000{n}", charter=n == 4) for n in (1, 2, 3, 4)],
        ignore_index=True,
    )
    frames["calendar"] = pd.concat(
        [frames["calendar"].assign(school_code=f"000000{n}") for n in (1, 2, 3, 4)],
        ignore_index=True,
    )
    frames["students"] = frames["students"].assign(
        unaccompanied=False, deceased=False, support_pending=False
    )
    by_name = {child.name: child for child in present}
    homes = {
        c.name: "1 Shared St" if c.name.startswith(ONE_HOUSE) else f"{n} Own St"
        for n, c in enumerate(CHILDREN, 2)
    }
    adults = frames["guardians"]
    adults["street"] = [homes.get(name, "99 Far St") for name in adults["local_id"]]
    enrolled = frames["enrollments"]
    enrolled["entry_date"] = [pd.Timestamp(by_name[n].entry) for n in enrolled["local_id"]]
    gone = enrolled["local_id"] == R.NOT_ENROLLED.value
    enrolled.loc[gone, "exit_date"] = pd.Timestamp(NIGHTS[DOUBT] - timedelta(days=3))
    for child in present:
        if child.column and turn < child.mended:
            frame = frames[child.table]
            frame.loc[frame["local_id"] == child.name, child.column] = child.value
    stated = marks({child.name: dict(_marks(child, as_of)) for child in present})
    schools = enrolled.set_index("local_id")["school_code"]
    frames["marks"] = stated.assign(school_code=stated["local_id"].map(schools))
    told = NIGHTS[12] - timedelta(days=2)
    if as_of >= told:
        of = R.OTHER_LETTER_RECENT.value
        frames |= ladder((of, "family_notice", "48260.5", told, "mail", "letter 1"))
    return frames


def _marks(child: Child, as_of: date) -> Iterator[tuple[date, str]]:
    """Every third schoolday since enrollment is missed, but for those whose story is another."""
    last = NIGHTS[DOUBT] - timedelta(days=3) if child.name == R.NOT_ENROLLED.value else as_of
    if child.name == STRANGER:
        return
    for n, day in enumerate(weekdays(child.entry, min(as_of, last))):
        if child.name == R.MEDICAL_PATTERN.value and n % 3 != 0:
            yield day, "absent_excused"
        if n % 3 != 0 or (child.name == R.RATIO_FELL.value and n > 24):
            continue
        late = child.name == ONLY_LATE
        mended = (child.name == R.CORRECTED.value and as_of > NIGHTS[CORRECTED]) or (
            child.name.startswith(EXCUSED_LATE) and as_of > NIGHTS[5]
        )
        yield (
            day,
            "partial_unexcused" if late else "absent_excused" if mended else "absent_unexcused",
        )


def set_aside(turn: int, as_of: date) -> list[Mapping[str, object]]:
    """The rows of the night that hold up a whole school until the next submission states the day anew."""
    schools = {5: ("0000002", R.UNKNOWN_CODE), 6: ("0000003", R.SCHOOL_DAY_OUTLIER)}
    if turn not in schools:
        return []
    code, reason = schools[turn]
    held = R.SCHOOL_HELD_UNKNOWN_CODE if turn == 5 else R.SCHOOL_HELD_OUTLIER
    row = {"table": "attendance", "file": "att.csv", "row": 9, "field": "code", "code": "Z"}
    about = {"local_id": held.value, "school_code": code, "date": as_of}
    return [row | about | {"reason": reason.value}]


def frames_of_year_before() -> dict[str, pd.DataFrame]:
    """One child of the spring before, who misses every third day and is invited then."""
    name, entry = R.COOLING_DOWN.value, date(2026, 3, 2)
    days = weekdays(entry, YEAR_BEFORE)
    frames = roster([name], entry=entry)
    dates = pd.to_datetime(weekdays(date(2026, 2, 2), date(2026, 5, 29)))
    calendar = pd.DataFrame({"school_code": "0000001", "date": dates, "instructional": True})
    missed = dict.fromkeys(days[::3], "absent_unexcused")
    return frames | {"calendar": calendar, "marks": marks({name: missed})}
