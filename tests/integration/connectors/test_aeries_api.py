"""The Aeries connector against our own Aeries on this machine."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pact_etl.connectors.aeries.codes import suggested_codes
from pact_etl.connectors.aeries.connector import AeriesApi
from pact_etl.connectors.canonical import COLUMNS
from pact_etl.connectors.http_source import Patience
from pact_etl.connectors.protocol import Cursor, Parsed, Pulled
from pact_etl.domain.attendance import Status
from pact_etl.domain.errors import Permanent, Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import StudentSpan
from pact_etl.simulator.servers.aeries_server import AeriesServer, AeriesTrouble
from tests.integration.connectors.aeries_tables import (
    CD_CODE,
    CERTIFICATE,
    ENTERED,
    NIGHT,
    PERIOD_SCHOOL,
    YEAR_START,
    Record,
    make_district,
    small_district,
)
from tests.sources import pull

pytestmark = pytest.mark.integration

WHOLE_YEAR = (YEAR_START, NIGHT)
QUICK = Patience(connect=2, read=0.5, whole=2, tries=3, first_wait=0.01, longest_wait=0.5)


@pytest.fixture
def aeries() -> Iterator[AeriesServer]:
    with AeriesServer(certificate=CERTIFICATE, cd_code=CD_CODE, year=2026) as server:
        yield server


def connector(certificate: str = CERTIFICATE) -> AeriesApi:
    return AeriesApi(lambda slug: {"certificate": certificate}, patience=QUICK)


def read(
    server: AeriesServer,
    folder: Path,
    since: Cursor | None = None,
    as_of: date = NIGHT,
    **options: str | int,
) -> tuple[Pulled, Parsed]:
    district = make_district(folder, server.url, **options)
    source = connector()
    pulled = source.fetch(district, pull(as_of, since))
    return pulled, source.parse(district, pulled.files)


def texts(frames: dict[str, pd.DataFrame]) -> dict[str, list[tuple[str, ...]]]:
    return {
        table: sorted(frame[list(COLUMNS[table])].itertuples(index=False, name=None))
        for table, frame in frames.items()
    }


def of(parsed: Parsed) -> dict[str, pd.DataFrame]:
    return {table.table: table.frame for table in parsed.tables}


def test_what_a_district_entered_comes_out_of_a_full_read_again(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    tables = small_district(1).tables()
    aeries.load(tables, WHOLE_YEAR, ENTERED)

    _, parsed = read(aeries, tmp_path)

    assert texts(of(parsed)) == texts(tables)
    assert parsed.scope.window == WHOLE_YEAR
    assert parsed.scope.whole_roster


def test_a_student_of_a_period_school_has_a_row_for_every_period_with_a_code(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    tables = small_district(2, marks=300).tables()
    aeries.load(tables, WHOLE_YEAR, ENTERED)

    frames = of(read(aeries, tmp_path)[1])

    by_school = frames["attendance"].groupby("school_code")["period"].agg(set)
    assert by_school[PERIOD_SCHOOL] == set("123456")
    assert by_school["1"] == {""}
    assert frames["schools"].set_index("school_code")["periods_per_day"].to_dict() == {
        "1": "1",
        "2": "1",
        PERIOD_SCHOOL: "6",
    }


@pytest.mark.parametrize("seed", range(8))
def test_nights_of_changes_add_up_to_a_full_read(
    aeries: AeriesServer, tmp_path: Path, seed: int
) -> None:
    district = small_district(seed)
    record, cursor = Record(), None
    modes = []
    for night in range(5):
        entered = ENTERED + timedelta(days=night)
        look_back = (entered.date() - timedelta(days=44)).isoformat()
        for _ in range(6 if night else 0):
            district.change(since=look_back)
        aeries.load(district.tables(), WHOLE_YEAR, entered)
        pulled, parsed = read(aeries, tmp_path, cursor, as_of=entered.date(), delta_students=40)
        record.apply(parsed)
        cursor = pulled.cursor
        modes.append(parsed.scope.whole_roster)
    whole = Record()
    whole.apply(read(aeries, tmp_path, as_of=entered.date())[1])

    assert record.frames() == whole.frames()
    assert modes == [True, False, False, False, False]


def test_a_delta_reads_changed_students_alone_and_their_whole_year(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    district = small_district(3)
    aeries.load(district.tables(), WHOLE_YEAR, ENTERED)
    cursor = read(aeries, tmp_path)[0].cursor
    changed = min(district.students)
    district.students[changed]["last_name"] = "Vang-Lee"
    aeries.load(district.tables(), WHOLE_YEAR, ENTERED + timedelta(days=1))
    aeries.calls.clear()

    scope = read(aeries, tmp_path, cursor)[1].scope

    assert scope.rosters_of == {changed}
    assert scope.student_days == (StudentSpan(changed, YEAR_START, NIGHT),)
    assert scope.window == (NIGHT - timedelta(days=44), NIGHT)
    assert not scope.whole_roster
    assert aeries.calls["schools/#/students"] == 0
    assert aeries.calls["schools/#/attendance"] == 3


def test_a_mark_cleared_before_the_look_back_shows_in_a_full_read_or_when_the_year_is_read(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    district = small_district(4)
    student, span = next(iter(district.enrollments.items()))
    old = (student[0], span["school_code"], "2026-08-11", "1" if student[1] == "3" else "")
    district.attendance[old] = "U"
    aeries.load(district.tables(), WHOLE_YEAR, ENTERED)
    first, parsed = read(aeries, tmp_path)
    look_back, year = Record(), Record()
    look_back.apply(parsed)
    year.apply(parsed)
    district.attendance[old] = "I"
    aeries.load(district.tables(), WHOLE_YEAR, ENTERED + timedelta(days=1))

    look_back.apply(read(aeries, tmp_path, first.cursor)[1])
    year.apply(read(aeries, tmp_path, first.cursor, attendance="year")[1])

    assert (*old, "U") in look_back.rows["attendance"]
    assert (*old, "I") in year.rows["attendance"]
    assert (*old, "U") not in year.rows["attendance"]


def test_too_many_changes_and_a_cursor_of_last_year_end_in_a_full_read(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    aeries.load(small_district(5).tables(), WHOLE_YEAR, ENTERED)
    since = {"changed_since": "2026-11-20T00:00"}

    assert read(aeries, tmp_path, since, delta_students=3)[1].scope.whole_roster
    assert read(aeries, tmp_path, {"changed_since": "2026-06-30T00:00"})[1].scope.whole_roster
    assert read(aeries, tmp_path, {"changed_since": "soon"})[1].scope.whole_roster
    assert not read(aeries, tmp_path, since, delta_students=12)[1].scope.whole_roster


def test_the_cursor_is_the_clock_of_the_source_less_the_overlap(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    aeries.load(small_district(6).tables(), WHOLE_YEAR, ENTERED)

    pulled, _ = read(aeries, tmp_path, overlap_minutes=30)

    assert pulled.cursor == {"changed_since": "2026-11-20T21:00"}


def test_a_source_of_another_district_is_refused_before_a_student_is_read(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    aeries.load(small_district(7).tables(), WHOLE_YEAR, ENTERED)
    other = make_district(tmp_path, aeries.url, cd_code="3467447")

    with pytest.raises(SubmissionRefused) as refused:
        connector().fetch(other, pull(NIGHT))

    assert refused.value.reason is Reason.WRONG_DISTRICT
    assert set(aeries.calls) == {"systeminfo", "schools"}


def test_a_source_that_answers_for_another_year_is_refused(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    aeries.load(small_district(8).tables(), WHOLE_YEAR, ENTERED)

    with pytest.raises(SubmissionRefused) as refused:
        read(aeries, tmp_path, as_of=date(2027, 8, 20))

    assert refused.value.reason is Reason.OUTSIDE_SCHOOL_YEAR


def test_a_wrong_certificate_is_permanent_and_a_missing_one_a_matter_of_settings(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    aeries.load(small_district(9).tables(), WHOLE_YEAR, ENTERED)
    district = make_district(tmp_path, aeries.url)

    with pytest.raises(Permanent, match="401"):
        connector("f" * 32).fetch(district, pull(NIGHT))
    with pytest.raises(SettingsError, match="certificate"):
        AeriesApi(lambda slug: {}).fetch(district, pull(NIGHT))


@pytest.mark.parametrize(
    "trouble",
    [
        AeriesTrouble(on="contacts", status=429, headers={"Retry-After": "0"}),
        AeriesTrouble(on="attendance", status=500),
        AeriesTrouble(on="students", status=503, headers={"Retry-After": "0"}),
        AeriesTrouble(on="calendar", hang_up=True),
        AeriesTrouble(on="enrollment", delay_seconds=0.8, hang_up=True),
    ],
    ids=["429", "500", "503", "hang up", "slow"],
)
def test_trouble_that_passes_leaves_no_trace(
    aeries: AeriesServer, tmp_path: Path, trouble: AeriesTrouble
) -> None:
    tables = small_district(10).tables()
    aeries.load(tables, WHOLE_YEAR, ENTERED)
    aeries.expect(trouble, times=2)

    assert texts(of(read(aeries, tmp_path)[1])) == texts(tables)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (AeriesTrouble(on="contacts", status=500), Retryable),
        (AeriesTrouble(on="contacts", status=429, headers={"Retry-After": "3600"}), Retryable),
        (AeriesTrouble(on="attendance", hang_up=True), Retryable),
        (AeriesTrouble(on="schools/2/students", status=404), Permanent),
        (AeriesTrouble(on="calendar", status=403), Permanent),
    ],
    ids=["500", "429 for an hour", "hang up", "a school that is not there", "403"],
)
def test_trouble_that_stays_ends_the_night_of_this_district(
    aeries: AeriesServer, tmp_path: Path, trouble: AeriesTrouble, error: type[Exception]
) -> None:
    aeries.load(small_district(11).tables(), WHOLE_YEAR, ENTERED)
    aeries.expect(trouble, times=None)

    with pytest.raises(error) as raised:
        read(aeries, tmp_path)

    assert not any(student in str(raised.value) for student in small_district(11).students)
    assert CERTIFICATE not in str(raised.value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.FILE_EMPTY),
        (b'[{"StudentID": 101', Reason.FILE_MALFORMED),
        (b"<html>", Reason.FILE_MALFORMED),
        (b"[1, 2]", Reason.FILE_MALFORMED),
        (b"[" * 100_000, Reason.FILE_MALFORMED),
        (b'[{"StudentID": "\xff"}]', Reason.ENCODING_INVALID),
        (b'[{"CalendarDate": "2026-08-10T00:00:00", "SchoolCode": 99}]', Reason.FILE_MALFORMED),
    ],
    ids=["nothing", "torn", "a page", "numbers", "deep", "no UTF-8", "another school"],
)
def test_an_answer_that_is_none_has_a_reason(
    aeries: AeriesServer, tmp_path: Path, body: bytes, reason: Reason
) -> None:
    aeries.load(small_district(12).tables(), WHOLE_YEAR, ENTERED)
    aeries.expect(AeriesTrouble(on="schools/2/calendar", body=body))

    with pytest.raises(SubmissionRefused) as refused:
        read(aeries, tmp_path)

    assert refused.value.reason is reason
    assert refused.value.file == "calendar.json-seq"


@pytest.mark.parametrize("resource", ["students", "enrollment"])
def test_an_empty_list_that_another_list_contradicts_is_asked_for_again_and_then_refused(
    aeries: AeriesServer, tmp_path: Path, resource: str
) -> None:
    tables = small_district(18, marks=400).tables()
    aeries.load(tables, WHOLE_YEAR, ENTERED)
    empty = AeriesTrouble(on=f"schools/1/{resource}", body=b"[]")
    aeries.expect(empty, times=2 if resource == "students" else 1)

    assert texts(of(read(aeries, tmp_path)[1])) == texts(tables)

    aeries.expect(empty, times=None)
    with pytest.raises(SubmissionRefused) as refused:
        read(aeries, tmp_path)
    assert refused.value.reason is Reason.TOTALS_DIFFER


def test_attendance_that_repeats_for_another_school_is_refused(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    aeries.load(small_district(13, marks=400).tables(), WHOLE_YEAR, ENTERED)
    days = b",".join(
        b'{"CalendarDate":"2026-09-0%dT00:00:00","AllDayAttendanceCode":"U","Classes":[]}' % n
        for n in range(1, 5)
    )
    body = b"[" + b",".join(b'{"StudentID":%d,"AttendanceDays":[%b]}' % (n, days) for n in range(9))
    aeries.expect(AeriesTrouble(on="attendance", body=body + b"]"), times=None)

    with pytest.raises(SubmissionRefused, match="a page repeats"):
        read(aeries, tmp_path)


def test_schools_that_are_inactive_or_not_reported_are_left_out_unless_asked_for(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    tables = small_district(14, students=30).tables()
    tables["schools"]["inactive"] = ["", "I", ""]
    tables["schools"]["do_not_report"] = ["", "", "true"]
    aeries.load(tables, WHOLE_YEAR, ENTERED)

    usual = of(read(aeries, tmp_path)[1])
    asked = of(read(aeries, tmp_path, inactive_schools="yes", unreported_schools="yes")[1])

    assert set(usual["schools"]["school_code"]) == {"1"}
    assert set(usual["enrollments"]["school_code"]) == {"1"}
    assert texts(asked) == texts(tables)


def test_the_days_that_a_track_states_of_itself_are_read_with_the_students_tracks(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    tables = small_district(15).tables()
    off = {"school_code": "2", "track": "A", "date": "2026-10-05", "instructional": "false"}
    on = {"school_code": "2", "track": "B", "date": "2026-11-11", "instructional": "true"}
    tables["calendar"] = pd.concat([tables["calendar"], pd.DataFrame([off, on])])
    places = range(len(tables["enrollments"]))
    tables["enrollments"]["track"] = ["AB"[n % 2] for n in places]
    aeries.load(tables, WHOLE_YEAR, ENTERED)

    _, parsed = read(aeries, tmp_path)

    assert texts(of(parsed))["calendar"] == texts(tables)["calendar"]
    assert texts(of(parsed))["enrollments"] == texts(tables)["enrollments"]


def test_absence_codes_are_kept_with_a_proposal_for_a_person(
    aeries: AeriesServer, tmp_path: Path
) -> None:
    aeries.load(small_district(16).tables(), WHOLE_YEAR, ENTERED)
    pulled, _ = read(aeries, tmp_path)

    found = {code.code: code for code in suggested_codes(pulled.files)}

    assert found["A"].proposal is Status.ABSENT_UNVERIFIED
    assert found["U"].proposal is Status.ABSENT_UNEXCUSED
    assert found["I"].proposal is Status.ABSENT_EXCUSED
    assert found["T"].proposal is Status.TARDY
    assert found["V"].proposal is Status.PARTIAL_UNEXCUSED
    assert found["S"].proposal is Status.SUSPENDED_OUT
    assert found["H"].proposal is Status.SUSPENDED_IN
    assert found["N"].proposal is None
    assert {code.schools for code in found.values()} == {3}


def test_kept_files_say_the_same_without_the_source(aeries: AeriesServer, tmp_path: Path) -> None:
    aeries.load(small_district(17).tables(), WHOLE_YEAR, ENTERED)
    pulled, parsed = read(aeries, tmp_path)
    district = make_district(tmp_path, "https://gone.example")

    again = connector().parse(district, list(reversed(pulled.files)))

    assert texts(of(again)) == texts(of(parsed))
    assert [f.name for f in pulled.files if not f.name.endswith(".json-seq")] == ["pull.json"]
