"""Delimiters, quotes, line ends, headers and trailers."""

from collections.abc import Callable, Iterator

from pact_etl.domain.reasons import Reason
from tests.hostile.cases import Case, Loaded, Refused, loaded, refused, swap
from tests.hostile.speakers import Files, Speaker, plain, template, whole

FAMILY = "lines"
ATT = "attendance.csv"

GOOD = plain().of("attendance")
HEADER, BODY = GOOD.split(b"\n", 1)
ONE, TWO, THREE = (row + b"\n" for row in BODY.rstrip(b"\n").split(b"\n"))
MALFORMED = refused(Reason.FILE_MALFORMED, ATT)
TRUNCATED = refused(Reason.FILE_TRUNCATED, ATT)
CHANGED = refused(Reason.HEADER_CHANGED, ATT)
EMPTY = refused(Reason.FILE_EMPTY, ATT)
NOTHING = loaded(without=("101", "102", "103"), rows=0)

# A comment column that nobody asked for, in which quotes can go wrong.
NOTED = HEADER + b",note\n"


def noted(*notes: bytes) -> bytes:
    rows = (
        row.rstrip(b"\n") + b"," + note + b"\n"
        for row, note in zip((ONE, TWO, THREE), notes, strict=True)
    )
    return NOTED + b"".join(rows)


