"""The Ed-Fi connector against our fake ODS: full reads, deltas, and every fault the fake can show."""

import logging
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pact_etl.connectors.edfi.api import EdfiApi
from pact_etl.connectors.edfi.api_changes import PROGRAMS
from pact_etl.connectors.edfi.api_manifest import read_manifest
from pact_etl.connectors.http_source import Patience
from pact_etl.connectors.protocol import Pull
from pact_etl.domain.attendance import Status
from pact_etl.domain.district import (
    AttendanceLayout,
    CodeMapping,
    District,
    DistrictStatus,
    Form,
    Office,
)
from pact_etl.domain.errors import Permanent, Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.simulator.servers.edfi_server import EdfiServer
from tests.integration.connectors.edfi_world import (
    AGENCY,
    DAYS,
    NIGHTS,
    YEAR_START,
    small_world,
)

pytestmark = pytest.mark.integration

EVENTS = "studentSchoolAttendanceEvents"
QUICK = Patience(connect=2, read=2, whole=5, tries=4, throttled=10, first_wait=0.01, longest_wait=1)
WHOLE_YEAR = (YEAR_START, NIGHTS[1])


def district_at(url, **options):
    standard = {"page_size": 7, "delta_students_percent": 100, "delta_days": 1000}
    return District(
        slug="test-unified",
        name="Test Unified",
        cd_code="3467000",
        level="unified",
        status=DistrictStatus.TESTING,
        sis="Ed-Fi",
        enrollment=12,
        office=Office(name="Office", phone="(916) 555-0199", email="office@test.example"),
        dialect="edfi_api",
        connector="edfi_api",
        path=".",
        exit_day="inclusive",
        date_format="%Y-%m-%d",
        attendance=AttendanceLayout(form=Form.DAILY, covers_days=3),
        files={},
        codes=[
            CodeMapping(
                code="Unexcused Absence", status=Status.ABSENT_UNEXCUSED, from_=date(2020, 7, 1)
            )
        ],
        url=url,
        options=standard | options,
    )


@pytest.fixture
def connector():
    return EdfiApi(lambda slug: {"key": "k", "secret": "s"}, patience=QUICK)


@pytest.fixture
def server():
    with EdfiServer(agency=AGENCY, key="k", secret="s", most_rows=500) as running:
        running.load(small_world().tables(), WHOLE_YEAR)
        yield running


def asked(night, since=None):
    return Pull(as_of=night, year_start=YEAR_START, since=since)


def sets_of(parsed):
    return {
        t.table: set(t.frame.drop(columns="row").itertuples(index=False, name=None))
        for t in parsed.tables
    }


def read_whole(connector, server, **options):
    district = district_at(server.url, **options)
    pulled = connector.fetch(district, asked(NIGHTS[0]))
    return pulled, connector.parse(district, pulled.files)


def said(world):
    return {
        name: set(frame.drop(columns="row").itertuples(index=False, name=None))
        for name, frame in world.tables().items()
    }


def recorded(before, parsed):
    """What the record holds after a submission: what its scope states is replaced, the rest stays."""
    scope, now = parsed.scope, sets_of(parsed)
    first, last = (day.isoformat() for day in scope.window)
    spans = {}
    for span in scope.student_days:
        spans.setdefault(span.local_id, []).append((span.first.isoformat(), span.last.isoformat()))

    def is_stated(mark):
        local_id, _, day = mark[:3]
        if first <= day <= last:
            return True
        return any(start <= day <= end for start, end in spans.get(local_id, []))

    after = {"attendance": {m for m in before["attendance"] if not is_stated(m)}}
    for table in ("enrollments", "guardians"):
        after[table] = {
            row for row in before[table] if not (scope.whole_roster or row[0] in scope.rosters_of)
        }
    return {table: rows | now[table] for table, rows in after.items()}


