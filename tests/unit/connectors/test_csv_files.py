import csv
import io
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.connectors.files.connector import CsvFiles
from pact_etl.connectors.files.delimited import Shape, read_rows
from pact_etl.connectors.protocol import RawFile
from pact_etl.connectors.registry import connector_for
from pact_etl.domain.errors import Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from tests.sources import file_sources, pull

STU = b"ID,FN,LN,EXTRA\n0000001,Ana,Canary,x\n0000002,Bo,Day,y\n"
ATT = b"ID,SC,DT,ST,EX\n0000001,3400001,2026-11-20,A,U\n0000002,3400001,2026-11-20,A,E\n"
AS_OF = date(2026, 11, 20)


def parse(district, stu=STU, att=ATT):
    files = [RawFile(name="STU.csv", content=stu), RawFile(name="ATT.csv", content=att)]
    return {t.table: t for t in CsvFiles("unused").parse(district, files).tables}


def refusal(district, **files):
    with pytest.raises(SubmissionRefused) as refused:
        parse(district, **files)
    return refused.value


def test_columns_get_canonical_names_and_extra_ones_are_ignored(make_district):
    frame = parse(make_district())["students"].frame

    assert list(frame) == ["local_id", "last_name", "first_name", "row"]
    assert frame["local_id"].tolist() == ["0000001", "0000002"]
    assert frame["row"].tolist() == [2, 3]


def test_a_code_spread_over_two_columns_is_joined_by_a_colon(make_district):
    assert parse(make_district())["attendance"].frame["code"].tolist() == ["A:U", "A:E"]


def test_two_empty_code_columns_are_an_empty_code(make_district):
    att = b"ID,SC,DT,ST,EX\n1,2,2026-11-20,,\n"

    assert parse(make_district(), att=att)["attendance"].frame["code"].tolist() == [""]


def test_every_cell_is_text_and_missing_ones_are_empty(make_district):
    frame = parse(make_district(), stu=b"ID,FN,LN\n007,NA,null\n008,,\n")["students"].frame

    assert frame["first_name"].tolist() == ["NA", ""]
    assert frame["last_name"].tolist() == ["null", ""]
    assert (frame.drop(columns="row").dtypes == "str").all()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_the_dialects_encoding_is_read(make_district, encoding):
    stu = "ID,FN,LN\n1,Zoë,Nuñez\n".encode(encoding)
    att = ATT.decode().encode(encoding)

    frame = parse(make_district(encoding=encoding), stu=stu, att=att)["students"].frame

    assert frame["first_name"].tolist() == ["Zoë"]


def test_a_byte_order_mark_is_believed_over_the_dialect(make_district):
    stu = b"\xef\xbb\xbf" + "ID,FN,LN\n1,Zoë,Nuñez\n".encode()

    frame = parse(make_district(encoding="cp1252"), stu=stu)["students"].frame

    assert frame["first_name"].tolist() == ["Zoë"]


def test_tabs_and_windows_line_ends_are_read(make_district):
    stu = b"ID\tFN\tLN\r\n1\tAna\tDay\r\n"
    att = ATT.replace(b",", b"\t").replace(b"\n", b"\r\n")

    frame = parse(make_district(delimiter="\t"), stu=stu, att=att)["students"].frame

    assert frame["last_name"].tolist() == ["Day"]


def test_a_line_break_inside_quotes_belongs_to_the_cell_and_lines_are_counted_right(make_district):
    stu = b'ID,FN,LN\n1,"Ana\nMaria",Day\n\n2,Bo,Day\n'

    frame = parse(make_district(), stu=stu)["students"].frame

    assert frame["first_name"].tolist() == ["Ana\nMaria", "Bo"]
    assert frame["row"].tolist() == [2, 5]


def test_a_file_with_a_header_alone_has_no_rows(make_district):
    frame = parse(make_district(), stu=b"ID,FN,LN\n")["students"].frame

    assert frame.empty
    assert list(frame) == ["local_id", "last_name", "first_name", "row"]


