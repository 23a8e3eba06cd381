import gzip
import io
import zipfile

import pytest

from pact_etl.connectors.files.connector import CsvFiles
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import FileLayout, Lookup
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

ATT = b"student,school,code_id\n1,10,7\n2,11,7\n3,10,8\n"
CODES = b"id,school,att_code,presence\n7,10,U,Absent\n7,11,E,Absent\n8,10,,Present\n"

LOOKUP = Lookup(
    name="codes.csv",
    keys={"code_id": "id", "school": "school"},
    adds={"presence": "presence", "letter": "att_code"},
)


def codes_of(make_district, att: bytes = ATT, codes: bytes | None = CODES) -> list[str]:
    layout = FileLayout(
        name="att.csv",
        columns={"local_id": "student", "code": ["presence", "letter"]},
        lookups=[LOOKUP],
    )
    files = [RawFile(name="att.csv", content=att)]
    if codes is not None:
        files.append(RawFile(name="codes.csv", content=codes))
    tables = CsvFiles("").parse(make_district(files={"attendance": layout}), files).tables
    return tables[0].frame["code"].tolist()


def refusal(make_district, **files) -> SubmissionRefused:
    with pytest.raises(SubmissionRefused) as refused:
        codes_of(make_district, **files)
    return refused.value


def test_a_code_is_looked_up_by_all_its_keys(make_district):
    assert codes_of(make_district) == ["Absent:U", "Absent:E", "Present:"]


def test_a_key_that_the_second_file_lacks_is_named_and_never_read_as_empty(make_district):
    att = ATT + b"4,99,7\n"

    assert codes_of(make_district, att=att)[-1] == "#7-99:#7-99"


def test_a_row_without_a_key_has_nothing_to_look_up(make_district):
    att = b"student,school,code_id\n1,,\n"

    assert codes_of(make_district, att=att) == [""]


def test_an_empty_second_file_finds_nothing(make_district):
    codes = CODES.splitlines(keepends=True)[0]

    assert codes_of(make_district, codes=codes) == ["#7-10:#7-10", "#7-11:#7-11", "#8-10:#8-10"]


def test_no_rows_have_no_codes(make_district):
    assert codes_of(make_district, att=ATT.splitlines(keepends=True)[0]) == []


def test_the_same_answer_twice_is_one_answer(make_district):
    assert codes_of(make_district, codes=CODES + b"7,10,U,Absent\n")[0] == "Absent:U"


def test_two_answers_for_one_key_refuse_the_file(make_district):
    error = refusal(make_district, codes=CODES + b"7,10,E,Absent\n")

    assert (error.reason, error.file) == (Reason.FILE_MALFORMED, "codes.csv")


def test_a_broken_row_of_the_second_file_refuses_it_because_its_key_may_be_any(make_district):
    codes = CODES.replace(b"7,11,E,Absent", b"7,11,E,Absent,x")

    assert refusal(make_district, codes=codes).reason is Reason.FILE_MALFORMED


def test_a_missing_second_file_is_named(make_district):
    error = refusal(make_district, codes=None)

    assert (error.reason, error.file) == (Reason.FILE_MISSING, "codes.csv")


@pytest.mark.parametrize(
    ("which", "old"), [("codes", b"att_code"), ("codes", b"school"), ("att", b"code_id")]
)
def test_a_header_that_is_gone_from_either_file_is_named(make_district, which, old):
    whole = {"codes": CODES, "att": ATT}[which]

    error = refusal(make_district, **{which: whole.replace(old, b"renamed", 1)})

    assert error.reason is Reason.HEADER_CHANGED
    assert old.decode() in error.detail


def test_tables_of_one_zip_and_of_gzip_are_read_by_the_names_they_were_sent_under(make_district):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("att.csv", ATT)
        archive.writestr("codes.csv", CODES)
    zipped = Lookup(name="e_{as_of:%Y%m%d}.zip!codes.csv", keys=LOOKUP.keys, adds=LOOKUP.adds)
    files = {
        "attendance": FileLayout(
            name="e_{as_of:%Y%m%d}.zip!att.csv", columns={"code": "letter"}, lookups=[zipped]
        ),
        "students": FileLayout(name="stu_*.csv.gz", columns={"local_id": "student"}),
    }
    raw = [
        RawFile(name="e_20261120.zip", content=stream.getvalue()),
        RawFile(name="stu_0200.csv.gz", content=gzip.compress(ATT)),
    ]

    tables = CsvFiles("").parse(make_district(files=files), raw).tables

    assert [t.file for t in tables] == ["e_20261120.zip!att.csv", "stu_0200.csv.gz"]
    assert tables[0].frame["code"].tolist() == ["U", "E", ""]
    assert tables[1].frame["local_id"].tolist() == ["1", "2", "3"]


def test_a_zip_without_a_required_table_is_told_as_a_missing_file(make_district):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("other.csv", ATT)
    files = {"attendance": FileLayout(name="e.zip!att.csv", columns={})}

    with pytest.raises(SubmissionRefused) as refused:
        CsvFiles("").parse(
            make_district(files=files), [RawFile(name="e.zip", content=stream.getvalue())]
        )
    assert (refused.value.reason, refused.value.file) == (Reason.FILE_MISSING, "e.zip!att.csv")


def test_two_kept_files_for_one_layout_are_not_chosen_between(make_district):
    files = {"attendance": FileLayout(name="a_*.csv", columns={})}
    raw = [RawFile(name=f"a_{n}.csv", content=ATT) for n in (1, 2)]

    with pytest.raises(SubmissionRefused) as refused:
        CsvFiles("").parse(make_district(files=files), raw)
    assert refused.value.reason is Reason.FILE_MALFORMED
