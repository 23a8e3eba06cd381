import json
from datetime import date

import httpx
import pytest

from pact_etl.connectors.edfi.api import EdfiApi
from pact_etl.connectors.edfi.api_manifest import Counts, Manifest
from pact_etl.connectors.http_source import Patience
from pact_etl.connectors.json_pages import sequence_file
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import Permanent, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import Scope, StudentSpan
from tests.sources import pull

SCOPE = Scope(
    window=(date(2026, 1, 2), date(2026, 1, 15)),
    student_days=(StudentSpan("7", date(2025, 9, 1), date(2025, 9, 1)),),
    rosters_of=frozenset({"7"}),
)


def uri(kind, value):
    return f"uri://district.example/{kind}Descriptor#{value}"


def student(number="7", **more):
    return {"id": f"s{number}", "studentUniqueId": number, "firstName": " Ana ", **more}


def event(number, day, category="Tardy", **more):
    return {
        "id": f"e{number}",
        "eventDate": day,
        "attendanceEventCategoryDescriptor": uri("AttendanceEventCategory", category),
        "studentReference": {"studentUniqueId": "7", "link": {"href": "/x"}},
        "schoolReference": {"schoolId": 255901001},
        **more,
    }


def kept(counts=None, **resources):
    """Files of a pull; each resource's rows in pages of two."""
    files, found = [], {}
    for name, rows in resources.items():
        pages = [json.dumps(rows[n : n + 2]).encode() for n in range(0, len(rows), 2)]
        files.append(sequence_file(name, pages))
        ids = len({row.get("id") for row in rows})
        found[name] = Counts(total=ids, received=ids, elements=len(rows))
    manifest = Manifest(
        mode="delta",
        year_start=date(2025, 8, 1),
        agency="3467000",
        scope=SCOPE,
        resources=found | (counts or {}),
    )
    return [*files, manifest.file()]


@pytest.fixture
def parsed(make_district):
    def parse(options=None, **resources):
        district = make_district(connector="edfi_api", files={}, options=options or {})
        connector = EdfiApi(lambda slug: {})
        return {t.table: t.frame for t in connector.parse(district, kept(**resources)).tables}

    return parse


def one_row(frame):
    (row,) = frame.to_dict("records")
    return row


def test_the_scope_of_a_pull_is_kept_with_its_files(make_district):
    result = EdfiApi(lambda slug: {}).parse(make_district(), kept(students=[]))

    assert result.scope == SCOPE


def test_a_row_stands_at_its_place_over_all_pages_and_the_last_of_two_counts(parsed):
    rows = [student("1"), student("2"), student("3"), student("1", lastSurname="New")]

    frame = parsed(students=rows)["students"]

    assert frame["local_id"].tolist() == ["2", "3", "1"]
    assert frame["row"].tolist() == [2, 3, 4]
    assert frame["last_name"].tolist() == ["", "", "New"]


@pytest.mark.parametrize(
    ("more", "code", "minutes"),
    [
        ({}, "Tardy", ""),
        ({"eventDuration": None}, "Tardy", ""),
        ({"eventDuration": 1}, "Tardy", ""),
        ({"eventDuration": 1.0}, "Tardy", ""),
        ({"eventDuration": 0.5, "schoolAttendanceDuration": 35}, "Tardy:0.5", "35"),
    ],
)
def test_an_event_of_part_of_a_day_names_its_length_with_its_code(parsed, more, code, minutes):
    events = [event(1, "2026-01-05", **more)]

    row = one_row(parsed(studentSchoolAttendanceEvents=events)["attendance"])

    assert (row["code"], row["minutes"], row["school_code"]) == (code, minutes, "255901001")


def test_events_of_an_earlier_school_year_were_not_asked_for(parsed):
    events = [event(1, "2025-07-31"), event(2, "2025-08-01"), event(3, "tomorrow")]

    frame = parsed(studentSchoolAttendanceEvents=events)["attendance"]

    assert frame["date"].tolist() == ["2025-08-01", "tomorrow"]
    assert frame["row"].tolist() == [2, 3]


def address(kind, street, **more):
    return {"addressTypeDescriptor": uri("AddressType", kind), "streetNumberName": street, **more}


