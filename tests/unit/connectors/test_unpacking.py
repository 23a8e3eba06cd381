import contextlib
import gzip
import io
import random
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_etl.connectors.files.unpacking import Bounds, Unpacker
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

TEXT = b"ID,NAME\n1,Ana\n"
LAYOUT = "export.zip!ATT.csv"


def zipped(entries: "dict[str, bytes]", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def text_of(content: bytes, layout: str = LAYOUT, bounds: Bounds | None = None) -> bytes | None:
    return Unpacker(bounds).text_of("export.zip", content, layout)


def refusal(content: bytes, layout: str = LAYOUT, bounds: Bounds | None = None) -> Reason:
    with pytest.raises(SubmissionRefused) as refused:
        text_of(content, layout, bounds)
    assert refused.value.file == "export.zip"
    return refused.value.reason


def test_a_plain_file_is_itself():
    assert text_of(TEXT, "ATT.csv") == TEXT


def test_a_file_inside_a_zip_is_taken_out():
    assert text_of(zipped({"STU.csv": b"other", "ATT.csv": TEXT})) == TEXT


def test_a_file_in_a_folder_of_a_zip_is_named_with_its_folder():
    content = zipped({"out/": b"", "out/ATT.csv": TEXT})

    assert text_of(content, "export.zip!out/ATT.csv") == TEXT
    assert text_of(content) is None


def test_a_zip_without_the_file_has_nothing():
    assert text_of(zipped({"STU.csv": b"x"})) is None


def test_the_name_inside_may_hold_the_night():
    content = zipped({"ATT_20261120.csv": TEXT})

    assert text_of(content, "export.zip!ATT_{as_of:%Y%m%d}.csv") == TEXT


def test_two_entries_that_fit_one_name_are_not_chosen_between():
    content = zipped({"ATT_20261120.csv": TEXT, "ATT_20261119.csv": TEXT})

    assert refusal(content, "export.zip!ATT_{as_of:%Y%m%d}.csv") is Reason.FILE_MALFORMED


@pytest.mark.parametrize("name", ["ATT.csv.gz", "ATT.csv"])
def test_gzip_is_unpacked_whatever_the_name_says(name):
    assert text_of(gzip.compress(TEXT), name) == TEXT


def test_gzip_of_several_parts_is_all_of_them():
    assert text_of(gzip.compress(TEXT) + gzip.compress(b"2,Bo\n"), "a.gz") == TEXT + b"2,Bo\n"


def test_a_name_that_says_gzip_must_be_gzip():
    assert refusal(TEXT, "ATT.csv.gz") is Reason.FILE_MALFORMED


def test_an_empty_file_stays_empty_for_the_parser_to_refuse():
    assert text_of(b"", "ATT.csv.gz") == b""


@pytest.mark.parametrize(
    "name", ["../ATT.csv", "a/../../b", "/etc/passwd", "C:\\ATT.csv", "a\\b.csv", "x" * 1025]
)
def test_a_path_out_of_its_folder_makes_the_whole_archive_unusable(name):
    assert refusal(zipped({"ATT.csv": TEXT, name: b""})) is Reason.FILE_MALFORMED


def test_a_link_makes_the_whole_archive_unusable():
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("ATT.csv", TEXT)
        archive.writestr(link, "/etc/passwd")

    assert refusal(stream.getvalue()) is Reason.FILE_MALFORMED


def test_a_name_that_stands_twice_is_not_chosen_between():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("ATT.csv", TEXT)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("ATT.csv", b"other")

    assert refusal(stream.getvalue()) is Reason.FILE_MALFORMED


def test_an_encrypted_entry_makes_the_whole_archive_unusable():
    content = bytearray(zipped({"ATT.csv": TEXT, "secret.csv": TEXT}))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1

    assert refusal(bytes(content)) is Reason.FILE_MALFORMED


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_no_export_uses_is_refused(method):
    assert refusal(zipped({"ATT.csv": TEXT}, method)) is Reason.FILE_MALFORMED


@pytest.mark.parametrize("inner", [gzip.compress(TEXT), zipped({"ATT.csv": TEXT})])
def test_an_archive_inside_an_archive_is_refused(inner):
    assert refusal(zipped({"ATT.csv": inner})) is Reason.FILE_MALFORMED
    assert refusal(gzip.compress(inner), "ATT.csv.gz") is Reason.FILE_MALFORMED


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped({"ATT.csv": content})])
def test_a_bomb_is_refused_with_little_memory(pack):
    bomb = pack(bytes(300 << 20))
    layout = LAYOUT if bomb.startswith(b"PK") else "ATT.csv.gz"

    tracemalloc.start()
    try:
        assert refusal(bomb, layout) is Reason.FILE_TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_the_files_of_one_submission_are_bounded_together():
    noise = random.Random(1).randbytes(600)
    unpacker = Unpacker(Bounds(total_bytes=1000))

    assert unpacker.text_of("a", gzip.compress(noise), "a.gz") == noise
    with pytest.raises(SubmissionRefused) as refused:
        unpacker.text_of("b", gzip.compress(noise), "b.gz")
    assert refused.value.reason is Reason.FILE_TOO_LARGE


def test_a_size_that_the_archive_states_is_not_believed():
    content = bytearray(zipped({"ATT.csv": bytes(5000)}))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<L", content, content.index(mark) + offset, 10)

    with pytest.raises(SubmissionRefused):  # or its check sum would be that of ten bytes
        text_of(bytes(content), bounds=Bounds(total_bytes=100))


def test_too_many_entries_are_refused():
    content = zipped({f"{n}.csv": b"" for n in range(20)} | {"ATT.csv": TEXT})

    assert refusal(content, bounds=Bounds(entries=20)) is Reason.FILE_TOO_LARGE


def test_a_directory_of_a_hundred_thousand_entries_is_refused_unread():
    content = zipped({f"{n}": b"" for n in range(60_000)})

    tracemalloc.start()
    try:
        assert refusal(content) is Reason.FILE_TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_zip_cut_anywhere_is_never_read():
    content = zipped({"ATT.csv": random.Random(1).randbytes(2000)})

    for cut in range(len(content)):
        assert refusal(content[:cut]) in (Reason.FILE_TRUNCATED, Reason.FILE_MALFORMED)


def test_gzip_cut_in_the_middle_is_told_as_cut():
    packed = gzip.compress(random.Random(1).randbytes(2000))

    for cut in range(12, len(packed), 50):
        assert refusal(packed[:cut], "a.gz") is Reason.FILE_TRUNCATED


def test_a_changed_byte_of_packed_text_is_noticed():
    packed = bytearray(zipped({"ATT.csv": TEXT * 50}))
    at = packed.index(b"ATT.csv") + 7 + 10
    packed[at] ^= 0xFF

    assert refusal(bytes(packed)) is Reason.FILE_MALFORMED


def test_a_file_that_is_no_zip_is_malformed():
    assert refusal(TEXT) is Reason.FILE_MALFORMED


@settings(max_examples=400, deadline=None)
@given(
    content=st.sampled_from([zipped({"ATT.csv": TEXT * 9, "b": b"x"}), gzip.compress(TEXT * 9)]),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
)
def test_whatever_happens_to_the_bytes_ends_in_text_or_a_reason(content, changes):
    damaged = bytearray(content)
    for at, value in changes:
        damaged[at % len(damaged)] = value

    for layout in (LAYOUT, "ATT.csv.gz", "ATT.csv"):
        with contextlib.suppress(SubmissionRefused):
            text_of(bytes(damaged), layout)
