"""Ed-Fi bulk XML: entities, document types, torn and misshapen elements."""

from collections.abc import Iterator

from pact_etl.domain.reasons import Reason
from tests.hostile.cases import Case, Loaded, Refused, loaded, refused, swap
from tests.hostile.speakers import CANARY, TABLES
from tests.hostile.structured import (
    GOOD_EVENTS,
    XML_NAMES,
    edfi_xml,
    interchange,
    xml_event,
    xml_events,
    xml_school,
    xml_student,
)

FAMILY = "xml"
NAME = XML_NAMES["attendance"]
GOOD = xml_events()
EVENTS = [xml_event(*e) for e in GOOD_EVENTS]
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
MALFORMED, TRUNCATED = refused(Reason.FILE_MALFORMED, NAME), refused(Reason.FILE_TRUNCATED, NAME)
ENCODING, CHANGED = refused(Reason.ENCODING_INVALID, NAME), refused(Reason.HEADER_CHANGED, NAME)


def with_type(subset: str, body: str = "") -> bytes:
    """A document type before the good events, and something among them."""
    return interchange("".join(EVENTS) + body, f"{HEAD}<!DOCTYPE Interchange [{subset}]>")


def laughs(levels: int) -> str:
    lines = ['<!ENTITY a0 "lol">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels)]
    return "".join(lines)


def event(
    number: str = "102", day: str = "2026-11-19", category: str = "Excused Absence", more: str = ""
) -> bytes:
    """The good events with the second one replaced."""
    return interchange(EVENTS[0] + xml_event(number, day, category, more) + EVENTS[2])


GONE = ("102",)
ENDS: dict[str, tuple[bytes, Refused | Loaded]] = {
    # entities and document types
    "a document type": (with_type(""), MALFORMED),
    "a document type elsewhere": (
        swap(GOOD, b"?>\n", b'?>\n<!DOCTYPE Interchange SYSTEM "http://127.0.0.1:9/x.dtd">\n'),
        MALFORMED,
    ),
    "a billion laughs": (with_type(laughs(10), "<x>&a9;</x>"), MALFORMED),
    "a billion laughs that are never used": (with_type(laughs(10)), MALFORMED),
    "a long entity many times": (
        with_type(f'<!ENTITY a "{"x" * 100_000}">', f"<x>{'&a;' * 5000}</x>"),
        MALFORMED,
    ),
    "an entity that is itself": (with_type('<!ENTITY a "&a;">', "<x>&a;</x>"), MALFORMED),
    "a file of this machine as an entity": (
        with_type('<!ENTITY a SYSTEM "file:///etc/passwd">', "<x>&a;</x>"),
        MALFORMED,
    ),
    "a page of another machine as an entity": (
        with_type('<!ENTITY a SYSTEM "http://127.0.0.1:9/x">', "<x>&a;</x>"),
        MALFORMED,
    ),
    "parameter entities": (
        with_type('<!ENTITY % a SYSTEM "file:///etc/passwd"><!ENTITY % b "<!ENTITY c \'%a;\'>">'),
        MALFORMED,
    ),
    "an entity nobody declared": (event(number="&other;"), MALFORMED),
    "an inclusion": (
        interchange(
            "".join(EVENTS)
            + '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'
        ),
        loaded(),
    ),
    "a style sheet": (
        swap(GOOD, b"?>\n", b'?>\n<?xml-stylesheet href="file:///etc/passwd"?>\n'),
        loaded(),
    ),
    # torn and mis-encoded
    "nothing": (b"", refused(Reason.FILE_EMPTY, NAME)),
    "blanks": (b" \n\t", refused(Reason.FILE_EMPTY, NAME)),
    "a cut in the middle of a tag": (GOOD[: len(GOOD) // 2], TRUNCATED),
    "a cut between two elements": (
        GOOD[: GOOD.rindex(b"<StudentSchoolAttendanceEvent>")],
        TRUNCATED,
    ),
    "a cut before the last tag": (swap(GOOD, b"</Interchange>\n", b""), TRUNCATED),
    "a declaration and nothing else": (HEAD.encode(), MALFORMED),
    "two roots": (GOOD + b"<Interchange/>", MALFORMED),
    "text behind the root": (GOOD + b"text", TRUNCATED),
    "a tag behind the root": (GOOD + b"<x", TRUNCATED),
    "tags that cross": (swap(GOOD, b"</AttendanceEvent>", b"</Attendance>", 1), MALFORMED),
    "an attribute twice": (swap(GOOD, b"<EventDate>", b'<EventDate a="1" a="2">', 1), MALFORMED),
    "an attribute without quotes": (swap(GOOD, b"<EventDate>", b"<EventDate a=1>", 1), MALFORMED),
    "a bare ampersand": (event(category="Excused & Absence"), MALFORMED),
    "a bare less-than sign": (event(category="Excused < Absence"), MALFORMED),
    "a zero": (swap(GOOD, b"102", b"1\x002"), ENCODING),
    "a control character": (swap(GOOD, b"102", b"1\x012"), ENCODING),
    "a control character as a reference": (event(number="1&#1;2"), ENCODING),
    "a zero as a reference": (event(number="1&#0;2"), ENCODING),
    "half of a pair as a reference": (event(number="1&#xD800;2"), ENCODING),
    "a byte that is no UTF-8": (swap(GOOD, b"102", b"1\xff2"), ENCODING),
    "an encoding nobody knows": (swap(GOOD, b"UTF-8", b"EBCDIC-X"), ENCODING),
    "UTF-8 that says it is UTF-16": (
        swap(GOOD, b'encoding="UTF-8"', b'encoding="UTF-16"'),
        MALFORMED,
    ),
    "UTF-16 that says so": (
        swap(GOOD, b'encoding="UTF-8"', b'encoding="UTF-16"').decode().encode("utf-16"),
        loaded(),
    ),
    "UTF-7": (swap(GOOD, b"UTF-8", b"UTF-7"), loaded()),
    "a declaration of version 9": (swap(GOOD, b'version="1.0"', b'version="9.0"'), MALFORMED),
    "a declaration behind a blank line": (b"\n" + GOOD, MALFORMED),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, loaded()),
    # other things
    "no XML": (b"local_id,date\n101,2026-11-18\n", MALFORMED),
    "JSON": (b'{"a": 1}\n', MALFORMED),
    "a web page": (b"<html><body>502</body></html>", CHANGED),
    "a web page with a document type": (b"<!DOCTYPE html><html><body>502</body></html>", MALFORMED),
    "another vocabulary": (b"<soap><Body/></soap>", CHANGED),
    "an interchange of nothing": (interchange(""), loaded(without=("101", "102", "103"), rows=0)),
    "no namespace": (swap(GOOD, b' xmlns="http://ed-fi.org/5.2.0"', b""), loaded()),
    "another namespace": (swap(GOOD, b"ed-fi.org/5.2.0", b"evil.example/x"), loaded()),
    "a root with a prefix nobody bound": (
        swap(swap(GOOD, b"<Interchange", b"<x:Interchange"), b"</Interchange", b"</x:Interchange"),
        CHANGED,
    ),
    "events with a prefix nobody bound": (
        swap(
            swap(GOOD, b"<StudentSchool", b"<x:StudentSchool"),
            b"</StudentSchool",
            b"</x:StudentSchool",
        ),
        MALFORMED,
    ),
    # size
    "elements two thousand deep": (interchange("<a>" * 2000 + "</a>" * 2000), MALFORMED),
    "two hundred thousand elements of another name": (
        interchange("".join(EVENTS) + "<x/>" * 200_000),
        loaded(),
    ),
    "ten million signs in one element": (event(category="x" * 10_000_000), MALFORMED),
    "nine million signs in one element": (
        event(category="x" * 9_000_000),
        loaded(without=GONE, attendance__invalid_value=1),
    ),
    "ten million signs in one attribute": (
        swap(GOOD, b"<EventDate>", b'<EventDate a="' + b"x" * 10_000_001 + b'">', 1),
        MALFORMED,
    ),
    "ten thousand attributes": (
        swap(
            GOOD,
            b"<EventDate>",
            b"<EventDate " + b" ".join(b'a%d="1"' % n for n in range(10_000)) + b">",
            1,
        ),
        loaded(),
    ),
    "a comment of a million signs": (
        swap(GOOD, b"?>\n", b"?>\n<!--" + b"x" * 1_000_000 + b"-->"),
        loaded(),
    ),
    # shape
    "everything on one line": (swap(GOOD, b"\n", b""), loaded()),
    "comments inside values": (event(number="1<!-- x -->02"), loaded()),
    "literal text": (event(number="<![CDATA[102]]>"), loaded()),
    "elements inside a value": (
        event(number="1<b>02</b>"),
        loaded(without=GONE, attendance__unknown_student=1),
    ),
    "an event without a student": (
        interchange(
            EVENTS[0]
            + swap(EVENTS[1].encode(), xml_student("102").encode(), b"").decode()
            + EVENTS[2]
        ),
        loaded(without=GONE, attendance__missing_field=1),
    ),
    "an event without a school": (
        interchange(
            EVENTS[0] + swap(EVENTS[1].encode(), xml_school().encode(), b"").decode() + EVENTS[2]
        ),
        loaded(without=GONE, attendance__missing_field=1),
    ),
    "an event of nothing": (
        interchange("".join(EVENTS) + "<StudentSchoolAttendanceEvent/>"),
        loaded(rows=4, attendance__missing_field=1),
    ),
    "an event inside an event": (
        interchange(
            EVENTS[0]
            + EVENTS[1].replace(
                "</StudentSchoolAttendanceEvent>", EVENTS[2] + "</StudentSchoolAttendanceEvent>"
            )
        ),
        loaded(without=("102", "103"), rows=2, attendance__missing_field=1),
    ),
    "a second student in one event": (
        event(more=xml_student("103")),
        loaded(without=GONE, attendance__missing_field=1),
    ),
    "an event without a date": (
        interchange(
            EVENTS[0] + EVENTS[1].replace("<EventDate>2026-11-19</EventDate>", "") + EVENTS[2]
        ),
        loaded(without=GONE, attendance__missing_field=1),
    ),
    "a category without a value": (
        event(category=""),
        loaded(without=GONE, attendance__missing_field=1),
    ),
    "a category nobody explained": (
        event(category="Vaporised"),
        loaded(without=GONE, attendance__unknown_code=1),
    ),
    "a category of two marks": (
        event(category="A#Excused Absence"),
        loaded(),
    ),
    "half a day without excuse": (
        event(category="Unexcused Absence", more="<EventDuration>0.5</EventDuration>"),
        loaded(without=GONE, attendance__unknown_code=1),
    ),
    "a duration that is no number": (
        event(more="<EventDuration>NaN</EventDuration>"),
        loaded(without=GONE, attendance__unknown_code=1),
    ),
    "a duration without end": (
        event(more="<EventDuration>INF</EventDuration>"),
        loaded(without=GONE, attendance__unknown_code=1),
    ),
    "a negative duration": (
        event(more="<EventDuration>-1</EventDuration>"),
        loaded(without=GONE, attendance__unknown_code=1),
    ),
    "a duration of a thousand digits": (
        event(more=f"<EventDuration>{'9' * 900}</EventDuration>"),
        loaded(without=GONE, attendance__unknown_code=1),
    ),
}


def _ends() -> Iterator[Case]:
    for name, (content, end) in ENDS.items():
        yield Case(
            family=FAMILY,
            name=name,
            speaker=edfi_xml,
            make=lambda content=content: edfi_xml().with_file("attendance", content),  # type: ignore[misc]
            end=end,
        )


def _every_file() -> Iterator[Case]:
    for table in TABLES:
        name = XML_NAMES[table]
        good = edfi_xml().of(table)
        bomb = swap(good, b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY a "lol">]>\n', 1)
        for what, content, reason in (
            ("is not there", None, Reason.FILE_MISSING),
            ("is cut", good[:-30], Reason.FILE_TRUNCATED),
            ("has a document type", bomb, Reason.FILE_MALFORMED),
        ):
            if table == "enrollments" and content is None:
                continue  # such a delivery may have none
            yield Case(
                family=FAMILY,
                name=f"{table} {what}",
                speaker=edfi_xml,
                make=lambda table=table, content=content: (  # type: ignore[misc]
                    edfi_xml().without_file(table)
                    if content is None
                    else edfi_xml().with_file(table, content)
                ),
                end=refused(reason, name),
            )


def _shapes() -> Iterator[Case]:
    people = edfi_xml().of("students")
    yield Case(
        family=FAMILY,
        name="a student without a birthday",
        speaker=edfi_xml,
        make=lambda: edfi_xml().with_file(
            "students",
            swap(people, b"<BirthData><BirthDate>2012-03-04</BirthDate></BirthData>", b"", 1),
        ),
        end=loaded(
            without=("101",),
            students__missing_field=1,
            enrollments__unknown_student=1,
            guardians__unknown_student=1,
            attendance__unknown_student=1,
        ),
    )
    adults = edfi_xml().of("guardians")
    yield Case(
        family=FAMILY,
        name="an adult nobody described",
        speaker=edfi_xml,
        make=lambda: edfi_xml().with_file(
            "guardians",
            swap(adults, b"<Contact><ContactUniqueId>9101<", b"<Contact><ContactUniqueId>9999<"),
        ),
        end=loaded(guardians__missing_field=1),
    )
    yield Case(
        family=FAMILY,
        name="a surname of markup",
        speaker=edfi_xml,
        make=lambda: edfi_xml().with_file(
            "students", swap(people, CANARY.encode(), b"&lt;script&gt;alert(1)&lt;/script&gt;")
        ),
        end=loaded(),
    )


CASES = [*_ends(), *_every_file(), *_shapes()]
