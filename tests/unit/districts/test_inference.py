"""What sample files say about how a district writes them."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.districts.cell_forms import DATE_FORMATS, date_format_of, id_digits_of
from pact_etl.districts.dialects import Dialect
from pact_etl.districts.inference import infer, pattern_for
from pact_etl.districts.reading import read_mapping
from pact_etl.districts.sample_text import Sample, SampleText, read_sample
from pact_etl.domain.errors import UsageError
from pact_etl.settings import ROOT
from tests.oneroster_files import S1, S2, V11, V12, beside, oneroster, records

DIALECTS = [
    Dialect.of(path.stem, read_mapping(path))
    for path in sorted((ROOT / "config" / "dialects").glob("*.yaml"))
]
FILE_DIALECTS = [one for one in DIALECTS if one.columns]


def text_of(name: str, content: "str | bytes") -> SampleText:
    raw = content if isinstance(content, bytes) else content.encode()
    return read_sample(Sample(name=name, content=raw))


def headers_of(dialect: Dialect) -> list[SampleText]:
    """Every file of a dialect with its titles alone."""
    delimiter = str(dialect.settings.get("delimiter", ","))
    trailer = dialect.settings.get("trailer")
    end = f"{trailer}0\n" if trailer else ""
    return [
        text_of(table, delimiter.join(sorted(dialect.titles(table))) + "\n" + end)
        for table in dialect.columns
    ]


@pytest.mark.parametrize("dialect", FILE_DIALECTS, ids=lambda one: one.name)
def test_the_titles_of_a_dialect_are_recognised_as_that_dialect(dialect: Dialect):
    found = infer(headers_of(dialect), DIALECTS)

    assert (found.dialect, found.fit) == (dialect.name, 1.0)
    assert found.tables == {table: table for table in dialect.columns}
    assert found.settings == {}
    assert found.strangers == ()
    assert found.missing == found.unplaced == {}


@pytest.mark.parametrize(
    "dialect", [one for one in FILE_DIALECTS if not one.standard_files], ids=lambda one: one.name
)
def test_attendance_alone_is_enough_to_tell_a_dialect(dialect: Dialect):
    [attendance] = [t for t in headers_of(dialect) if t.name == "attendance"]

    assert infer([attendance], DIALECTS).dialect == dialect.name


@given(
    st.lists(
        st.lists(
            st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=8),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(",\t;|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
)
def test_delimiter_encoding_and_trailer_are_read_off_the_bytes(
    rows: list[list[str]], delimiter: str, encoding: str, trailed: bool
):
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(
        [["ID", "SC", "AL"], *rows]
    )
    end = f"#ROWS={len(rows)}\n" if trailed else ""

    found = text_of("ATT.csv", (written.getvalue() + end).encode(encoding))

    assert found.delimiter == delimiter
    assert found.header == ("ID", "SC", "AL")
    assert found.rows == rows
    assert (found.trailer, found.row_count) == ("#ROWS=" if trailed else None, len(rows))
    assert found.encoding in (encoding, "ascii" if encoding == "utf-8" else encoding)


def test_windows_characters_are_told_from_utf_8():
    assert text_of("a.csv", "ID,LN\n1,Núñez\n".encode("cp1252")).encoding == "cp1252"
    assert text_of("a.csv", "ID,LN\n1,Núñez\n".encode()).encoding == "utf-8"
    assert text_of("a.csv", "ID,LN\n1,Nunez\n").encoding == "ascii"


@pytest.mark.parametrize("last", ["#ROWS=3", "#ROWS=", "Sum 1", "1,2"])
def test_a_last_line_that_does_not_state_the_rows_is_no_trailer(last: str):
    assert text_of("a.csv", f"ID,LN\n1,a\n2,b\n{last}\n").trailer is None


@pytest.mark.parametrize("content", [b"", b"\n\n", b"a\0b,c\n1,2\n", b"\x81\x8d,\x8f\n"])
def test_bytes_that_are_no_text_are_wrong_use(content: bytes):
    with pytest.raises(UsageError, match=r"^a\.csv: "):
        text_of("a.csv", content)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_sample_or_wrong_use(content: bytes):
    try:
        found = text_of("a.csv", content)
    except UsageError:
        return
    assert all(len(row) == len(found.header) for row in found.rows)


@given(
    st.lists(st.dates(date(1990, 1, 1), date(2030, 12, 31)), min_size=1, max_size=30),
    st.sampled_from(["%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d", "%m-%d-%Y", "%d.%m.%Y"]),
)
def test_the_format_that_dates_were_written_in_is_among_those_found(days: list[date], form: str):
    found = date_format_of([day.strftime(form) for day in days])

    assert form in found
    if any(day.day > 12 for day in days):
        assert found == (form,)
    assert set(found) <= set(DATE_FORMATS)


def test_dates_that_fit_two_formats_are_for_a_person_to_confirm():
    found = infer(
        [text_of("CAL.csv", "SC,DT,SD\n1,09/08/2026,Y\n1,09/09/2026,Y\n")],
        DIALECTS,
    )

    assert found.settings["date_format"] == "%m/%d/%Y"
    assert any("%m/%d/%Y or %d/%m/%Y" in note for note in found.unsure)


def test_texts_that_are_no_dates_give_no_format():
    assert date_format_of(["soon", "2026-11-20"]) == ()
    assert date_format_of([]) == ()


@given(st.lists(st.from_regex(r"[0-9]{1,9}", fullmatch=True), min_size=1, max_size=20))
def test_ids_have_a_number_of_digits_only_where_all_have_the_same(ids: list[str]):
    lengths = {len(one) for one in ids}

    assert id_digits_of(ids) == (lengths.pop() if len(lengths) == 1 else None)


def test_ids_that_are_not_digits_have_no_number_of_digits():
    assert id_digits_of(["A12345", "B12345"]) is None


def test_a_title_spelt_otherwise_is_placed_and_to_be_confirmed():
    found = infer([text_of("ATT.csv", "id,SC,DT,AL\n0000001,1,2026-11-20,A\n")], DIALECTS)

    assert found.dialect == "aeries_csv"
    assert found.settings["files"] == {"attendance": {"columns": {"local_id": "id"}}}
    assert any("attendance.local_id" in note for note in found.unsure)


def test_a_title_that_nobody_asks_for_and_a_column_that_is_not_there_are_told():
    found = infer([text_of("ATT.csv", "ID,SC,DT,Bus\n0000001,1,2026-11-20,7\n")], DIALECTS)

    assert found.unplaced == {"attendance": ("Bus",)}
    assert found.missing == {"attendance": ("code",)}


def test_a_file_of_something_else_is_named_and_its_cells_are_not():
    att = text_of("ATT.csv", "ID,SC,DT,AL\n0000001,1,2026-11-20,A\n")
    cal = text_of("CAL.csv", "SC,DT,SD\n1,2026-11-20,Y\n")
    bus = text_of("BUS.csv", "Ana Vang,12 Oak Ave\nBo Vang,13 Oak Ave\n")

    found = infer([att, cal, bus], DIALECTS)

    assert found.strangers == ("BUS.csv",)
    assert "Vang" not in repr(found)


def test_files_that_no_dialect_knows_are_wrong_use_that_quotes_nothing():
    with pytest.raises(UsageError) as refused:
        infer([text_of("x.csv", "Ana Vang,Galt\nBo Vang,Galt\n")], DIALECTS)

    assert "Vang" not in str(refused.value)


def test_a_trailer_that_the_dialect_has_and_the_samples_lack_is_doubted():
    found = infer([text_of("a.csv", "local_id,school_code,date,code,minutes\n")], DIALECTS)

    assert found.settings["trailer"] is None
    assert any("row count" in note for note in found.unsure)


def test_ids_of_several_lengths_are_doubted():
    header = "ID,CID,FN,LN,BD,HL,FOS,HOM,DNS\n"
    rows = "1234567,,a,b,2015-01-01,eng,,,\n123456,,a,b,2015-01-01,eng,,,\n"

    found = infer([text_of("STU.csv", header + rows)], DIALECTS)

    assert found.settings["id_digits"] is None
    assert any("leading zeros" in note for note in found.unsure)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("ATT_20261120.csv", "ATT_{as_of:%Y%m%d}.csv"),
        ("att-2026-11-20.zip!ATT.csv", "att-{as_of}.zip!ATT.csv"),
        ("ATT.csv", "ATT.csv"),
        ("ATT_12345678.csv", "ATT_12345678.csv"),
    ],
)
def test_the_night_in_a_file_name_becomes_a_pattern(name: str, pattern: str):
    assert pattern_for(name) == pattern


def samples_of(files: dict[str, bytes]) -> list[SampleText]:
    return [text_of(name, content) for name, content in sorted(files.items())]


@pytest.mark.parametrize("version", [V11, V12])
def test_a_oneroster_delivery_is_recognised_in_both_versions_with_all_that_is_not_read(version):
    files = oneroster(version, records(version)) | beside({S1: "3400001", S2: "3400002"})
    files |= {"lineItems.csv": b"sourcedId,status,title\r\n", "results.csv": b"sourcedId,score\r\n"}

    found = infer(samples_of(files), DIALECTS)

    assert (found.dialect, found.fit) == ("oneroster", 1.0)
    assert found.strangers == ()
    assert found.missing == {}
    assert found.settings == {}
    assert found.tables["class_enrollments"] == "enrollments.csv"
    assert found.tables["attendance"] == "attendance.csv"
    assert ("roles" in found.tables) is (version == V12)


@pytest.mark.parametrize("version", [V11, V12])
def test_a_oneroster_archive_alone_is_recognised(version):
    files = {f"export.zip!{n}": c for n, c in oneroster(version, records(version)).items()}

    found = infer(samples_of(files), DIALECTS)

    assert (found.dialect, found.fit) == ("oneroster", 1.0)


def test_how_the_files_beside_oneroster_are_written_is_read_off_them_alone():
    files = oneroster(V12, records(V12))
    files["users.csv"] = b"\xef\xbb\xbf" + files["users.csv"].rstrip()
    own = "local_id;school_code;date;code;minutes\nZo\xeb;1;20/11/2026;U;\n".encode("cp1252")

    found = infer(samples_of(files | {"attendance.csv": own}), DIALECTS)

    assert found.settings == {
        "encoding": "cp1252",
        "delimiter": ";",
        "trailer": None,
        "date_format": "%d/%m/%Y",
    }


def test_the_templates_files_are_the_templates_without_a_oneroster_file_among_them():
    [template] = [one for one in DIALECTS if one.name == "template_csv"]
    one_by_one = [infer([text], DIALECTS).dialect for text in headers_of(template)]

    assert "oneroster" not in one_by_one
    assert infer(headers_of(template), DIALECTS).dialect == "template_csv"


@pytest.mark.parametrize(
    "dialect", [one for one in FILE_DIALECTS if not one.standard_files], ids=lambda one: one.name
)
def test_two_files_of_a_dialect_are_not_taken_for_another(dialect: Dialect):
    texts = headers_of(dialect)
    pairs = [[one, texts[-1]] for one in texts[:-1]]

    assert {infer(pair, DIALECTS).dialect for pair in pairs} == {dialect.name}
