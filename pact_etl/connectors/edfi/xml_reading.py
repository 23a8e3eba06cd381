"""Read Ed-Fi bulk interchange XML safely, element by element, whatever version its namespace names.

Knows the format's habits (namespaces, descriptors, references), not what any element means to us.
"""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypeAlias

from lxml import etree
from lxml.etree import _Element

from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

Element: TypeAlias = _Element  # the class has no public name

_TORN = {etree.ErrorTypes.ERR_TAG_NOT_FINISHED}
_ENCODING = {
    etree.ErrorTypes.ERR_INVALID_CHAR,
    etree.ErrorTypes.ERR_INVALID_ENCODING,
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
    etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
}


def elements(file: RawFile, *names: str) -> Iterator[Element]:
    """Every element of these local names directly below the root, one at a time, freed when the next is asked for.

    Raises:
        SubmissionRefused: the file is empty, torn, mis-encoded, no Ed-Fi interchange, or carries a document type
            (no honest bulk file does; entities are how an XML file reads or floods its reader).
    """
    if not file.content.strip():
        raise SubmissionRefused(Reason.FILE_EMPTY, file=file.name)
    parser = etree.iterparse(
        io.BytesIO(file.content),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        yield from _walk(file.name, parser, frozenset(names))
    except etree.XMLSyntaxError as error:
        raise SubmissionRefused(_reason(file.content, error), file=file.name) from None


def _walk(
    name: str, parser: "etree.iterparse[tuple[str, Element]]", names: frozenset[str]
) -> Iterator[Element]:
    depth = 0
    for event, element in parser:
        if event == "start":
            depth += 1
            if depth == 1:
                _check_root(name, element)
            continue
        depth -= 1
        if depth != 1:
            continue
        if local_name(element) in names:
            yield element
        # Every element below the root is dropped once it was seen, or memory would grow with the file.
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _check_root(name: str, root: Element) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=name, detail="document type declared")
    if not local_name(root).startswith("Interchange"):
        raise SubmissionRefused(Reason.HEADER_CHANGED, file=name, detail="no Ed-Fi interchange")


def _reason(content: bytes, error: etree.XMLSyntaxError) -> Reason:
    if error.code in _ENCODING:
        return Reason.ENCODING_INVALID
    is_markup = content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
    if is_markup and (error.code in _TORN or not content.rstrip().endswith(b">")):
        return Reason.FILE_TRUNCATED
    return Reason.FILE_MALFORMED


def local_name(element: Element) -> str:
    """An element's name without its namespace, which carries the data standard's version."""
    # Not etree.QName, which refuses the name of an element whose prefix nobody bound.
    return str(element.tag).rpartition("}")[2]


def line_of(element: Element) -> int:
    """The line on which the element begins."""
    return int(element.sourceline or 0)


def value(element: Element, *path: str) -> str:
    """The text at a path of local names, stripped; empty when there is none."""
    found = element.findtext("/".join(f"{{*}}{step}" for step in path))
    return (found or "").strip()


def anywhere(element: Element, name: str) -> str:
    """The first text of that name at any depth; references nest differently from version to version."""
    return (element.findtext(f".//{{*}}{name}") or "").strip()


def stated_once(element: Element, name: str) -> str:
    """The text of that name at any depth; empty where two of them differ, for then nobody knows which is meant."""
    found = {(e.text or "").strip() for e in element.iterfind(f".//{{*}}{name}")}
    return found.pop() if len(found) == 1 else ""


def children(element: Element, name: str) -> list[Element]:
    """Direct children of that local name."""
    return list(element.iterfind(f"{{*}}{name}"))


def descriptor(element: Element | None, *path: str) -> str:
    """A descriptor's code value in any of three notations: plain text, URI with #, or a nested CodeValue."""
    if element is None:
        return ""
    found = element.find("/".join(f"{{*}}{step}" for step in path)) if path else element
    if found is None:
        return ""
    text = value(found, "CodeValue") or (found.text or "")
    return text.rpartition("#")[2].strip()


def is_true(text: str) -> bool:
    """XML Schema's two spellings of true."""
    return text.lower() in {"true", "1"}


def shifted(text: str, days: int) -> str:
    """An ISO date moved by a number of days; anything else is returned as it is, for validation to judge."""
    try:
        day = date.fromisoformat(text)
        return (day + timedelta(days=days)).isoformat() if text == day.isoformat() else text
    except (ValueError, OverflowError):
        return text