@pytest.mark.parametrize("word", ["contact", "parent"])
def test_a_guardian_is_written_to_at_home_whatever_the_standard_calls_them(parsed, word):
    ended = {"periods": [{"beginDate": "2019-01-01", "endDate": "2020-01-01"}]}
    adults = [
        {
            "id": "a",
            f"{word}UniqueId": "5",
            "lastSurname": "Legal",
            "preferredLastSurname": "Other",
            "addresses": [
                address("Work", "9 Office"),
                address("Mailing", "8 Old", **ended),
                address("Home", "1 Home", stateAbbreviationDescriptor=uri("State", "CA")),
            ],
            "electronicMails": [
                {
                    "electronicMailTypeDescriptor": uri("ElectronicMailType", "Work"),
                    "electronicMailAddress": "office@x.example",
                }
            ],
        }
    ]
    links = [
        {
            "id": "l",
            f"{word}Reference": {f"{word}UniqueId": "5"},
            "studentReference": {"studentUniqueId": "7"},
            "relationDescriptor": uri("Relation", "Mother"),
            "livesWith": True,
        }
    ]
    said = [
        {
            "id": "d",
            "studentReference": {"studentUniqueId": "7"},
            "languages": [
                {
                    "languageDescriptor": uri("Language", "spa"),
                    "uses": [{"languageUseDescriptor": uri("LanguageUse", "Home")}],
                }
            ],
        }
    ]
    resources = {f"{word}s": adults, f"student{word.capitalize()}Associations": links}

    tables = parsed(
        students=[student()], studentEducationOrganizationAssociations=said, **resources
    )

    row = one_row(tables["guardians"])
    assert (row["last_name"], row["street"], row["state"]) == ("Legal", "1 Home", "CA")
    assert (row["email"], row["has_rights"], row["lives_with"]) == ("", "Y", "Y")
    assert (row["restrained"], row["contact_order"], row["language"]) == ("N", "2", "spa")


@pytest.mark.parametrize(
    ("relation", "more", "rights", "restrained"),
    [
        ("Uncle", {}, "N", "N"),
        ("Uncle", {"legalGuardian": True}, "Y", "N"),
        ("Father", {"legalGuardian": False}, "N", "N"),
        ("Father", {"legalGuardian": None, "contactRestrictions": "court order"}, "Y", "Y"),
    ],
)
def test_rights_and_restrictions_of_a_guardian(parsed, relation, more, rights, restrained):
    link = {
        "id": "l",
        "contactReference": {"contactUniqueId": "404"},
        "studentReference": {"studentUniqueId": "7"},
        "relationDescriptor": uri("Relation", relation),
    }

    row = one_row(parsed(studentContactAssociations=[link | more])["guardians"])

    assert (row["has_rights"], row["restrained"]) == (rights, restrained)
    assert row["last_name"] == ""  # nobody behind the association: for validation to refuse


@pytest.mark.parametrize(("options", "ssid"), [({}, ""), ({"ssid_system": "State"}, "1234567890")])
def test_only_the_named_identification_system_is_read_and_protections_of_any_organization_hold(
    parsed, options, ssid
):
    def codes(system, code):
        descriptor = uri("StudentIdentificationSystem", system)
        return {"studentIdentificationSystemDescriptor": descriptor, "identificationCode": code}

    reference = {"studentReference": {"studentUniqueId": "7"}}
    homeless = {"studentCharacteristicDescriptor": uri("StudentCharacteristic", "Homeless")}
    said = [
        {"id": "d1", **reference, "studentCharacteristics": [homeless]},
        {
            "id": "d2",
            **reference,
            "studentIdentificationCodes": [
                codes("SSN", "123-45-6789"),
                codes("State", "1234567890"),
            ],
        },
    ]

    frame = parsed(options, students=[student()], studentEducationOrganizationAssociations=said)[
        "students"
    ]

    row = one_row(frame)
    assert (row["ssid"], row["homeless"], row["foster"]) == (ssid, "Y", "N")
    assert "123-45-6789" not in row.values()