ENDS: dict[str, tuple[bytes, Refused | Loaded]] = {
    # line ends
    "line ends of Windows": (swap(GOOD, b"\n", b"\r\n"), loaded()),
    "line ends of an old Mac": (swap(GOOD, b"\n", b"\r"), loaded()),
    "line ends of two kinds": (HEADER + b"\r\n" + ONE + TWO + THREE, loaded()),
    "carriage returns in the middle": (
        HEADER + b"\n" + ONE.rstrip() + b"\r" + TWO + THREE,
        loaded(),
    ),
    "two carriage returns a line": (swap(GOOD, b"\n", b"\r\r\n"), loaded()),
    "blank lines between rows": (
        HEADER + b"\n\n" + ONE + b"\n\n" + TWO + b"   \n" + THREE,
        loaded(),
    ),
    "blank lines at the end": (GOOD + b"\n" * 50, loaded()),
    "a blank line before the header": (b"\n" + GOOD, EMPTY),
    "no end of the last line": (GOOD[:-1], TRUNCATED),
    "no end of the last line of Windows": (swap(GOOD, b"\n", b"\r\n")[:-2], TRUNCATED),
    "line separators of Unicode in a cell": (
        noted("a\u2028b\u2029c".encode(), b"\x85".decode("latin-1").encode(), b"d"),
        loaded(),
    ),
    "vertical tabs and form feeds in a cell": (noted(b"a\x0bb", b"c\x0cd", b"e\x1cf"), loaded()),
    # cells
    "a cell too few in a row": (HEADER + b"\n" + swap(ONE, b",U,", b",U") + TWO + THREE, MALFORMED),
    "a cell too few in the last row": (
        HEADER + b"\n" + ONE + TWO + swap(THREE, b",T,", b",T"),
        TRUNCATED,
    ),
    "a cell too many in a row": (
        HEADER + b"\n" + swap(ONE, b",U,", b",U,,") + TWO + THREE,
        MALFORMED,
    ),
    "a cell too many in the last row": (
        HEADER + b"\n" + ONE + TWO + swap(THREE, b",T,", b",T,,"),
        MALFORMED,
    ),
    "a cell too many in every row": (HEADER + b"\n" + swap(BODY, b"\n", b",\n"), MALFORMED),
    "a cell too many everywhere": (swap(GOOD, b"\n", b",\n"), loaded()),
    "rows of delimiters": (GOOD + b",,,,,\n" * 3, loaded(rows=6, attendance__missing_field=3)),
    "semicolons": (swap(GOOD, b",", b";"), CHANGED),
    "tabs": (swap(GOOD, b",", b"\t"), CHANGED),
    "bars": (swap(GOOD, b",", b"|"), CHANGED),
    "blanks around every cell": (swap(GOOD, b",", b" , "), loaded()),
    "a thousand columns more": (
        HEADER
        + b"".join(b",x%d" % n for n in range(1000))
        + b"\n"
        + swap(BODY, b"\n", b"," * 1000 + b"\n"),
        loaded(),
    ),
    "more columns than any export": (
        HEADER
        + b"".join(b",x%d" % n for n in range(2000))
        + b"\n"
        + swap(BODY, b"\n", b"," * 2000 + b"\n"),
        MALFORMED,
    ),
    # quotes
    "quotes around every cell": (
        b"".join(
            b'"' + swap(line, b",", b'","') + b'"\n' for line in GOOD.rstrip(b"\n").split(b"\n")
        ),
        loaded(),
    ),
    "a comma in quotes": (noted(b'"a,b"', b'"c,,d"', b'","'), loaded()),
    "doubled quotes": (noted(b'"a ""b"" c"', b'""""', b'""'), loaded()),
    "a quote inside a cell": (noted(b'a "b" c', b"5' 6\"", b'x"'), loaded()),
    "text behind a closing quote": (noted(b'"a"b', b'"c" d', b"e"), loaded()),
    "backslashes before quotes": (noted(b'"a \\"b"', b"c\\", b"d"), loaded()),
    "curly quotes": (noted("“a,b”".encode().replace(b",", b""), "‘c’".encode(), b"d"), loaded()),
    "a quote that never closes": (noted(b'"a', b"b", b"c"), TRUNCATED),
    "a quote that never closes in the last row": (noted(b"a", b"b", b'"c'), TRUNCATED),
    "a quote that opens and closes in other rows": (noted(b'"a', b'b"', b"c"), MALFORMED),
    "two quotes that take in one row": (noted(b'"', b'"', b"c"), MALFORMED),
    "a quote before the first cell": (HEADER + b'\n"' + ONE + TWO + THREE, TRUNCATED),
    "a line break in a cell": (noted(b'"a\nb"', b"c", b"d"), MALFORMED),
    "a carriage return in a cell": (noted(b'"a\rb"', b"c", b"d"), MALFORMED),
    "a line break in an id": (swap(GOOD, b"102,", b'"10\n2",'), MALFORMED),
    "an open quote in the header": (HEADER + b',"note\n' + swap(BODY, b"\n", b",x\n"), MALFORMED),
    "a header quote that takes in rows": (
        HEADER
        + b',"note\n'
        + ONE.rstrip()
        + b",x\n"
        + TWO.rstrip()
        + b',x"\n\n'
        + THREE.rstrip()
        + b",x\n",
        MALFORMED,
    ),
    "a header quote that takes in the rest": (
        HEADER + b',"note\n' + ONE.rstrip() + b",x\n\n" + TWO.rstrip() + b",x\n",
        MALFORMED,
    ),
    # headers
    "nothing but a header": (HEADER + b"\n", NOTHING),
    "no header": (BODY, CHANGED),
    "a header of blanks": (b" , , , , , \n" + BODY, EMPTY),
    "a header in capitals": (HEADER.upper() + b"\n" + BODY, CHANGED),
    "headers in another order": (
        b"date,code,minutes,local_id,school_code,period\n"
        b"2026-11-18,U,,101,3400001,\n2026-11-19,E,,102,3400001,\n2026-11-20,T,,103,3400001,\n",
        loaded(),
    ),
    "a header with blanks around it": (swap(HEADER, b",", b" , ") + b"\n" + BODY, loaded()),
    "a header with a look-alike letter": (
        swap(HEADER, b"date", "dаte".encode()) + b"\n" + BODY,
        CHANGED,
    ),
    "a header with an invisible character": (
        swap(HEADER, b"date", "da\u200bte".encode()) + b"\n" + BODY,
        CHANGED,
    ),
    "a spreadsheet's line before the header": (b"sep=,\n" + GOOD, CHANGED),
    "a title before the header": (b"Attendance,,,,,\n" + GOOD, CHANGED),
    "a header of a formula": (swap(HEADER, b"date", b"=date") + b"\n" + BODY, CHANGED),
    "the header again in the middle": (
        HEADER + b"\n" + ONE + HEADER + b"\n" + TWO + THREE,
        loaded(rows=4, attendance__invalid_id=1),
    ),
    "a summary below the rows": (
        GOOD + b"Total,,,3,,\n",
        loaded(rows=4, attendance__missing_field=1),
    ),
    # size
    "a cell of nearly two million signs that nobody reads": (
        noted(b"a" * 1_900_000, b"b", b"c"),
        loaded(),
    ),
    "a quoted cell of more than a million signs": (
        noted(b'"' + b"a" * 1_000_001 + b'\nb"', b"b", b"c"),
        MALFORMED,
    ),
    "a cell of ten million signs": (noted(b"a" * 10_000_000, b"b", b"c"), MALFORMED),
    "a quoted cell of ten million signs": (
        noted(b'"' + b"a," * 5_000_000 + b'"', b"b", b"c"),
        MALFORMED,
    ),
    "ten million delimiters": (GOOD + b"," * 10_000_000 + b"\n", MALFORMED),
    "ten million quotes": (GOOD + b'"' * 10_000_000 + b"\n", MALFORMED),
    "a hundred thousand blank lines": (GOOD + b"\n" * 100_000, loaded()),
    "a hundred thousand rows of one delimiter": (GOOD + b",\n" * 100_000, TRUNCATED),
}

