import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.connectors import json_pages
from pact_etl.connectors.json_pages import elements, json_value, page_elements, sequence_file
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab\x1e\n", max_size=3), inner, max_size=3)
    ),
    max_leaves=4,
)
objects = st.dictionaries(st.text("abc", max_size=3), values, max_size=3)


def without_zeros(pages):
    return "\\u0000" not in json.dumps(pages)


@settings(max_examples=50)
@given(
    st.lists(st.lists(objects, max_size=3), max_size=3).filter(without_zeros),
    st.sampled_from([None, 1]),
)
def test_pages_come_back_as_they_were_with_positions_over_all_of_them(pages, indent):
    bodies = [json.dumps(page, indent=indent).encode() for page in pages]

    file = sequence_file("students", bodies)

    assert file.name == "students.json-seq"
    flat = [element for page in pages for element in page]
    assert list(elements(file)) == list(enumerate(flat, 1))
    assert all(body in file.content for body in bodies)


def test_a_page_that_is_one_object_is_one_element_and_fractions_stay_texts():
    assert page_elements(b'{"a": 0.50, "b": 1e999}', "x") == [{"a": "0.50", "b": "1e999"}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.FILE_EMPTY),
        (b" \n", Reason.FILE_EMPTY),
        (b"\xff", Reason.ENCODING_INVALID),
        ('[{"a": "é"}]'.encode("latin-1"), Reason.ENCODING_INVALID),
        ('[{"a": "é"}]'.encode("utf-16"), Reason.ENCODING_INVALID),
        (b'[{"a": "\\ud83d"}]', Reason.ENCODING_INVALID),
        (b'[{"a": "\\u0000"}]', Reason.ENCODING_INVALID),
        (b'[{"a": 1}', Reason.FILE_MALFORMED),
        (b'[{"a": NaN}]', Reason.FILE_MALFORMED),
        (b'[{"a": "\x1e"}]', Reason.FILE_MALFORMED),
        (b"[1]", Reason.FILE_MALFORMED),
        (b"null", Reason.FILE_MALFORMED),
        (b'{"a": ' + b"9" * 5000 + b"}", Reason.FILE_MALFORMED),
        (b"[" * 65 + b"]" * 65, Reason.FILE_MALFORMED),
        (b"[[],[" * 65 + b"]]" * 65, Reason.FILE_MALFORMED),
        (b"[" * 10_000_000, Reason.FILE_MALFORMED),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, Reason.FILE_MALFORMED),
    ],
)
def test_what_is_no_page_is_refused_with_its_reason(body, reason):
    with pytest.raises(SubmissionRefused) as refused:
        page_elements(body, "students")
    assert (refused.value.reason, refused.value.file) == (reason, "students")


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf[]",
        b'[{"a": "\\ud83d\\ude00"}]',
        b'[{"a": "\\\\u0000"}]',
        b'[{"a": "[[[[[[[[{{{{{{{{\\"[[[["}]',
        b"[" * 64 + b"]" * 64,
    ],
)
def test_what_only_looks_odd_is_read(body):
    assert json_value(body, "x") is not None


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_value_or_a_reason(body):
    try:
        found = list(elements(RawFile(name="x", content=b"\x1e" + body)))
    except SubmissionRefused as refused:
        found = refused.reason

    assert isinstance(found, list | Reason)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]\n", Reason.FILE_MALFORMED),
        (b'\x1e[{"a": 1}]', Reason.FILE_TRUNCATED),
        (b"\x1e[]\n\x1e", Reason.FILE_TRUNCATED),
    ],
)
def test_a_file_that_was_torn_is_noticed(content, reason):
    with pytest.raises(SubmissionRefused) as refused:
        list(elements(RawFile(name="x", content=content)))
    assert refused.value.reason is reason


NAMES = st.sampled_from(
    ['"a"', '"b"', '"\\u0061"', '"a:"', '"\\u003a"', '"\\u003A"', '""', '"[{"', '"é"']
)
PLAIN = st.sampled_from(
    [
        *(
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1",
            "-1",
            "0.50",
            "1e999",
            "-1E-9",
            "01",
            "1.",
            "NaN",
            "-Infinity",
        ),
        *(
            '""',
            '"a"',
            '":"',
            '"\\""',
            '"\\\\"',
            '"[]"',
            '"]"',
            '"\\u003a"',
            '"\\ud83d\\ude00"',
            '"\\ud83d"',
            '"\t"',
        ),
        *(
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "-9223372036854775809",
            "9" * 40,
        ),
        *("9" * 5000, "1e5", "123456789012345678901234567890.5", '"\\/"', "'a'", "nul", ""),
    ]
)
SPACE = st.sampled_from(["", " ", "\n", " : ", "\ufeff"])


def texts(inner):
    members = st.lists(st.tuples(NAMES, inner), max_size=4)
    return st.one_of(
        st.lists(inner, max_size=4).map(lambda found: f"[{','.join(found)}]"),
        members.map(lambda found: "{" + ", ".join(f"{n} :{v}" for n, v in found) + "}"),
    )


def answer(read, body):
    try:
        return repr(read(body, "x"))
    except SubmissionRefused as refused:
        return refused.reason


@settings(max_examples=1500)
@given(st.tuples(SPACE, st.recursive(PLAIN, texts, max_leaves=12), SPACE).map("".join))
def test_the_fast_reader_says_what_the_exact_one_says_or_nothing(text):
    body = text.encode()
    fast = json_pages._read_fast(body)
    assert fast is None or repr(fast) == answer(json_pages._read_exactly, body)


@pytest.mark.parametrize(
    "said", ['"a":1,"a":1', '"a":":","a":1', '"a":{"b":1},"a":2', '"a":1,"\\u0061":"\\u003a"']
)
def test_a_name_said_twice_is_never_read_fast(said):
    assert json_pages._read_fast(b"[{" + said.encode() + b"}]") is None


def test_an_ordinary_page_is_read_fast():
    body = b'[{"id": "1", "name": "Ann: \\"A\\"", "share": 0.50, "at": {"time": "08:30"}}]'
    assert json_pages._read_fast(body) == [
        {"id": "1", "name": 'Ann: "A"', "share": "0.50", "at": {"time": "08:30"}}
    ]