def test_a_closed_day_wins_over_its_plan_whatever_calendar_says_so(parsed):
    def dated(number, day, *events):
        return {
            "id": f"c{number}",
            "calendarReference": {"calendarCode": f"c{number}", "schoolId": 1},
            "date": day,
            "calendarEvents": [
                {"calendarEventDescriptor": uri("CalendarEvent", e)} for e in events
            ],
        }

    dates = [
        dated(1, "2026-01-05", "Instructional day"),
        dated(2, "2026-01-05", "Weather day"),
        dated(3, "2026-01-06", "Make-up day"),
        dated(4, "2025-07-01", "Instructional day"),
        dated(5, "2026-01-07"),
    ]

    frame = parsed(calendarDates=dates)["calendar"]

    assert dict(zip(frame["date"], frame["instructional"], strict=True)) == {
        "2026-01-05": "N",
        "2026-01-06": "Y",
    }


def test_schools_of_other_agencies_are_not_ours(parsed):
    def school(number, agency):
        return {
            "id": str(number),
            "schoolId": number,
            "nameOfInstitution": "Old Mill",
            "localEducationAgencyReference": {"localEducationAgencyId": agency},
            "schoolCategories": [
                {"schoolCategoryDescriptor": uri("SchoolCategory", "High School")}
            ],
            "gradeLevels": [{"gradeLevelDescriptor": uri("GradeLevel", "Ninth grade")}],
        }

    period = {"id": "p", "schoolReference": {"schoolId": 1}, "classPeriodName": "01"}

    frame = parsed(schools=[school(1, 3467000), school(2, 3467314)], classPeriods=[period] * 1)[
        "schools"
    ]

    row = one_row(frame)
    assert (row["school_code"], row["level"], row["periods_per_day"]) == ("1", "high", "1")


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "studentUniqueId": ["7"]},
        {"id": "1", "studentUniqueId": {"a": 1}},
        {"id": "1", "studentUniqueId": "7", "birthDate": {"year": 2014}},
        {"id": "1", "studentReference": "7"},
    ],
)
def test_a_shape_that_is_not_documented_is_refused_by_field(parsed, row):
    with pytest.raises(SubmissionRefused) as refused:
        parsed(students=[row])
    assert refused.value.reason is Reason.FILE_MALFORMED
    assert refused.value.field


def test_a_file_that_a_pull_kept_and_is_gone_is_missed(make_district):
    files = kept(counts={"students": Counts(total=1, received=1, elements=1)})

    for broken in (files, [], [RawFile(name="pull.json", content=b"{}")]):
        with pytest.raises(SubmissionRefused) as refused:
            EdfiApi(lambda slug: {}).parse(make_district(), broken)
        assert refused.value.reason in {Reason.FILE_MISSING, Reason.FILE_MALFORMED}


def root(**urls):
    standard = {
        "oauth": "https://ods.example/oauth/token",
        "dataManagementApi": "https://ods.example/data/v3/",
        "changeQueries": "https://ods.example/changeQueries/v1/",
    }
    return {"version": "7.3", "urls": standard | urls}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (root(oauth="https://elsewhere.example/oauth/token"), Permanent),
        (root(dataManagementApi="http://ods.example/data/v3"), Permanent),
        (root(dataManagementApi="https://ods.example/{tenant}/data/v3"), SettingsError),
        ({"hello": "world"}, SubmissionRefused),
        ([], SubmissionRefused),
    ],
)
def test_a_root_document_that_leads_astray_gets_no_secret(make_district, answer, error):
    requests = []

    def answered(request):
        requests.append(request)
        return httpx.Response(200, json=answer)

    connector = EdfiApi(
        lambda slug: {"key": "k", "secret": "s"},
        transport=httpx.MockTransport(answered),
        patience=Patience(first_wait=0),
    )
    district = make_district(url="https://ods.example")

    with pytest.raises(error):
        connector.fetch(district, pull(date(2026, 1, 15)))

    assert [r.headers.get("authorization") for r in requests] == [None]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"url": "http://ods.example"},
        {"url": "https://ods.example", "options": {"concurrency": 0}},
    ],
)
def test_a_district_that_is_set_up_wrongly_is_said_so(make_district, changes):
    connector = EdfiApi(lambda slug: {"key": "k", "secret": "s"})

    with pytest.raises(SettingsError):
        connector.fetch(make_district(**changes), pull(date(2026, 1, 15)))