def test_a_full_read_says_everything_and_that_it_does(connector, server):
    pulled, parsed = read_whole(connector, server)

    assert sets_of(parsed) == said(small_world())
    assert parsed.scope.window == (YEAR_START, NIGHTS[0])
    assert parsed.scope.whole_roster
    manifest = read_manifest(pulled.files)
    assert manifest.mode == "full"
    assert {c.total == c.received for c in manifest.resources.values()} == {True}


def test_an_ods_without_programs_leaves_open_what_they_alone_could_deny(connector, server):
    world = small_world()
    world.students["1001"] |= {"unaccompanied": "Y", "homeless": "Y", "support_pending": "Y"}
    world.students["1002"]["homeless"] = "Y"
    server.load(world.tables(), WHOLE_YEAR)
    whole = read_whole(connector, server)[1]
    server.faults.forbidden = set(PROGRAMS)

    without = read_whole(connector, server)[1]
    unasked = read_whole(connector, server, programs="no")[1]

    flags = ["homeless", "unaccompanied", "support_pending"]
    assert cells(whole, flags)["1003"] == ("N", "N", "N")
    assert cells(without, flags) == dict.fromkeys(world.students, ("", "", "")) | {
        "1001": ("Y", "", ""),
        "1002": ("Y", "", ""),
    }
    assert cells(unasked, flags)["1003"] == ("N", "N", "")


def cells(parsed, columns):
    frame = next(t.frame for t in parsed.tables if t.table == "students").set_index("local_id")
    return dict(zip(frame.index, frame[columns].itertuples(index=False, name=None), strict=True))


def test_the_same_state_gives_the_same_bytes(connector, server):
    one, _ = read_whole(connector, server)
    other, _ = read_whole(connector, server)

    assert [(f.name, f.content) for f in one.files] == [(f.name, f.content) for f in other.files]


def test_a_night_without_changes_reads_the_look_back_alone(connector, server):
    first, _ = read_whole(connector, server)
    district = district_at(server.url)

    second = connector.fetch(district, asked(NIGHTS[1], first.cursor))

    parsed = connector.parse(district, second.files)
    assert parsed.scope.window == (date(2025, 9, 30), date(2025, 10, 2))
    assert parsed.scope.rosters_of == frozenset()
    assert len(sets_of(parsed)["students"]) == 0
    assert {m[2] for m in sets_of(parsed)["attendance"]} == {"2025-09-30", "2025-10-01"}


student_ids = st.integers(1001, 1012).map(str)
changes = st.one_of(
    st.tuples(
        st.just("mark"),
        student_ids,
        st.sampled_from(DAYS),
        st.sampled_from(["", "Unexcused Absence", "Excused Absence", "Tardy", "Tardy:0.5"]),
    ),
    st.tuples(st.just("rename"), student_ids, st.integers(1013, 1016).map(str)),
    st.tuples(st.just("drop"), student_ids),
    st.tuples(st.just("add"), st.integers(1013, 1016).map(str), st.integers(500, 508).map(str)),
    st.tuples(st.just("move"), st.integers(500, 506).map(str), st.sampled_from(["95815", "95816"])),
    st.tuples(st.just("exit"), student_ids),
    st.tuples(st.just("language"), student_ids, st.sampled_from(["hmn", "rus"])),
    st.tuples(st.just("unlink"), student_ids),
    st.tuples(
        st.just("careful"),
        student_ids,
        st.sampled_from(["unaccompanied", "deceased", "support_pending", "foster"]),
    ),
)


def happen(world, change):
    kind, who, *more = change
    if kind == "mark" and who in world.students:
        world.mark(who, *more)
    elif kind == "rename":
        world.rename(who, more[0])
    elif kind == "drop":
        world.drop_student(who)
    elif kind == "add" and who not in world.students:
        world.add_student(who, more[0])
    elif kind == "careful":
        world.turn(who, more[0])
    elif kind == "move" and who in world.adults:
        world.adults[who]["zip"] = more[0]
    elif kind == "exit" and who in world.entries:
        world.entries[who]["exit_date"] = "2025-09-20"
    elif kind == "language" and who in world.students:
        world.students[who]["home_language"] = more[0]
    elif kind == "unlink":
        world.links = {k: v for k, v in world.links.items() if k[0] != who}


