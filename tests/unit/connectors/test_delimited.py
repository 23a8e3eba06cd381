import codecs
import contextlib
import csv
import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.connectors.files import delimited
from pact_etl.connectors.files.delimited import Rows, Shape, read_rows
from pact_etl.domain.errors import SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

TEXT = "ID,NAME\n1,Zoë\n2,Łucja\n"


def read(content: bytes, encoding: str = "utf-8", delimiter: str = ",") -> Rows:
    return read_rows("f.csv", content, Shape(encoding=encoding, delimiter=delimiter, trailer=None))


def refusal(content: bytes, encoding: str = "utf-8", delimiter: str = ",") -> Reason:
    with pytest.raises(SubmissionRefused) as refused:
        read(content, encoding, delimiter)
    return refused.value.reason


def names(rows: Rows) -> list[str]:
    return rows.cells.iloc[:, 1].tolist()


MARKED = {
    "utf-8": codecs.BOM_UTF8 + TEXT.encode(),
    "utf-16-le": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "utf-16-be": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-32-le": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "utf-32-be": codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
}


@pytest.mark.parametrize("form", MARKED)
def test_a_marked_file_is_read_in_the_byte_order_it_states(form):
    family = form.removesuffix("-le").removesuffix("-be")

    rows = read(MARKED[form], encoding=family)

    assert rows.header == ["ID", "NAME"]
    assert names(rows) == ["Zoë", "Łucja"]


@pytest.mark.parametrize("form", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_an_unmarked_file_is_read_in_the_byte_order_that_the_dialect_states(form):
    assert names(read(TEXT.encode(form), encoding=form)) == ["Zoë", "Łucja"]


@pytest.mark.parametrize("family", ["utf-16", "utf-32"])
def test_without_a_mark_or_a_stated_order_the_byte_order_is_not_guessed(family):
    assert refusal(TEXT.encode(f"{family}-le"), encoding=family) is Reason.ENCODING_INVALID


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1"])
@pytest.mark.parametrize("form", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_wide_file_in_place_of_a_narrow_one_is_refused(form, encoding):
    assert refusal(MARKED[form], encoding=encoding) is Reason.ENCODING_INVALID


def test_the_mark_of_utf_32_is_not_taken_for_that_of_utf_16():
    assert refusal(MARKED["utf-32-le"], encoding="utf-16") is Reason.ENCODING_INVALID


def test_windows_characters_are_read_and_undefined_ones_refused():
    assert names(read("ID,NAME\n1,“Zoë”\n".encode("cp1252"), "cp1252")) == ["“Zoë”"]
    assert refusal(b"ID,NAME\n1,\x81\n", "cp1252") is Reason.ENCODING_INVALID


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_character_cut_at_the_end_is_refused(cut):
    assert refusal("ID\n1,😀".encode()[:-cut]) is Reason.ENCODING_INVALID


def test_a_character_across_the_border_of_two_pieces_is_whole():
    for shift in range(4):
        padding = "x" * ((1 << 20) - len("ID,NAME\n1,") - shift)
        for encoding in ("utf-8", "utf-16-be"):
            content = f"ID,NAME\n1,{padding[:500_000]}\n2,{padding[500_000:-3]}😀\n".encode(
                encoding
            )
            assert names(read(content, encoding))[1].endswith("😀")


@pytest.mark.parametrize(
    "delimiter", [",", "\t", ";", "|", "^", "~", "\x01", "\x1f", "¦", "§", " "]
)
def test_any_one_character_delimits(delimiter):
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(
        [("ID", "NAME"), ("1", f"a{delimiter}b"), ("2", "c,d")]
    )

    assert names(read(stream.getvalue().encode(), delimiter=delimiter)) == [
        f"a{delimiter}b",
        "c,d",
    ]


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "\r", "\0"])
def test_what_cannot_delimit_is_a_fault_of_the_settings(delimiter):
    with pytest.raises(SettingsError):
        read(TEXT.encode(), delimiter=delimiter)


@pytest.mark.parametrize("encoding", ["utf-9", "zlib", "rot13"])
def test_what_is_no_encoding_is_a_fault_of_the_settings(encoding):
    with pytest.raises(SettingsError):
        read(TEXT.encode(), encoding=encoding)


def test_headers_may_stand_among_blanks():
    assert read(b" ID ,\tNAME  \n1,Ana\n").header == ["ID", "NAME"]


FORMULAS = ['=HYPERLINK("http://x","y")', "@SUM(A1)", "+1", "-1", "=cmd|' /C calc'!A0", "=1+1"]


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
def test_formulas_are_text_like_any_other(quoting):
    stream = io.StringIO()
    rows = [("ID", "NAME"), *((str(n), f) for n, f in enumerate(FORMULAS))]
    csv.writer(stream, quoting=quoting, lineterminator="\n").writerows(rows)

    assert names(read(stream.getvalue().encode())) == FORMULAS


