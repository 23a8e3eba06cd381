"""OneRoster of both versions: what comes out as canonical rows, what is set aside, and what is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from pact_etl.connectors.oneroster.connector import OneRoster
from pact_etl.connectors.protocol import Parsed
from pact_etl.districts.loader import load_district
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.school_year import school_year_of
from pact_etl.domain.scope import Scope
from pact_etl.settings import ROOT
from pact_etl.validation import Gates, Reference, Validated, validate_submission
from tests.oneroster_files import (
    ELM,
    OAK,
    P1,
    P2,
    S1,
    S2,
    V11,
    V12,
    YEAR,
    D,
    Row,
    beside,
    class_,
    csv_of,
    guid,
    oneroster,
    put,
    raw,
    records,
    role,
    seat,
    user,
    zipped,
)
from tests.policies import LIMITS
from tests.sources import pull

NIGHT = date(2026, 11, 20)
AT = {S1: "3400001", S2: "3400002"}
BOTH = pytest.mark.parametrize("version", [V11, V12])
Tables = dict[str, list[Row]]


@pytest.fixture
def district(tmp_path: Path) -> Callable[..., District]:
    def make(**own: Any) -> District:
        office = {"name": "", "phone": "", "email": ""}
        identity = {
            "slug": "test-unified",
            "name": "Test Unified",
            "cd_code": "3467000",
            "level": "unified",
        }
        identity |= {"status": "testing", "sis": "Invented", "dialect": "oneroster"}
        path = tmp_path / "test-unified.yaml"
        path.write_text(yaml.safe_dump(identity | {"enrollment": 2, "office": office} | own))
        return load_district(path, ROOT / "config" / "dialects")

    return make


def parse(
    district: District,
    version: str,
    tables: Mapping[str, Sequence[Row]],
    modes: Mapping[str, str] | None = None,
    more: Mapping[str, bytes] | None = None,
) -> Parsed:
    files = {"oneroster.zip": zipped(oneroster(version, tables, modes))}
    return OneRoster("unused").parse(district, raw(files | beside(AT) | dict(more or {})))


def judged(district: District, parsed: Parsed, reference: Reference | None = None) -> Validated:
    return validate_submission(
        district=district,
        as_of=NIGHT,
        year=school_year_of(NIGHT),
        tables=parsed.tables,
        reference=reference or Reference(),
        gates=Gates(),
        suites=None,
        scope=parsed.scope.promised(whole_roster=district.roster == "whole"),
        limits=LIMITS,
    )


def rows(parsed: Parsed, table: str, *columns: str) -> list[tuple[Any, ...]]:
    frame: pd.DataFrame = next(t.frame for t in parsed.tables if t.table == table)
    return [tuple(one) for one in frame[list(columns)].itertuples(index=False)]


def aside(validated: Validated) -> list[tuple[str, int, str, str]]:
    found = validated.quarantined
    columns = [found[name] for name in ("file", "row", "reason", "field")]
    return [(str(f), int(r), str(why), str(c)) for f, r, why, c in zip(*columns, strict=True)]


def with_(tables: Tables, **changed: list[Row]) -> Tables:
    return tables | changed


@BOTH
def test_a_whole_delivery_comes_through_validation_without_a_fault(district, version):
    here = district()

    validated = judged(here, parse(here, version, records(version)))

    assert validated.quarantined.empty
    assert sorted(validated.students["first_name"]) == ["Ana", "Ben"]
    assert validated.schools["level"].tolist() == ["elementary", "high"]
    assert validated.marks["local_id"].tolist() == [S1, S2]
    ends = validated.enrollments["exit_date"].dt.date.tolist()
    assert ends == [date(2027, 6, 11), date(2026, 12, 18), date(2027, 6, 11)]


@BOTH
def test_zip_and_folder_give_the_same_rows(district, version, tmp_path):
    files = oneroster(version, records(version))
    own = {
        name: {"name": f"{name}.csv"} for name in ("manifest", "orgs", "users", "roles", "classes")
    }
    own |= {"demographics": {"name": "demographics.csv"}}
    own |= {"academic_sessions": {"name": "academicSessions.csv"}}
    own |= {"class_enrollments": {"name": "enrollments.csv"}}
    flat, packed = district(files=own, path="flat"), district(path="packed")
    put(tmp_path / "flat", files | beside(AT))
    put(tmp_path / "packed", {"oneroster.zip": zipped(files)} | beside(AT))
    source = OneRoster(str(tmp_path))

    found = [
        source.parse(one, source.fetch(one, pull(NIGHT)).files).tables for one in (flat, packed)
    ]

    assert [t.table for t in found[0]] == [t.table for t in found[1]]
    for one, other in zip(*found, strict=True):
        assert one.frame.drop(columns="file", errors="ignore").equals(
            other.frame.drop(columns="file", errors="ignore")
        )


@BOTH
def test_a_byte_order_mark_changes_nothing(district, version):
    plain = oneroster(version, records(version))
    marked = {name: b"\xef\xbb\xbf" + content for name, content in plain.items()}
    both = [
        OneRoster("").parse(district(), raw({"oneroster.zip": zipped(files)} | beside(AT))).tables
        for files in (plain, marked)
    ]

    assert all(one.frame.equals(other.frame) for one, other in zip(*both, strict=True))


# Enrollments


def spans(parsed: Parsed) -> list[tuple[Any, ...]]:
    return rows(parsed, "enrollments", "local_id", "school_code", "entry_date", "exit_date")


@BOTH
def test_seats_of_a_school_that_meet_are_one_span_and_a_gap_stays_a_gap(district, version):
    tables = records(version)
    tables["classes"] += [class_("art", OAK, "year"), class_("pe", ELM, "fall")]
    seats = [
        seat(S1, "pe", ELM, "2026-08-12", "2026-10-01"),
        seat(S1, "room3", ELM, "2026-10-01", "2026-11-02"),
        seat(S1, "room3", ELM, "2026-11-03", "2027-01-01"),
        seat(S2, "art", OAK, "2026-09-01", ""),
        seat(S2, "algebra", OAK, "2026-08-12", "2026-12-19"),
    ]

    found = spans(parse(district(), version, with_(tables, enrollments=seats)))

    assert found == [
        (S1, "3400001", "2026-08-12", "2026-11-02"),
        (S1, "3400001", "2026-11-03", "2027-01-01"),
        (S2, "3400002", "2026-08-12", "2027-06-12"),
    ]


@BOTH
def test_where_the_end_is_the_last_day_the_next_day_follows_without_a_gap(district, version):
    seats = [
        seat(S1, "room3", ELM, "2026-08-12", "2026-11-02"),
        seat(S1, "room3", ELM, "2026-11-03", "2027-01-01"),
        seat(S2, "algebra", OAK),
    ]
    here = district(exit_day="inclusive")

    found = spans(parse(here, version, with_(records(version), enrollments=seats)))

    assert found[0] == (S1, "3400001", "2026-08-12", "2027-01-01")


@BOTH
def test_a_class_at_a_school_that_the_student_is_not_of_makes_no_enrollment(district, version):
    parsed = parse(district(), version, records(version))

    assert {at for who, at, *_ in spans(parsed) if who == S2} == {"3400002"}


@BOTH
def test_a_class_of_another_school_is_a_seat_at_the_school_the_seat_names(district, version):
    tables = records(version)
    tables["classes"] = [class_("room3", OAK, "year")]
    tables["enrollments"] = [seat(S1, "room3", ELM), seat(S2, "room3", OAK)]

    found = spans(parse(district(), version, tables))

    assert [one[:2] for one in found] == [(S1, "3400001"), (S2, "3400002")]


@BOTH
def test_a_student_without_a_dated_seat_is_set_aside_with_the_reason_and_the_line(
    district, version
):
    tables = records(version)
    tables["enrollments"] = tables["enrollments"][1:]
    here = district()

    validated = judged(here, parse(here, version, tables))

    file = "oneroster.zip!users.csv" if version == V11 else "oneroster.zip!roles.csv"
    assert (file, 2, "missing_field", "entry_date") in aside(validated)
    assert S1 not in validated.enrollments["local_id"].tolist()
    assert S1 in validated.students["local_id"].tolist()


@BOTH
def test_a_student_of_no_school_is_set_aside_and_not_lost(district, version):
    tables = records(version)
    if version == V11:
        tables["users"][0] |= {"orgSourcedIds": ""}
    else:
        tables["roles"][0] |= {"orgSourcedId": D}
    here = district()

    validated = judged(here, parse(here, version, tables))

    lost = ("oneroster.zip!users.csv", 2, "missing_field", "school_code")
    assert lost in aside(validated)


@BOTH
@pytest.mark.parametrize(
    ("begin", "end", "field"),
    [
        ("soon", "", "entry_date"),
        ("2026-09-01", "later", "exit_date"),
        ("2026-09-02", "2026-09-01", "exit_date"),
    ],
)
def test_a_seat_with_a_date_that_cannot_be_is_set_aside_as_it_is(
    district, version, begin, end, field
):
    tables = records(version)
    tables["enrollments"][0] |= {"beginDate": begin, "endDate": end}
    here = district()

    validated = judged(here, parse(here, version, tables))

    wrong = [one for one in aside(validated) if "enrollments.csv" in one[0]]
    assert wrong == [("oneroster.zip!enrollments.csv", 2, "invalid_date", field)]


@BOTH
def test_a_seat_of_nobody_in_the_delivery_is_set_aside(district, version):
    tables = records(version)
    tables["enrollments"].append(seat(guid("who"), "room3", ELM))
    here = district()

    validated = judged(here, parse(here, version, tables))

    # Without a record there is no grade either, which is looked at first.
    assert [one[1:] for one in aside(validated)] == [(7, "missing_field", "grade")]


@BOTH
def test_only_homerooms_count_where_the_district_says_so(district, version):
    here = district(options={"enrollments_from": "homerooms"})

    validated = judged(here, parse(here, version, records(version)))

    assert validated.enrollments["local_id"].tolist() == [S1]
    assert ("missing_field", "entry_date") in [one[2:] for one in aside(validated)]


def test_roles_are_enrollments_where_the_district_says_so(district):
    tables = records(V12)
    tables["roles"] = [
        role(S1, ELM, endDate="2026-10-01"),
        role(S1, OAK, number=1, beginDate="2026-10-01", endDate=""),
        role(S2, OAK),
    ]
    del tables["enrollments"], tables["classes"], tables["academicSessions"]
    here = district(options={"enrollments_from": "roles"})

    parsed = parse(here, V12, tables)

    assert sorted(spans(parsed)) == [
        (S1, "3400001", "2026-08-12", "2026-10-01"),
        (S1, "3400002", "2026-10-01", ""),
        (S2, "3400002", *YEAR),
    ]
    assert not parsed.scope.changes_only


def test_a_role_without_a_begin_is_set_aside(district):
    tables = records(V12)
    tables["roles"][0] |= {"beginDate": ""}
    here = district(options={"enrollments_from": "roles"})

    validated = judged(here, parse(here, V12, tables))

    assert ("oneroster.zip!roles.csv", 2, "missing_field", "entry_date") in aside(validated)


def test_version_1_1_has_no_roles_to_take_enrollments_from(district):
    here = district(options={"enrollments_from": "roles"})

    with pytest.raises(SubmissionRefused, match="has no roles") as refused:
        parse(here, V11, records(V11))
    assert refused.value.reason is Reason.FILE_MISSING


# People


@BOTH
def test_adults_are_guardians_by_their_role_named_on_either_side_and_hold_no_rights(
    district, version
):
    parsed = parse(district(), version, records(version))

    found = rows(parsed, "guardians", "local_id", "guardian_id", "relation", "last_name")
    assert sorted(found) == sorted(
        [
            (S1, P1, "parent", "Canary"),
            (S2, P1, "parent", "Canary"),
            (S2, P2, "guardian", "Sparrow"),
        ]
    )
    validated = judged(district(), parsed)
    assert not validated.guardians["has_rights"].any()
    assert (validated.guardians["street"].fillna("") == "").all()


@BOTH
def test_an_adult_who_alone_names_the_student_is_a_guardian(district, version):
    tables = records(version)
    tables["users"][1] |= {"agentSourcedIds": ""}

    parsed = parse(district(), version, tables)

    assert (S2, P2) in rows(parsed, "guardians", "local_id", "guardian_id")


@BOTH
def test_a_teacher_who_is_an_agent_is_no_guardian(district, version):
    tables = records(version)
    tables["users"][0] |= {"agentSourcedIds": f"{P1},{guid('t1')}"}

    parsed = parse(district(), version, tables)

    assert guid("t1") not in [one for (one,) in rows(parsed, "guardians", "guardian_id")]
    assert guid("t1") not in [one for (one,) in rows(parsed, "students", "local_id")]


@BOTH
def test_rights_are_held_by_the_roles_that_the_district_names(district, version):
    here = district(options={"rights_roles": "parent"})

    found = rows(parse(here, version, records(version)), "guardians", "guardian_id", "has_rights")

    assert sorted(set(found)) == sorted({(P1, "Y"), (P2, "")})


@BOTH
def test_an_agent_without_a_record_is_set_aside(district, version):
    tables = records(version)
    tables["users"][0] |= {"agentSourcedIds": guid("gone")}
    here = district()

    validated = judged(here, parse(here, version, tables))

    assert [one[1:] for one in aside(validated)] == [(2, "missing_field", "last_name")]


@BOTH
def test_a_contacts_file_stands_in_the_place_of_the_rosters_adults(district, version):
    here = district()
    titles = list(here.files["guardians"].columns)
    contact = {"local_id": S1, "guardian_id": "c1", "last_name": "Canary", "has_rights": "Y"}
    contact |= {"street": "1 Elm St", "city": "Galt", "zip": "95632", "restrained": "N"}
    content = csv_of(titles, [contact]) + b"#ROWS=1\n"

    parsed = parse(here, version, records(version), more={"guardians.csv": content})

    found = rows(parsed, "guardians", "local_id", "guardian_id", "street", "has_rights")
    assert found == [(S1, "c1", "1 Elm St", "Y")]


@BOTH
@pytest.mark.parametrize(
    ("own", "ssid"),
    [
        ({}, ""),
        ({"files": {"users": {"columns": {"ssid": "identifier"}}}}, "1234567890"),
        ({"files": {"users": {"columns": {"ssid": "metadata.ssid"}}}}, "2345678901"),
        ({"options": {"ssid_user_id": "SSID"}}, "9000000003"),
    ],
)
def test_the_statewide_id_stands_where_the_district_says(district, version, own, ssid):
    tables = records(version)
    tables["users"][0] |= {"identifier": "1234567890"}
    files = oneroster(version, tables)
    lines = files["users.csv"].decode().splitlines()
    more = ["metadata.ssid", "2345678901", *[""] * (len(lines) - 2)]
    users = "".join(f"{line},{cell}\r\n" for line, cell in zip(lines, more, strict=True))
    files["users.csv"] = users.encode()

    parsed = OneRoster("").parse(
        district(**own), raw({"oneroster.zip": zipped(files)} | beside(AT))
    )

    assert rows(parsed, "students", "ssid")[0] == (ssid,)


@BOTH
def test_ids_of_another_column_are_used_everywhere(district, version):
    tables = records(version)
    for one, number in zip(tables["users"], range(101, 106), strict=True):
        one |= {"identifier": str(number)}
    here = district(files={"users": {"columns": {"local_id": "identifier"}}})

    parsed = parse(here, version, tables, more=beside({"101": "3400001", "102": "3400002"}))

    assert judged(here, parsed).quarantined.empty
    assert {one for one, *_ in spans(parsed)} == {"101", "102"}


@BOTH
@pytest.mark.parametrize(
    ("grade", "state"),
    [("KG", "KN"), ("K", "KN"), ("9", "09"), ("TK", "TK"), ("03,04", None), ("Other", None)],
)
def test_grades_are_the_states_and_what_is_none_is_set_aside(district, version, grade, state):
    tables = records(version)
    tables["users"][0] |= {"grades": grade}
    here = district()

    validated = judged(here, parse(here, version, tables))

    found = validated.enrollments.set_index("local_id")["grade"].to_dict()
    assert found.get(S1) == state
    assert (("invalid_value", "grade") in [one[2:] for one in aside(validated)]) is (state is None)


@BOTH
def test_a_school_without_students_has_the_level_the_district_gives_it(district, version):
    tables = records(version)
    empty = {"sourcedId": guid("new"), "name": "New", "type": "school", "identifier": "3400003"}
    tables["orgs"].append(empty)

    unsaid, said = district(), district(options={"level_without_students": "middle"})

    assert [one[2:] for one in aside(judged(unsaid, parse(unsaid, version, tables)))] == [
        ("missing_field", "level")
    ]
    assert rows(parse(said, version, tables), "schools", "level")[-1] == ("middle",)


@BOTH
def test_a_date_of_the_standard_is_written_as_the_district_writes_dates(district, version):
    here = district(date_format="%m/%d/%Y")

    parsed = parse(here, version, records(version), more=beside(AT, day="11/20/2026"))

    assert rows(parsed, "students", "birth_date")[0] == ("03/04/2018",)
    assert spans(parsed)[0][2:] == ("08/12/2026", "06/12/2027")


# Deltas and deletions


@BOTH
def test_a_record_that_a_whole_delivery_takes_back_is_not_there(district, version):
    tables = records(version)
    tables["users"][0] |= {"status": "tobedeleted"}
    tables["enrollments"][0] |= {"status": "tobedeleted"}

    parsed = parse(district(), version, tables)

    assert rows(parsed, "students", "local_id") == [(S2,)]
    assert {one for one, *_ in spans(parsed)} == {S2}
    assert parsed.scope == Scope()


DELTA = {"users": "delta", "demographics": "delta", "enrollments": "delta", "roles": "delta"}


def changes(version: str) -> Tables:
    """Ben's record changed; he left a class."""
    tables = records(version)
    ben = tables["users"][1] | {"status": "active", "familyName": "Crane", "agentSourcedIds": P1}
    left = seat(S2, "algebra", OAK, "2026-08-12", "2026-10-01", status="tobedeleted")
    found: Tables = {
        "orgs": tables["orgs"],
        "users": [ben, tables["users"][2]],
        "demographics": [tables["demographics"][1] | {"status": "active"}],
        "enrollments": [left],
    }
    if version == V12:
        found["roles"] = [one for one in tables["roles"] if one["userSourcedId"] in (S2, P1)]
    return found


