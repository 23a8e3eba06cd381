from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from pact_etl.domain.district import District
from pact_etl.domain.errors import UsageError
from pact_etl.domain.school_year import school_year_of
from pact_etl.simulator import simulate
from pact_etl.simulator.calendars import day_index
from pact_etl.simulator.county import County, build_county
from pact_etl.simulator.drop import make_exporter
from pact_etl.simulator.truth import truth_on
from tests.unit.simulator.conftest import SEED, Written

YEAR = school_year_of(date(2026, 9, 1))
SCALE = 0.02


@pytest.fixture(scope="module")
def county(all_districts: Mapping[str, District]) -> County:
    return build_county(list(all_districts.values()), year=YEAR, scale=SCALE, seed=1)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_writes_the_same_bytes(written: Written, tmp_path: Path) -> None:
    districts = list(written.districts.values())
    first, last = written.first, date(2026, 9, 10)
    simulate(tmp_path, districts, scale=1, seed=SEED, first=first, last=last)
    again = files_below(tmp_path)
    clean = files_below(written.out)
    assert len(again) > 50
    assert all(clean[name] == content for name, content in again.items())


def test_the_county_does_not_depend_on_the_nights_written(written: Written, tmp_path: Path) -> None:
    districts = list(written.districts.values())
    first, last = date(2026, 9, 28), date(2026, 9, 29)
    simulate(tmp_path, districts, scale=1, seed=SEED, first=first, last=last)
    for night in (first, last):
        name = f"truth/{night}.csv"
        assert (tmp_path / name).read_bytes() == (written.out / name).read_bytes()
    later = tmp_path / str(last)
    assert files_below(later) == files_below(written.out / str(last))


def test_another_seed_is_another_county(tiny_districts: Mapping[str, District]) -> None:
    districts = list(tiny_districts.values())
    one, other = (build_county(districts, year=YEAR, scale=1, seed=seed) for seed in (1, 2))
    assert list(one.students.details["ssid"]) != list(other.students.details["ssid"])


def test_districts_keep_their_proportions(
    county: County, all_districts: Mapping[str, District]
) -> None:
    for number, (slug, district) in enumerate(all_districts.items()):
        students = int((county.students.district == number).sum())
        assert students == max(20, round(district.enrollment * SCALE)), slug


def test_schools_teach_the_grades_of_their_level(county: County) -> None:
    codes = [code for district in county.districts for code in district.schools.codes]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 7 for code in codes)
    for district in county.districts:
        spans = district.roster.spans
        grade = county.students.grade[district.roster.student[spans.record]]
        levels = np.array(district.schools.levels)[spans.school]
        assert set(levels[grade >= 10]) <= {"high"}
        assert set(levels[grade < 8]) <= {"elementary"}


def test_calendars_have_about_180_days_and_differ(county: County) -> None:
    calendars = [district.calendar for district in county.districts]
    for calendar in calendars:
        assert 178 <= int(calendar.taught[:, -1].max()) <= 180
        assert day_index(YEAR, date(2026, 8, 3)) <= calendar.nights[0]
        assert calendar.nights[0] <= day_index(YEAR, date(2026, 8, 17))
    assert len({tuple(calendar.nights) for calendar in calendars}) > 8


def test_absence_is_as_uneven_as_in_the_county(county: County) -> None:
    students = sum(len(district.roster) for district in county.districts)
    ever: set[tuple[str, str]] = set()
    for night in range(75, 330, 20):
        truth = truth_on(county, night)
        chronic = truth[truth["chronic_truant"] == 1]
        ever |= set(zip(chronic["district"], chronic["local_id"], strict=True))
    reached_three = (truth["U"] >= 3).sum() / students
    assert 0.30 < reached_three < 0.45
    assert 0.07 < len(ever) / students < 0.13


def test_a_guardian_in_two_districts_is_one_person_under_two_ids(county: County) -> None:
    seen: dict[int, set[tuple[str, str]]] = {}
    for district in county.districts:
        pairs = zip(district.contacts.adult, district.contacts.guardian_id, strict=True)
        for adult, guardian_id in pairs:
            seen.setdefault(int(adult), set()).add((district.settings.slug, guardian_id))
    shared = {adult: ids for adult, ids in seen.items() if len({slug for slug, _ in ids}) > 1}
    assert len(shared) > 30
    assert all(len(ids) == len({slug for slug, _ in ids}) for ids in seen.values())
    assert sum(len({number for _, number in ids}) > 1 for ids in shared.values()) > 30


def test_every_protected_situation_occurs(county: County) -> None:
    kinds = {"restrained": 0, "no rights": 0, "safe": 0, "moved": 0}
    for district in county.districts:
        guardians = make_exporter(county, district).roster.on("guardians", 300, -10_000).to_pylist()
        words = district.settings.values.get("has_rights", {"N": False})
        for row in guardians:
            kinds["restrained"] += row["restrained"] == "Y"
            kinds["no rights"] += words.get(row["has_rights"]) is False
            kinds["safe"] += row["safe_at_home"] != ""
            if row["safe_at_home"]:
                assert (row["street"], row["zip"]) == ("PO Box 1679", "95812-1679")
    kinds["moved"] = int((county.adults.moved_on < 365).sum())
    assert min(kinds.values()) > 1, kinds


def test_every_text_fits_the_district_that_writes_it(county: County) -> None:
    for district in county.districts:
        exporter = make_exporter(county, district)
        night = int(district.calendar.nights[40])
        for name, content in exporter.files(exporter.tables(night, is_full=True)).items():
            assert content.decode(district.settings.encoding), name


def test_marks_change_only_where_a_lost_night_cannot_hide_it(county: County) -> None:
    for district in county.districts:
        marks, nights = district.marks, district.calendar.nights
        changes = marks.first != marks.final
        after = np.searchsorted(nights, marks.changed_on[changes]) + 1
        night_after = nights[np.minimum(after, len(nights) - 1)]
        covered = district.settings.attendance.covers_days
        assert int((night_after - marks.day[changes]).max()) < covered
        assert changes.mean() > 0.1


@pytest.mark.parametrize(
    ("first", "last", "scale"),
    [
        (date(2026, 9, 2), date(2026, 9, 1), 1.0),
        (date(2027, 6, 1), date(2027, 7, 1), 1.0),
        (date(2026, 9, 1), date(2026, 9, 2), 0.0),
    ],
)
def test_a_request_without_sense_is_refused(
    first: date,
    last: date,
    scale: float,
    tiny_districts: Mapping[str, District],
    tmp_path: Path,
) -> None:
    districts = [replace(d, enrollment=20) for d in tiny_districts.values()]
    with pytest.raises(UsageError):
        simulate(tmp_path, districts, scale=scale, seed=1, first=first, last=last)
