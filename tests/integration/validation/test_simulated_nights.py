"""Every dialect of the simulated county, and every fault on its menu, through connectors and validation alone."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pact_etl.connectors.registry import connector_for
from pact_etl.districts.loader import load_districts
from pact_etl.domain.attendance import ABSENT_ANY_REASON, TRUANCY_OCCASIONS
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.school_year import school_year_of
from pact_etl.simulator import FAULTS, Fault, simulate
from pact_etl.validation import Gates, Reference, Validated, looks_stale, validate_submission
from tests.policies import LIMITS
from tests.sources import file_sources, read_night

ROOT = Path(__file__).resolve().parents[3]
BY_DIALECT = {
    "aeries_csv": "twin-rivers-unified",
    "period_file": "elk-grove-unified",
    "template_csv": "galt-joint-union-high",
}
FIRST, LAST = date(2026, 11, 17), date(2026, 11, 18)

pytestmark = pytest.mark.integration

Districts = dict[str, object]


@pytest.fixture(scope="module")
def districts():
    known = load_districts(ROOT / "config")
    return {slug: known[slug] for slug in BY_DIALECT.values()}


def judged(drop: Path, district, as_of: date, reference: Reference | None = None) -> Validated:
    connector = connector_for(district, file_sources(drop))
    return validate_submission(
        district=district,
        as_of=as_of,
        year=school_year_of(as_of),
        tables=read_night(connector, district, as_of),
        reference=reference or Reference(),
        gates=Gates(),
        limits=LIMITS,
        suites=ROOT / "expectations",
    )


def known_after(first: Validated) -> Reference:
    return Reference(
        schools=first.schools,
        students=first.students,
        enrollments=first.enrollments,
        calendar=first.calendar,
    )


@pytest.fixture(scope="module")
def clean(districts, tmp_path_factory) -> tuple[Path, dict[str, Validated]]:
    drop = tmp_path_factory.mktemp("clean")
    simulate(drop, list(districts.values()), scale=0.01, seed=7, first=FIRST, last=LAST)
    return drop, {slug: judged(drop, d, FIRST) for slug, d in districts.items()}


@pytest.mark.parametrize("slug", BY_DIALECT.values(), ids=list(BY_DIALECT))
def test_a_clean_night_has_no_row_set_aside(clean, slug):
    validated = clean[1][slug]

    assert len(validated.quarantined) == 0
    assert validated.silent_schools == ()
    assert len(validated.marks)


def is_past_its_window(marks: pd.DataFrame, night: Validated) -> pd.Series:
    """Whether the school of a mark taught on three days since, by the calendar of the student's track."""
    calendar = night.calendar.fillna({"track": ""})
    taught = {(c.school_code, c.track, c.date): c.instructional for c in calendar.itertuples()}
    enrollments = night.enrollments.fillna({"track": ""})
    stays = {(e.local_id, e.school_code): e.track for e in enrollments.itertuples()}
    since = []
    for mark in marks.itertuples():
        school, track = mark.school_code, stays[mark.local_id, mark.school_code]
        days = pd.date_range(mark.date + pd.Timedelta(days=1), FIRST)
        common = {day: taught.get((school, "", day), False) for day in days}
        since.append(sum(taught.get((school, track, day), common[day]) for day in days))
    return pd.Series(since, index=marks.index) >= 3


@pytest.mark.parametrize("slug", BY_DIALECT.values(), ids=list(BY_DIALECT))
def test_the_marks_of_a_first_night_count_up_to_what_is_true(clean, slug):
    drop, nights = clean
    marks = nights[slug].marks.merge(nights[slug].students[["local_id", "birth_date"]])
    born, day = marks["birth_date"], marks["date"]
    before = (day.dt.month * 100 + day.dt.day) < (born.dt.month * 100 + born.dt.day)
    age = day.dt.year - born.dt.year - before.astype(int)
    cleared = marks[(age >= 6) & (age < 18) & is_past_its_window(marks, nights[slug])]
    counts = {
        "U": cleared[cleared["status"] == "absent_unexcused"],
        "occasions": cleared[cleared["status"].isin([s.value for s in TRUANCY_OCCASIONS])],
        "absent_days": marks[marks["status"].isin([s.value for s in ABSENT_ANY_REASON])],
    }
    truth = pd.read_csv(drop / "truth" / f"{FIRST}.csv", dtype={"local_id": str})
    truth = truth[truth["district"] == slug].set_index("local_id")

    for name, some in counts.items():
        ours = some.groupby("local_id").size().reindex(truth.index, fill_value=0)
        assert ours.tolist() == truth[name].tolist()


REFUSED = {
    "file_missing": "file_missing",
    "district_missing": "file_missing",
    "file_truncated": "file_truncated",
    "file_empty": "file_empty",
    "header_renamed": "header_changed",
    "ids_mangled": "ids_mangled",
    "wrong_encoding": "encoding_invalid",
}
SET_ASIDE = {
    "duplicate_rows": "duplicate_row",
    "unknown_code": "unknown_code",
    "attendance_not_entered": "school_day_outlier",
    "unknown_students": "unknown_student",
}


@pytest.fixture(scope="module")
def faulty(districts, tmp_path_factory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in made:
            drop = tmp_path_factory.mktemp(name)
            faults = [Fault(name=name, district=slug, night=LAST) for slug in districts]
            simulate(
                drop,
                list(districts.values()),
                scale=0.01,
                seed=7,
                first=FIRST,
                last=LAST,
                faults=faults,
            )
            made[name] = drop
        return made[name]

    return make


@pytest.mark.parametrize("name", REFUSED)
def test_a_fault_of_a_whole_file_refuses_the_night_of_every_dialect(faulty, districts, clean, name):
    drop = faulty(name)

    for slug, district in districts.items():
        with pytest.raises(SubmissionRefused) as refused:
            judged(drop, district, LAST, known_after(clean[1][slug]))
        assert refused.value.reason.value == REFUSED[name]
        assert refused.value.file


@pytest.mark.parametrize("name", SET_ASIDE)
def test_a_fault_of_rows_sets_exactly_those_rows_and_the_rest_of_their_days_aside(
    faulty, districts, clean, name
):
    drop = faulty(name)
    told = pd.read_json(drop / "faults.json").set_index("district")

    for slug, district in districts.items():
        validated = judged(drop, district, LAST, known_after(clean[1][slug]))

        aside = validated.quarantined
        is_struck = aside["reason"] != "day_incomplete"
        assert set(aside[is_struck]["reason"]) == {SET_ASIDE[name]}
        assert is_struck.sum() == told.loc[slug, "rows"]
        assert set(aside["table"]) == {"attendance"}
        day = aside["local_id"] + aside["school_code"] + aside["date"].astype(str)
        assert day[~is_struck].isin(day[is_struck]).all(), "no other day waits with a struck one"


def test_last_nights_files_again_look_stale(faulty, districts):
    drop = faulty("stale_file")

    for district in districts.values():
        connector = connector_for(district, file_sources(drop))
        tables = read_night(connector, district, LAST)
        attendance = next(t for t in tables if t.table == "attendance")
        assert looks_stale(attendance.frame, district, LAST)


def test_every_fault_on_the_menu_is_tried_here():
    assert set(FAULTS) == {*REFUSED, *SET_ASIDE, "stale_file"}