@BOTH
def test_a_delta_of_a_district_that_promises_whole_rosters_states_nothing_whole(district, version):
    here = district()
    assert here.roster == "whole"

    parsed = parse(here, version, changes(version), DELTA)

    assert parsed.scope == Scope(changes_only=True)
    assert not parsed.scope.promised(whole_roster=True).whole_roster
    assert rows(parsed, "students", "local_id", "last_name") == [(S2, "Crane")]
    assert rows(parsed, "guardians", "local_id", "guardian_id") == [(S2, P1)]


@BOTH
def test_a_changed_seat_tells_no_enrollment_and_is_set_aside(district, version):
    here = district()
    known = Reference(
        schools=pd.DataFrame(
            {"school_code": ["3400001", "3400002"], "level": ["elementary", "high"]}
        ).assign(periods_per_day=1),
        students=pd.DataFrame({"local_id": [S1, S2]}),
        enrollments=pd.DataFrame(
            {"local_id": [S1, S2], "school_code": ["3400001", "3400002"]}
        ).assign(entry_date=pd.Timestamp(YEAR[0]), exit_date=pd.NaT),
    )

    validated = judged(here, parse(here, version, changes(version), DELTA), known)

    assert ("missing_field", "entry_date") in [one[2:] for one in aside(validated)]
    assert validated.enrollments.empty
    assert validated.marks["local_id"].tolist() == [S1, S2]