FEW = 4  # changes that can never touch as many students as are left of twelve


@settings(max_examples=20, deadline=None)
@example([("drop", str(1001 + n)) for n in range(7)], False, True)
@given(st.lists(changes, max_size=12), st.booleans(), st.booleans())
def test_a_full_read_and_a_delta_say_what_a_full_read_says(happened, is_old, has_cursor):
    connector = EdfiApi(lambda slug: {"key": "k", "secret": "s"}, patience=QUICK)
    world = small_world()
    with EdfiServer(agency=AGENCY, key="k", secret="s", is_old=is_old) as server:
        server.faults.has_cursor = has_cursor
        server.load(world.tables(), WHOLE_YEAR)
        first, parsed = read_whole(connector, server)
        before = sets_of(parsed)
        for change in happened:
            happen(world, change)
        server.load(world.tables(), WHOLE_YEAR)
        district = district_at(server.url)

        second = connector.fetch(district, asked(NIGHTS[1], first.cursor))
        whole = connector.fetch(district, asked(NIGHTS[1]))

    mode = read_manifest(second.files).mode
    if len(happened) < FEW:
        assert mode == "delta"
    if mode == "full":  # more students were touched than are left: it says all there is
        assert sets_of(connector.parse(district, second.files)) == sets_of(
            connector.parse(district, whole.files)
        )
        return
    by_delta = recorded(before, connector.parse(district, second.files))
    by_full = sets_of(connector.parse(district, whole.files))
    for table, rows in by_delta.items():
        assert rows == by_full[table], table
    named = {row[0] for row in sets_of(connector.parse(district, second.files))["students"]}
    changed = by_full["students"] - before["students"]
    assert {row[0] for row in changed} <= named


@pytest.mark.parametrize("has_cursor", [True, False])
@pytest.mark.parametrize(
    "fault",
    [
        {"token_lives": 3},
        {"throttle_every": 5},
        {"throttle_every": 5, "retry_after": "Wed, 01 Jan 2020 00:00:00 GMT"},
        {"fail_every": 4},
        {"break_every": 6},
        {"slow": 0.01},
    ],
    ids=lambda fault: "-".join(fault),
)
def test_a_source_that_stumbles_is_read_to_the_end(connector, server, fault, has_cursor):
    server.faults.has_cursor = has_cursor
    for name, value in fault.items():
        setattr(server.faults, name, value)

    _, parsed = read_whole(connector, server)

    assert sets_of(parsed) == said(small_world())


@pytest.mark.parametrize("has_cursor", [True, False])
def test_rows_that_are_written_to_and_deleted_while_they_are_read_lose_no_other_row(
    connector, server, has_cursor
):
    server.faults.has_cursor = has_cursor
    rows = server.state.resources[EVENTS].rows
    keys = sorted(rows, key=lambda key: rows[key].number)
    gone = keys[:12:3]
    left = list(gone)

    def move(turn):
        with server.lock:
            if left:
                server.state.delete(EVENTS, left.pop())
            if turn < 60:
                server.state.touch(EVENTS, keys[1 + 3 * (turn % 4)])

    server.faults.on_page = move
    pulled, parsed = read_whole(connector, server)

    found = {row[:3] for row in sets_of(parsed)["attendance"]}
    stayed = {key[:3] for key in keys if key not in gone}
    assert stayed <= found
    # Who was deleted meanwhile may still be there; the next night's list of deletes names them.
    server.faults.on_page = None
    district = district_at(server.url)
    second = connector.fetch(district, asked(NIGHTS[1], pulled.cursor))
    after = recorded(sets_of(parsed), connector.parse(district, second.files))
    assert {row[:3] for row in after["attendance"]} == stayed