def test_an_id_that_a_spreadsheet_wrapped_in_a_formula_keeps_its_wrapping():
    assert names(read(b'ID,NAME\n1,="0001234"\n')) == ['="0001234"']


def test_quoted_newlines_of_every_kind_stay_in_their_cell():
    for line_end in ("\n", "\r\n", "\r"):
        content = f'ID,NAME{line_end}1,"12 Oak St{line_end}Apt 3"{line_end}2,Bo{line_end}'

        rows = read(content.encode())

        assert names(rows) == [f"12 Oak St{line_end}Apt 3", "Bo"]
        assert rows.lines.tolist() == [2, 4]


def test_a_line_of_a_control_z_in_the_middle_ends_nothing():
    rows = read(b'ID,NAME\n1,"a\nb"\n\x1a\n2,Bo\n')

    assert rows.cells.iloc[:, 0].tolist() == ["1", "", "2"]
    assert rows.broken == [1]


TEN_MILLION = 10_000_000

HUGE = {
    "in one line": b"ID,NAME\n1," + b"x" * TEN_MILLION + b"\n2,Bo\n",
    "in quotes": b'ID,NAME\n1,"' + b"x" * TEN_MILLION + b'"\n2,Bo\n',
    "over many lines": b'ID,NAME\n1,"' + b"x\n" * (TEN_MILLION // 2) + b'"\n2,Bo\n',
    "of quotes": b'ID,NAME\n1,"' + b'""' * (TEN_MILLION // 2) + b'"\n2,Bo\n',
    "in the header": b"ID,NAME" + b"x" * TEN_MILLION + b"\n2,Bo\n",
    "of nothing but delimiters": b"ID,NAME\n" + b"," * TEN_MILLION + b"\n2,Bo\n",
    "without a line end": b"ID,NAME\n1," + b"x" * TEN_MILLION,
    "with old Macintosh line ends": b"ID,NAME\r1," + b"x" * TEN_MILLION + b"\r2,Bo\r",
}


@pytest.mark.parametrize("kind", HUGE)
def test_a_field_of_ten_million_characters_is_refused_within_bounded_memory(kind):
    tracemalloc.start()
    try:
        assert refusal(HUGE[kind]) in (Reason.FILE_MALFORMED, Reason.FILE_TRUNCATED)
        assert tracemalloc.get_traced_memory()[1] < 8 * TEN_MILLION
    finally:
        tracemalloc.stop()


def test_many_rows_of_a_million_empty_cells_cost_no_more_than_their_bytes():
    content = b"ID,NAME\n" + (b"," * 1_000_000 + b"\n") * 20 + b"2,Bo\n"

    tracemalloc.start()
    try:
        rows = read(content)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(content)
    finally:
        tracemalloc.stop()
    assert len(rows.broken) == 20


def test_thousands_of_columns_are_refused():
    assert refusal(b",".join(b"c%d" % n for n in range(5000)) + b"\n") is Reason.FILE_MALFORMED


@pytest.mark.parametrize(
    "where", ["ID\0,NAME\n1,Ana\n", "ID,NAME\n1,A\0na\n", "ID,NAME\n1,Ana\n\0\0\0\n"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le"])
def test_zero_bytes_are_refused_wherever_they_stand(where, encoding):
    assert refusal(where.encode(encoding), encoding) is Reason.ENCODING_INVALID


LINE = st.text(st.sampled_from('ab,"\t;=\x1a é '), max_size=8)


@settings(max_examples=400, deadline=None)
@given(lines=st.lists(LINE, max_size=6), line_end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_fast_reader_never_differs_from_the_exact_one(lines, line_end):
    data = line_end.join(["h1,h2", *lines, ""]).encode()
    header, body = delimited._split_header("f", data, ",")
    fast = delimited._read_fast(header, body, ",")
    if fast is None:
        return  # it says itself that it cannot

    try:
        exact = delimited._read_exact("f", header, data, ",")
    except SubmissionRefused:
        pytest.fail("the fast reader took what the exact one refuses")
    assert fast.cells.to_numpy().tolist() == exact.cells.to_numpy().tolist()
    assert fast.lines.tolist() == exact.lines.tolist()


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=60), encoding=st.sampled_from(["utf-8", "cp1252", "utf-16"]))
def test_any_bytes_end_in_rows_or_a_reason(content, encoding):
    with contextlib.suppress(SubmissionRefused):
        rows = read(b"ID,NAME\n" + content if encoding != "utf-16" else content, encoding)
        assert len(rows.cells) == len(rows.lines)