def test_a_changed_role_is_an_enrollment_of_its_own(district):
    tables = changes(V12)
    tables["roles"] = [
        role(S2, OAK, endDate="2026-11-02"),
        role(S2, ELM, number=1, beginDate="2026-11-02", endDate=""),
        role(S2, ELM, number=2, beginDate="2026-11-09", endDate="", status="tobedeleted"),
        role(P1, D, "parent"),
    ]
    here = district(options={"enrollments_from": "roles"})

    parsed = parse(here, V12, tables, DELTA)

    assert spans(parsed) == [
        (S2, "3400002", "2026-08-12", "2026-11-02"),
        (S2, "3400001", "2026-11-02", ""),
        (S2, "3400001", "2026-11-09", "tobedeleted"),
    ]
    assert ("invalid_date", "exit_date") in [one[2:] for one in aside(judged(here, parsed))]


@BOTH
def test_a_student_whose_record_a_delta_takes_back_has_an_empty_roster(district, version):
    tables = changes(version)
    tables["users"] = [user(version, id=S1, given="Ana", family="Canary", at=[ELM])]
    tables["users"][0] |= {"status": "tobedeleted"}

    parsed = parse(district(), version, tables, DELTA)

    assert parsed.scope == Scope(rosters_of=frozenset({S1}), changes_only=True)
    assert rows(parsed, "students", "local_id") == []


