"""OneRoster deliveries as systems write them, of both versions, with the files beside them. The people are invented.

One elementary and one high school of a district. Ana (s1) is in one class all year, Ben (s2) in two terms of the high
school, and takes one class at the elementary school. Pat (p1) is a parent of both, Gus (p2) a guardian of Ben; Tess
(t1) teaches. Every class is of the year or of a term; ends are the first day away.
"""

import csv
import io
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pact_etl.connectors.protocol import RawFile

Row = dict[str, str]
Files = dict[str, bytes]

V11, V12 = "1.1", "1.2"
HEADERS: Mapping[str, str] = {
    "manifest": "propertyName value",
    "orgs": "sourcedId status dateLastModified name type identifier parentSourcedId",
    "academicSessions": "sourcedId status dateLastModified title type startDate endDate parentSourcedId schoolYear",
    "courses": "sourcedId status dateLastModified schoolYearSourcedId title courseCode grades orgSourcedId subjects"
    " subjectCodes",
    "classes": "sourcedId status dateLastModified title grades courseSourcedId classCode classType location"
    " schoolSourcedId termSourcedIds subjects subjectCodes periods",
    "enrollments": "sourcedId status dateLastModified classSourcedId schoolSourcedId userSourcedId role primary"
    " beginDate endDate",
    "demographics": "sourcedId status dateLastModified birthDate sex americanIndianOrAlaskaNative asian"
    " blackOrAfricanAmerican nativeHawaiianOrOtherPacificIslander white demographicRaceTwoOrMoreRaces"
    " hispanicOrLatinoEthnicity countryOfBirthCode stateOfBirthAbbreviation cityOfBirth publicSchoolResidenceStatus",
    "roles": "sourcedId status dateLastModified userSourcedId roleType role beginDate endDate orgSourcedId"
    " userProfileSourcedId",
    "userProfiles": "sourcedId status dateLastModified userSourcedId profileType vendorId applicationId description"
    " credentialType username password",
}
USERS = {
    V11: "sourcedId status dateLastModified enabledUser orgSourcedIds role username userIds givenName familyName"
    " middleName identifier email sms phone agentSourcedIds grades password",
    V12: "sourcedId status dateLastModified enabledUser username userIds givenName familyName middleName identifier"
    " email sms phone agentSourcedIds grades password userMasterIdentifier resourceSourcedIds preferredGivenName"
    " preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns",
}

YEAR, FALL, SPRING = (
    ("2026-08-12", "2027-06-12"),
    ("2026-08-12", "2026-12-19"),
    ("2027-01-05", "2027-06-12"),
)


def guid(name: str) -> str:
    """A sourcedId as most systems make them, the same for the same name; in the order of names of up to six letters."""
    if len(name) > 6:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    return f"6f9619ff-8b86-4011-b42d-{name.encode().hex():0>12}"


S1, S2, P1, P2, T1 = (guid(name) for name in ("s1", "s2", "p1", "p2", "t1"))
D, ELM, OAK = (guid(name) for name in ("d", "elm", "oak"))


def records(version: str) -> dict[str, list[Row]]:
    """Everything of a bulk delivery, by file."""
    users: list[dict[str, Any]] = [
        {"id": S1, "given": "Ana", "family": "Canary", "grades": "03", "agents": P1, "at": [ELM]},
        {"id": S2, "given": "Ben", "family": "Canary", "grades": "10", "agents": f"{P1},{P2}"}
        | {"at": [OAK]},
        {"id": P1, "given": "Pat", "family": "Canary", "role": "parent", "at": [D]},
        {
            "id": P2,
            "given": "Gus",
            "family": "Sparrow",
            "role": "guardian",
            "at": [D],
            "agents": S2,
        },
        {"id": T1, "given": "Tess", "family": "Finch", "role": "teacher", "at": [ELM, OAK]},
    ]
    found: dict[str, list[Row]] = {
        "orgs": [
            {"sourcedId": D, "name": "Test Unified", "type": "district", "identifier": "3467000"},
            {"sourcedId": ELM, "name": "Elm Street", "type": "school", "identifier": "3400001"},
            {"sourcedId": OAK, "name": "Oak High", "type": "school", "identifier": "3400002"},
        ],
        "academicSessions": [
            {"sourcedId": guid(name), "title": name, "type": kind, "schoolYear": "2027"}
            | {"startDate": span[0], "endDate": span[1]}
            for name, kind, span in (
                ("year", "schoolYear", YEAR),
                ("fall", "term", FALL),
                ("spring", "term", SPRING),
            )
        ],
        "courses": [{"sourcedId": guid("course"), "title": "Everything", "orgSourcedId": D}],
        "classes": [
            class_("room3", ELM, "year", classType="homeroom"),
            class_("algebra", OAK, "fall"),
            class_("biology", OAK, "spring"),
        ],
        "enrollments": [
            seat(S1, "room3", ELM),
            seat(S2, "algebra", OAK, *FALL),
            seat(S2, "biology", OAK),
            seat(S2, "room3", ELM),
            seat(T1, "room3", ELM, role="teacher"),
        ],
        "demographics": [
            {"sourcedId": S1, "birthDate": "2018-03-04", "sex": "female"},
            {"sourcedId": S2, "birthDate": "2011-05-06", "sex": "male"},
        ],
        "users": [user(version, **one) for one in users],
    }
    if version == V12:
        found["roles"] = [
            role(one["id"], at, one.get("role", "student"), n)
            for one in users
            for n, at in enumerate(one["at"])
        ]
        found["userProfiles"] = [{"sourcedId": guid("profile"), "userSourcedId": S1}]
    return found