TRAILED = template().of("attendance")
TRAILERS: dict[str, tuple[bytes, Refused | Loaded]] = {
    "no trailer": (swap(TRAILED, b"#ROWS=3\r\n", b""), TRUNCATED),
    "a trailer of fewer rows": (swap(TRAILED, b"=3", b"=2"), TRUNCATED),
    "a trailer of more rows": (swap(TRAILED, b"=3", b"=4"), TRUNCATED),
    "a trailer without a number": (swap(TRAILED, b"=3", b"="), TRUNCATED),
    "a trailer of a negative number": (swap(TRAILED, b"=3", b"=-3"), TRUNCATED),
    "a trailer of a fraction": (swap(TRAILED, b"=3", b"=3.0"), TRUNCATED),
    "a trailer in other digits": (swap(TRAILED, b"=3", "=٣".encode()), TRUNCATED),
    "a trailer with a superscript": (swap(TRAILED, b"=3", "=³".encode()), TRUNCATED),
    "a trailer of five thousand digits": (swap(TRAILED, b"=3", b"=" + b"1" * 5000), TRUNCATED),
    "a trailer with zeros before": (swap(TRAILED, b"=3", b"=003"), loaded()),
    "a trailer with commas behind it": (swap(TRAILED, b"=3", b"=3,,,,"), loaded()),
    "a trailer in quotes": (swap(TRAILED, b"#ROWS=3", b'"#ROWS=3"'), loaded()),
    "a trailer with blanks around it": (swap(TRAILED, b"#ROWS=3", b"  #ROWS= 3  "), loaded()),
    "a trailer in small letters": (swap(TRAILED, b"ROWS", b"rows"), TRUNCATED),
    "two trailers": (TRAILED + b"#ROWS=3\r\n", TRUNCATED),
    "rows behind the trailer": (TRAILED + b"000101,3400001,2026-11-19,U,\r\n", TRUNCATED),
    "a trailer without an end of its line": (TRAILED[:-2], loaded()),
    "a trailer cut in its number": (swap(TRAILED, b"#ROWS=3\r\n", b"#ROWS"), TRUNCATED),
    "a trailer and nothing else": (b"#ROWS=0\r\n", EMPTY),
    "a trailer that counts no rows": (
        TRAILED.split(b"\r\n")[0] + b"\r\n#ROWS=0\r\n",
        NOTHING,
    ),
    "a trailer in a quote that never closes": (swap(TRAILED, b",U,", b',"U,'), TRUNCATED),
}


def _of(
    names: dict[str, tuple[bytes, Refused | Loaded]], speaker: Callable[[], Speaker]
) -> Iterator[Case]:
    for name, (content, end) in names.items():

        def make(content: bytes = content) -> Files:
            return speaker().with_file("attendance", content)

        yield Case(family=FAMILY, name=name, speaker=speaker, make=make, end=end)


def _rosters() -> Iterator[Case]:
    """A roster row that cannot be read is set aside alone, unless it may hide others."""

    def case(
        name: str,
        table: str,
        content: bytes,
        end: Refused | Loaded,
        speaker: Callable[[], Speaker] = plain,
    ) -> Case:
        return Case(
            family=FAMILY,
            name=name,
            speaker=speaker,
            make=lambda: speaker().with_file(table, content),
            end=end,
        )

    guardians = plain().of("guardians")
    yield case(
        "an address of two lines",
        "guardians",
        swap(guardians, b"1 Zyxquillfeather St", b'"1 Zyxquillfeather St\nApt 2, rear"'),
        loaded(),
    )
    yield case(
        "a guardian with a cell too many",
        "guardians",
        swap(guardians, b"Galt,CA", b"Galt,CA,USA", 1),
        loaded(guardians__missing_field=1),
    )
    spans = plain().of("enrollments")
    first = spans.partition(b"\n101")[0]
    for speaker in (plain, whole):
        key = speaker().key
        yield case(
            f"two quotes that take in an enrollment ({key})",
            "enrollments",
            first
            + b'\n101,3400001,09,2026-08-12,"\n102,3400001,09,2026-08-12,"\n103,3400001,09,2026-08-12,\n',
            refused(Reason.FILE_MALFORMED, "enrollments.csv"),
            speaker,
        )
        yield case(
            f"an enrollment with a cell too few ({key})",
            "enrollments",
            swap(spans, b"102,3400001,", b"102,"),
            loaded(
                without=("102",), enrollments__missing_field=1, attendance__outside_enrollment=1
            ),
            speaker,
        )
    yield case(
        "a student with a cell too many",
        "students",
        swap(plain().of("students"), b"102,", b"102,,"),
        loaded(
            without=("102",),
            students__missing_field=1,
            enrollments__unknown_student=1,
            guardians__unknown_student=1,
            attendance__unknown_student=1,
        ),
    )
    yield case(
        "a calendar with a quote that takes in a day",
        "calendar",
        swap(
            plain().of("calendar"),
            b"2026-11-18,Y\n3400001,2026-11-19,Y",
            b'2026-11-18,"\n3400001,2026-11-19,"',
        ),
        refused(Reason.FILE_MALFORMED, "calendar.csv"),
    )


CASES = [*_of(ENDS, plain), *_of(TRAILERS, template), *_rosters()]