@pytest.mark.parametrize(
    ("stu", "reason"),
    [
        (b"", Reason.FILE_EMPTY),
        (b"\xef\xbb\xbf", Reason.FILE_EMPTY),
        (b"\n\n", Reason.FILE_EMPTY),
        (b",,\n1,2,3\n", Reason.FILE_EMPTY),
        (b"ID,FN,LN\n1,Ana,D", Reason.FILE_TRUNCATED),
        (b"ID,FN,LN\n1,Ana", Reason.FILE_TRUNCATED),
        (b"ID,FN,LN\n1,Ana,Day\n2,B\n", Reason.FILE_TRUNCATED),
        (b'ID,FN,LN\n1,Ana,"Day\n', Reason.FILE_TRUNCATED),
        (b"ID,FN,LAST\n1,Ana,Day\n", Reason.HEADER_CHANGED),
        (b"1,Ana,Day\n", Reason.HEADER_CHANGED),
        (b"ID,FN,LN,LN\n1,Ana,Day,Day\n", Reason.HEADER_CHANGED),
        (b"ID,FN,LN\n1,An\xff,Day\n", Reason.ENCODING_INVALID),
        (b"ID,FN,LN\n1,\0\0\0,Day\n", Reason.ENCODING_INVALID),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_reason(make_district, stu, reason):
    error = refusal(make_district(), stu=stu)

    assert (error.reason, error.file) == (reason, "STU.csv")


def test_the_missing_header_is_named_by_its_canonical_column(make_district):
    assert refusal(make_district(), stu=b"ID,FN,LAST\n1,Ana,Day\n").field == "last_name"


def test_utf_16_in_place_of_the_dialects_encoding_is_refused(make_district):
    att = ATT.decode().encode("utf-16")

    for encoding in ("utf-8", "cp1252"):
        error = refusal(make_district(encoding=encoding), att=att)
        assert error.reason is Reason.ENCODING_INVALID


def test_a_roster_row_with_a_wrong_number_of_cells_is_emptied_alone(make_district):
    stu = b"ID,FN,LN\n1,Ana,Day, Jr\n2,Bo,Day\n"

    frame = parse(make_district(), stu=stu)["students"].frame

    assert frame["local_id"].tolist() == ["", "2"]
    assert frame["row"].tolist() == [2, 3]


def test_an_attendance_row_with_a_wrong_number_of_cells_refuses_the_file(make_district):
    att = b"ID,SC,DT,ST,EX\n1,2,2026-11-20,A,U,x\n1,2,2026-11-19,A,U\n"

    assert refusal(make_district(), att=att).reason is Reason.FILE_MALFORMED


def test_a_stray_quote_that_swallows_attendance_rows_refuses_the_file(make_district):
    att = b'ID,SC,DT,ST,EX\n1,2,2026-11-20,A,"U\n2,2,2026-11-20,A,U"\n3,2,2026-11-20,A,U\n'

    assert refusal(make_district(), att=att).reason is Reason.FILE_MALFORMED


def test_no_final_line_end_is_fine_where_the_district_says_so(make_district):
    district = make_district(options={"final_newline": "optional"})

    assert len(parse(district, stu=STU.rstrip())["students"].frame) == 2


@pytest.mark.parametrize("last", [b"#ROWS=2", b"#ROWS=2\n", b"#ROWS=2,,,\r\n", b'"#ROWS=2"\n'])
def test_a_trailer_that_agrees_is_cut_off(make_district, last):
    district = make_district(trailer="#ROWS=")

    tables = parse(district, stu=STU + last, att=ATT + b"#ROWS=2\n")

    assert len(tables["students"].frame) == 2


@pytest.mark.parametrize("last", [b"", b"#ROWS=3\n", b"#ROWS=\n", b"#ROW", b"#ROWS=2x\n"])
def test_a_trailer_that_is_missing_torn_or_disagrees_means_a_cut_file(make_district, last):
    district = make_district(trailer="#ROWS=")

    error = refusal(district, stu=STU + last, att=ATT + b"#ROWS=2\n")

    assert error.reason is Reason.FILE_TRUNCATED


def test_an_error_never_carries_a_cell(make_district):
    error = refusal(make_district(), stu=STU + b"9,Canary")

    assert "Canary" not in str(error)


def test_a_missing_optional_file_is_no_table(make_district):
    district = make_district()
    layout = district.files["students"]
    optional = type(layout)(name=layout.name, columns=layout.columns, required=False)
    district = make_district(files=district.files | {"students": optional})

    tables = CsvFiles("unused").parse(district, [RawFile(name="ATT.csv", content=ATT)]).tables

    assert [t.table for t in tables] == ["attendance"]


def test_files_are_fetched_from_the_nights_folder(make_district, tmp_path: Path):
    folder = tmp_path / "2026-11-20" / "test-unified"
    folder.mkdir(parents=True)
    (folder / "STU.csv").write_bytes(STU)
    (folder / "ATT.csv").write_bytes(ATT)
    (folder / "OTHER.csv").write_bytes(b"not asked for")

    files = (
        connector_for(make_district(), file_sources(tmp_path))
        .fetch(make_district(), pull(AS_OF))
        .files
    )

    assert [(f.name, f.content) for f in files] == [("ATT.csv", ATT), ("STU.csv", STU)]


def test_a_required_file_that_is_not_there_is_named(make_district, tmp_path: Path):
    folder = tmp_path / "2026-11-20" / "test-unified"
    folder.mkdir(parents=True)
    (folder / "ATT.csv").write_bytes(ATT)

    with pytest.raises(SubmissionRefused) as refused:
        CsvFiles(str(tmp_path)).fetch(make_district(), pull(AS_OF))
    assert (refused.value.reason, refused.value.file) == (Reason.FILE_MISSING, "STU.csv")


def test_a_place_that_does_not_answer_can_be_tried_again(make_district, tmp_path: Path):
    folder = tmp_path / "2026-11-20" / "test-unified"
    (folder / "ATT.csv").mkdir(parents=True)

    with pytest.raises(Retryable):
        CsvFiles(str(tmp_path)).fetch(make_district(), pull(AS_OF))


def test_an_unknown_connector_is_a_fault_of_the_settings(make_district):
    with pytest.raises(SettingsError, match="carrier-pigeon"):
        connector_for(make_district(connector="carrier-pigeon"), file_sources("drop"))


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=5)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=6),
    delimiter=st.sampled_from([",", "\t", ";", "|"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_a_writer_quotes_is_read_back(rows, delimiter, line_end):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b", "c"), *rows])
    shape = Shape(encoding="utf-8", delimiter=delimiter, trailer=None)

    read = read_rows("f", stream.getvalue().encode(), shape)

    assert list(read.cells.itertuples(index=False, name=None)) == rows
    assert read.broken == []


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=len(ATT) - 1))
def test_a_file_cut_anywhere_before_its_last_line_end_is_never_read(cut):
    shape = Shape(encoding="utf-8", delimiter=",", trailer=None)
    content = ATT[:cut]
    if content.endswith(b"\n"):
        return  # a cut between two rows shows only in a trailer or in marks that vanish

    with pytest.raises(SubmissionRefused):
        read_rows("ATT.csv", content, shape)


def test_seven_hundred_thousand_rows_keep_their_line_numbers():
    body = b"0000001,3400001,2026-11-20,A,U\n" * 700_000
    shape = Shape(encoding="utf-8", delimiter=",", trailer=None)

    read = read_rows("ATT.csv", b"ID,SC,DT,ST,EX\n" + body, shape)

    assert isinstance(read.cells, pd.DataFrame)
    assert int(read.lines.iloc[-1]) == 700_001