def test_an_adult_whose_record_a_delta_takes_back_loses_all_rights(district):
    tables = changes(V11)
    tables["users"][1] |= {"status": "tobedeleted", "agentSourcedIds": S2}
    here = district(options={"rights_roles": "parent,guardian"})

    parsed = parse(here, V11, tables, DELTA)

    assert rows(parsed, "guardians", "guardian_id", "has_rights") == [(P1, "")]


@BOTH
def test_whom_a_delta_names_without_a_record_is_told_by_the_sourced_id_alone(district, version):
    tables = changes(version)
    tables["users"][1] |= {"agentSourcedIds": S1}

    by_id = parse(district(), version, tables, DELTA)
    other = district(files={"users": {"columns": {"local_id": "identifier"}}})
    by_number = parse(other, version, tables, DELTA)

    assert (S1, P1) in rows(by_id, "guardians", "local_id", "guardian_id")
    assert (f"#{S1}", P1) in rows(by_number, "guardians", "local_id", "guardian_id")


# Files and manifest


@BOTH
def test_a_file_that_the_manifest_has_and_the_archive_has_not_makes_the_district_late(
    district, version, tmp_path
):
    files = oneroster(version, records(version))
    del files["demographics.csv"]
    put(tmp_path / "in", {"oneroster.zip": zipped(files)} | beside(AT))

    with pytest.raises(SubmissionRefused) as refused:
        OneRoster(str(tmp_path)).fetch(district(path="in"), pull(NIGHT))

    found = (refused.value.reason, refused.value.file)
    assert found == (Reason.FILE_MISSING, "oneroster.zip!demographics.csv")