@pytest.mark.parametrize("has_cursor", [True, False])
def test_a_deletion_between_any_two_pages_hides_no_row_behind_it(connector, server, has_cursor):
    server.faults.has_cursor = has_cursor
    rows, answer = server.state.resources[EVENTS].rows, server.answer
    before = len(rows)

    def answered(name, query):
        found = answer(name, query)
        if name == EVENTS and query.get("limit") != "0" and len(rows) > before // 2:
            with server.lock:
                server.state.delete(EVENTS, min(rows, key=lambda key: rows[key].number))
        return found

    server.answer = answered
    _, parsed = read_whole(connector, server)

    assert len(rows) <= before - 10
    assert {key[:3] for key in rows} <= {row[:3] for row in sets_of(parsed)["attendance"]}


def test_a_source_that_never_comes_to_rest_is_tried_again_another_time(connector, server):
    key = next(iter(server.state.resources[EVENTS].rows))

    def move(turn):
        with server.lock:
            server.state.touch(EVENTS, key)

    server.faults.on_page = move

    with pytest.raises(Retryable):
        read_whole(connector, server)


def refusal_of(connector, server, **options):
    with pytest.raises(SubmissionRefused) as refused:
        read_whole(connector, server, **options)
    return refused.value


@pytest.mark.parametrize("has_cursor", [True, False])
@pytest.mark.parametrize("off", [1, -1])
def test_totals_that_differ_after_a_second_try_refuse_the_night(connector, server, off, has_cursor):
    server.faults.has_cursor = has_cursor
    server.faults.total_off = off

    assert refusal_of(connector, server).reason is Reason.TOTALS_DIFFER


@pytest.mark.parametrize("has_cursor", [True, False])
def test_a_page_that_repeats_refuses_the_night(connector, server, has_cursor):
    server.faults.has_cursor = has_cursor
    server.faults.repeats = EVENTS

    refused = refusal_of(connector, server)

    assert (refused.reason, refused.file) == (Reason.FILE_MALFORMED, EVENTS)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'[{"id": "1"', Reason.FILE_MALFORMED),
        (b"[" * 100_000, Reason.FILE_MALFORMED),
        (b'{"id": ' + b"[" * 200 + b"]" * 200 + b"}", Reason.FILE_MALFORMED),
        (b"", Reason.FILE_EMPTY),
        (b"[\xff]", Reason.ENCODING_INVALID),
        (b'[{"id": "\\ud800"}]', Reason.ENCODING_INVALID),
        (b'["text"]', Reason.FILE_MALFORMED),
        (b'[{"id": ["1"]}]', Reason.FILE_MALFORMED),
        (b'[{"name": "no id"}]', Reason.FILE_MALFORMED),
        (b"<html>down for maintenance</html>", Reason.FILE_MALFORMED),
    ],
)
def test_an_answer_that_is_no_page_refuses_the_night_with_its_reason(
    connector, server, body, reason
):
    server.faults.has_cursor = False
    server.faults.bodies["localEducationAgencies"] = body

    refused = refusal_of(connector, server)

    # Nothing but the first resource is read before the district is proven; there the total is missing as well.
    assert refused.reason in {reason, Reason.TOTALS_DIFFER}
    server.faults.bodies = {}
    server.faults.bodies[EVENTS + "/partitions"] = body
    server.faults.has_cursor = True
    assert refusal_of(connector, server).reason in {reason}


def test_a_source_that_is_down_is_retryable_and_one_that_says_no_is_permanent(connector, server):
    server.faults.fail_every = 1
    with pytest.raises(Retryable):
        read_whole(connector, server)
    server.faults.fail_every = 0
    server.faults.forbidden = {EVENTS}
    with pytest.raises(Permanent):
        read_whole(connector, server)
    server.faults.forbidden = set()
    server.faults.throttle_every, server.faults.retry_after = 1, "3600"
    with pytest.raises(Retryable, match="told to wait"):
        read_whole(connector, server)


