"""Strings of a PDF are told from what is around them, however their brackets stand."""

from hypothesis import given
from hypothesis import strategies as st

from pact_etl.letters.plain_pdf import new_references, renumbered, string_spans


def written(content: bytes) -> bytes:
    """A literal string as typesetters write it: brackets stay bare where they balance, and are escaped elsewhere."""
    depth = 0
    for byte in content:
        depth += {ord("("): 1, ord(")"): -1}.get(byte, 0)
        if depth < 0:
            break
    escaped = content.replace(b"\\", b"\\\\")
    if depth:
        escaped = escaped.replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"(" + escaped + b")"


def strings(text: bytes) -> list[bytes]:
    return [text[start:end] for start, end in string_spans(text)]


def test_balanced_brackets_inside_a_string_end_nothing() -> None:
    assert strings(b"[(a(b)c) -12 (d\\)e) (f)]TJ") == [b"(a(b)c)", b"(d\\)e)", b"(f)"]


@given(st.lists(st.binary(max_size=12), max_size=6))
def test_every_string_is_found_whole_whatever_bytes_it_holds(contents: list[bytes]) -> None:
    parts = [written(content) for content in contents]

    assert strings(b" -3 ".join(parts)) == parts


def test_a_text_that_looks_like_a_reference_stays() -> None:
    body = b"<</Alt (see (7 0 R) or 7 0 R)/P 7 0 R>>"

    assert renumbered(body, new_references({7: 9})) == b"<</Alt (see (7 0 R) or 7 0 R)/P 9 0 R>>"


@given(st.binary(max_size=20), st.integers(1, 50))
def test_references_around_any_string_are_renumbered_and_none_inside(
    content: bytes, number: int
) -> None:
    text = written(content.replace(b"stream", b""))
    body = b"<</A %d 0 R /T %b /B %d 0 R>>" % (number, text, number)

    assert renumbered(body, new_references({number: 99})) == b"<</A 99 0 R /T %b /B 99 0 R>>" % text