@pytest.mark.parametrize("missing", ["attendance.csv", "calendar.csv", "oneroster.zip"])
def test_a_file_beside_it_that_is_not_there_makes_the_district_late(district, tmp_path, missing):
    files = {"oneroster.zip": zipped(oneroster(V12, records(V12)))} | beside(AT)
    del files[missing]
    put(tmp_path / "in", files)

    with pytest.raises(SubmissionRefused) as refused:
        OneRoster(str(tmp_path)).fetch(district(path="in"), pull(NIGHT))

    assert (refused.value.reason, refused.value.file) == (Reason.FILE_MISSING, missing)


def test_what_else_is_wrong_is_not_for_fetching_to_say(district, tmp_path):
    put(tmp_path / "in", {"oneroster.zip": b"no zip"} | beside(AT))

    assert len(OneRoster(str(tmp_path)).fetch(district(path="in"), pull(NIGHT)).files) == 3


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("oneroster.version", "1.0", Reason.FILE_MALFORMED),
        ("oneroster.version", "2.0", Reason.FILE_MALFORMED),
        ("oneroster.version", "", Reason.FILE_MALFORMED),
        ("manifest.version", "2.0", Reason.FILE_MALFORMED),
        ("file.users", "some", Reason.FILE_MALFORMED),
    ],
)
def test_a_manifest_of_something_else_is_refused(district, name, value, reason):
    files = oneroster(V12, records(V12))
    lines = files["manifest.csv"].decode().splitlines()
    changed = [f"{name},{value}" if line.startswith(f"{name},") else line for line in lines]
    files["manifest.csv"] = "\r\n".join(changed).encode()

    with pytest.raises(SubmissionRefused) as refused:
        OneRoster("").parse(district(), raw({"oneroster.zip": zipped(files)} | beside(AT)))

    assert (refused.value.reason, refused.value.file) == (reason, "oneroster.zip!manifest.csv")