def test_a_wrong_secret_is_permanent_and_a_missing_one_is_a_setting(server):
    with pytest.raises(Permanent):
        read_whole(EdfiApi(lambda slug: {"key": "k", "secret": "x"}, patience=QUICK), server)
    with pytest.raises(SettingsError):
        read_whole(EdfiApi(lambda slug: {}, patience=QUICK), server)


def test_a_credential_of_another_district_is_found_out_before_anything_is_read(connector, server):
    district = replace(district_at(server.url), cd_code="3467314")

    with pytest.raises(SubmissionRefused) as refused:
        connector.fetch(district, asked(NIGHTS[0]))

    assert refused.value.reason is Reason.WRONG_DISTRICT
    assert server.requests.count == 1


def test_an_agency_may_have_an_id_of_its_own(connector, server):
    district = replace(district_at(server.url, agency_id=AGENCY), cd_code="3467314")

    assert connector.fetch(district, asked(NIGHTS[0])).cursor is not None


@pytest.mark.parametrize("knob", ["has_delete_keys", "has_versions"])
def test_an_older_ods_is_read_whole_every_night(connector, server, knob):
    first, _ = read_whole(connector, server)
    world = small_world()
    world.drop_student("1003")
    server.load(world.tables(), WHOLE_YEAR)
    setattr(server.faults, knob, False)
    district = district_at(server.url)

    second = connector.fetch(district, asked(NIGHTS[1], first.cursor))

    assert read_manifest(second.files).mode == "full"
    assert sets_of(connector.parse(district, second.files)) == said(world)


@pytest.mark.parametrize(
    "options", [{"delta_students_percent": 0}, {"delta_days": 0}], ids=["students", "days"]
)
def test_beyond_a_bound_everything_is_read(connector, server, options):
    first, _ = read_whole(connector, server)
    world = small_world()
    world.students["1003"]["home_language"] = "hmn"
    world.marks["1003", DAYS[0]] = "Tardy"
    server.load(world.tables(), WHOLE_YEAR)

    second = connector.fetch(district_at(server.url, **options), asked(NIGHTS[1], first.cursor))

    assert read_manifest(second.files).mode == "full"


@pytest.mark.parametrize(
    "cursor",
    [
        {"change_version": 10**9, "year_start": YEAR_START.isoformat()},
        {"change_version": 1, "year_start": "2024-08-01"},
        {"change_version": "1", "year_start": YEAR_START.isoformat()},
        {},
    ],
)
def test_a_cursor_the_source_does_not_know_reads_everything(connector, server, cursor):
    pulled = connector.fetch(district_at(server.url), asked(NIGHTS[1], cursor))

    assert read_manifest(pulled.files).mode == "full"


def test_no_student_is_named_in_logs_and_errors(connector, server, caplog):
    canary = "470014711470"
    caplog.set_level(logging.DEBUG)
    first, _ = read_whole(connector, server)
    world = small_world()
    world.add_student(canary, "500")
    world.marks[canary, DAYS[0]] = "Tardy"
    server.load(world.tables(), WHOLE_YEAR)
    asked_paths = []
    server.faults.on_page = asked_paths.append

    district = district_at(server.url)
    connector.fetch(district, asked(NIGHTS[1], first.cursor))
    # The resources that are asked for by student alone fail: the error must not say for whom.
    server.faults.on_page = None
    server.faults.bodies["studentSchoolAssociations"] = f"[{canary}".encode()
    with pytest.raises(SubmissionRefused) as refused:
        connector.fetch(district, asked(NIGHTS[1], first.cursor))

    assert asked_paths
    assert caplog.records
    assert not [r for r in caplog.records if canary in f"{r.getMessage()} {vars(r)}"]
    assert canary not in str(refused.value)