def user(version: str, **one: Any) -> Row:
    """One record of users."""
    row = {
        "sourcedId": one["id"],
        "enabledUser": "true",
        "userIds": f"{{LDAP:{one['given'].lower()}}},{{SSID:900000000{len(one['given'])}}}",
        "givenName": one["given"],
        "familyName": one["family"],
        "email": f"{one['given'].lower()}@test.example",
        "agentSourcedIds": one.get("agents", ""),
        "grades": one.get("grades", ""),
    }
    if version == V11:
        row |= {"role": one.get("role", "student"), "orgSourcedIds": ",".join(one["at"])}
    return row


def role(who: str, org: str, name: str = "student", number: int = 0, **more: str) -> Row:
    """One record of roles, from the first to the last day of the school year."""
    base = {
        "sourcedId": guid(f"role {who} {number}"),
        "userSourcedId": who,
        "roleType": "secondary" if number else "primary",
        "role": name,
        "beginDate": YEAR[0],
        "endDate": YEAR[1],
        "orgSourcedId": org,
    }
    return base | more


def class_(name: str, org: str, term: str, **more: str) -> Row:
    """One record of classes."""
    base = {
        "sourcedId": guid(name),
        "title": name,
        "courseSourcedId": guid("course"),
        "classType": "scheduled",
        "schoolSourcedId": org,
        "termSourcedIds": guid(term),
    }
    return base | more


def seat(who: str, class_name: str, org: str, begin: str = "", end: str = "", **more: str) -> Row:
    """One record of enrollments."""
    base = {
        "sourcedId": guid(f"seat {who} {class_name}"),
        "classSourcedId": guid(class_name),
        "schoolSourcedId": org,
        "userSourcedId": who,
        "role": "student",
        "primary": "false",
        "beginDate": begin,
        "endDate": end,
    }
    return base | more


def oneroster(
    version: str, tables: Mapping[str, Sequence[Row]], modes: Mapping[str, str] | None = None
) -> Files:
    """A delivery's files by name, the manifest in agreement with what is there unless told otherwise."""
    stated = {name: "bulk" for name in tables} | dict(modes or {})
    said = {"manifest.version": "1.0", "oneroster.version": version}
    every = [name for name in HEADERS if name != "manifest"] + ["users", "results"]
    said |= {f"file.{name}": stated.get(name, "absent") for name in every}
    said |= {"source.systemName": "Invented SIS"}
    manifest = [{"propertyName": name, "value": value} for name, value in said.items()]
    written = {name: csv_of(_header(version, name), rows) for name, rows in tables.items()}
    written |= {"manifest": csv_of(_header(version, "manifest"), manifest)}
    return {f"{name}.csv": content for name, content in written.items()}


def beside(students: Mapping[str, str], day: str = "2026-11-20", code: str = "U") -> Files:
    """Attendance and calendar in our template's columns: every student and the school of each, absent on one day."""
    marks = [
        {"local_id": who, "school_code": at, "date": day, "code": code, "minutes": ""}
        for who, at in students.items()
    ]
    days = [
        {"school_code": at, "date": one, "instructional": "Y"}
        for at in sorted(set(students.values()))
        for one in ("2026-11-19", "2026-11-20")
    ]
    return {
        "attendance.csv": _template("local_id school_code date code minutes", marks),
        "calendar.csv": _template("school_code date instructional", days),
    }


def zipped(files: Files) -> bytes:
    """Files as one archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def raw(files: Files) -> list[RawFile]:
    """Files as they are kept."""
    return [RawFile(name=name, content=content) for name, content in sorted(files.items())]


def put(folder: Path, files: Files) -> None:
    """Files into a folder that is made for them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def csv_of(header: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Rows under a header."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def _header(version: str, name: str) -> list[str]:
    return (USERS[version] if name == "users" else HEADERS[name]).split()


def _template(header: str, rows: Sequence[Row]) -> bytes:
    return csv_of(header.split(), rows) + f"#ROWS={len(rows)}\n".encode()