@pytest.mark.parametrize("name", ["manifest.csv", "users.csv", "orgs.csv", "roles.csv"])
def test_a_file_without_which_nothing_can_be_read_is_refused(district, name):
    files = oneroster(V12, records(V12))
    del files[name]

    with pytest.raises(SubmissionRefused) as refused:
        OneRoster("").parse(district(), raw({"oneroster.zip": zipped(files)} | beside(AT)))

    assert (refused.value.reason, refused.value.file) == (
        Reason.FILE_MISSING,
        f"oneroster.zip!{name}",
    )


def test_a_file_that_the_manifest_calls_absent_is_not_read(district):
    parsed = parse(district(), V12, records(V12), {"demographics": "absent"})

    assert rows(parsed, "students", "birth_date") == [("",), ("",)]


def test_a_file_that_the_manifest_does_not_speak_of_is_refused(district):
    files = oneroster(V12, records(V12))
    lines = files["manifest.csv"].splitlines(keepends=True)
    files["manifest.csv"] = b"".join(one for one in lines if b"file.demographics" not in one)

    with pytest.raises(SubmissionRefused, match="not in the manifest"):
        OneRoster("").parse(district(), raw({"oneroster.zip": zipped(files)} | beside(AT)))


@BOTH
def test_a_column_of_the_version_that_is_gone_is_named(district, version):
    files = oneroster(version, records(version))
    name, title = (
        ("users.csv", "orgSourcedIds") if version == V11 else ("roles.csv", "orgSourcedId")
    )
    files[name] = files[name].replace(title.encode(), b"somethingElse", 1)

    with pytest.raises(SubmissionRefused) as refused:
        OneRoster("").parse(district(), raw({"oneroster.zip": zipped(files)} | beside(AT)))

    assert (refused.value.reason, refused.value.field) == (Reason.HEADER_CHANGED, title)


def test_a_row_that_cannot_be_told_apart_makes_the_delivery_unusable(district):
    files = oneroster(V12, records(V12))
    files["users.csv"] = files["users.csv"].replace(b"true,", b"true", 1)

    with pytest.raises(SubmissionRefused) as refused:
        OneRoster("").parse(district(), raw({"oneroster.zip": zipped(files)} | beside(AT)))

    assert refused.value.reason is Reason.FILE_MALFORMED


@pytest.mark.parametrize(
    "options",
    [{"enrollments_from": "sections"}, {"rights_roles": "teacher"}, {"max_unpacked_bytes": "many"}],
)
def test_an_option_that_means_nothing_is_a_fault_of_the_settings(district, options):
    with pytest.raises(SettingsError):
        parse(district(options=options), V12, records(V12))


def test_a_file_of_no_known_name_is_a_fault_of_the_settings(district):
    here = district()
    with_typo = replace(here, files=here.files | {"user": here.files["users"]})

    with pytest.raises(SettingsError, match="user"):
        parse(with_typo, V12, records(V12))


def test_archives_are_bounded_as_those_of_other_connectors(district):
    with pytest.raises(SubmissionRefused) as refused:
        parse(district(options={"max_unpacked_bytes": 2000}), V12, records(V12))

    assert refused.value.reason is Reason.FILE_TOO_LARGE
