"""Slices of letters joined into one PDF without losing their tags.

Pages alone are easily put together, but then a person with a screen reader hears nothing: the structure tree must come
along, and the numbers that lead from a page to its part of the tree must go on counting. General PDF libraries do the
first half only, and hold every object of the batch in memory twice. The typesetter's files are plain enough to renumber
their objects and write them as they come. The tests read the result with libraries that know nothing of this.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pact_etl.domain.errors import InvariantBroken
from pact_etl.letters.plain_pdf import (
    found,
    read_objects,
    referred,
    renumbered,
    stream,
    with_stream,
)

_HEADER = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"
_PAGE_COUNT = re.compile(rb"(<xmpTPg:NPages>)\d+(</xmpTPg:NPages>)")

_PAGES, _TREE, _DOCUMENT = 1, 2, 3
"""Numbers of the three objects that are made anew: page list, structure tree, and the tree's one Document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """One file of the typesetter, taken apart.

    Attributes:
        page_list: its pages.
        parts: the Document's own parts, such as headings and paragraphs.
        page_parts: for each page, the list of parts that its content belongs to.
        once: what one file has only once, such as its metadata.
    """

    objects: dict[int, bytes]
    catalog: int
    info: int
    pages: int
    tree: int
    document: int
    page_list: list[int]
    parts: list[int]
    page_parts: list[int]
    roles: bytes
    once: frozenset[int]


class Joiner:
    """One growing PDF. Slices go in in print order; equal slices give equal bytes."""

    def __init__(self) -> None:
        """Start empty."""
        self._objects: dict[int, bytes] = {}
        self._catalog, self._info, self._roles = 0, 0, b""
        self._pages: list[int] = []
        self._parts: list[int] = []
        self._page_parts: list[int] = []

    def add(self, slice_pdf: bytes) -> None:
        """Put one slice behind the others.

        Args:
            slice_pdf: a tagged PDF of the typesetter.

        Raises:
            InvariantBroken: the file is not built as the typesetter builds them.
        """
        try:
            self._add(_take_apart(slice_pdf))
        except (KeyError, ValueError) as error:
            raise InvariantBroken("a slice is not built as the typesetter builds them") from error

    def _add(self, part: _Slice) -> None:
        if self._roles not in (b"", part.roles):
            raise ValueError("slices of one batch use different tags")
        numbers = self._new_numbers(part)
        pages_before = len(self._pages)
        for old, new in numbers.items():
            if new in (_PAGES, _TREE, _DOCUMENT):
                continue
            self._objects[new] = renumbered(part.objects[old], numbers)
        for index, old in enumerate(part.page_list, start=pages_before):
            page = self._objects[numbers[old]]
            self._objects[numbers[old]] = re.sub(
                rb"/StructParents \d+", b"/StructParents %d" % index, page
            )
        if not self._roles:
            self._catalog, self._info = numbers[part.catalog], numbers[part.info]
            self._roles = part.roles
        self._pages += [numbers[old] for old in part.page_list]
        self._parts += [numbers[old] for old in part.parts]
        self._page_parts += [numbers[old] for old in part.page_parts]

    def finish(self) -> bytes:
        """Write the joined PDF.

        Raises:
            InvariantBroken: nothing was added.
        """
        if not self._pages:
            raise InvariantBroken("there is nothing to join")
        count = len(self._pages)
        numbered = b" ".join(b"%d %d 0 R" % pair for pair in enumerate(self._page_parts))
        lookup = b"/ParentTree<</Nums[%s]>>/ParentTreeNextKey %d" % (numbered, count)
        self._objects |= {
            _PAGES: b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, _references(self._pages)),
            _TREE: b"<</Type/StructTreeRoot%s/K[%d 0 R]%s>>" % (self._roles, _DOCUMENT, lookup),
            _DOCUMENT: b"<</Type/StructElem/S/Document/P %d 0 R/K[%s]>>"
            % (_TREE, _references(self._parts)),
        }
        metadata = int(found(rb"/Metadata (\d+) 0 R", self._objects[self._catalog]))
        body = self._objects[metadata]
        content = _PAGE_COUNT.sub(rb"\g<1>%d\g<2>" % count, stream(body))
        self._objects[metadata] = with_stream(body, content)
        return _file(self._objects, self._catalog, self._info)

    def _new_numbers(self, part: _Slice) -> dict[int, int]:
        anew = {part.pages: _PAGES, part.tree: _TREE, part.document: _DOCUMENT}
        left_out = part.once if self._roles else frozenset()
        kept = [old for old in part.objects if old not in anew and old not in left_out]
        first = len(self._objects) + _DOCUMENT + 1
        return {old: first + index for index, old in enumerate(kept)} | anew


def _take_apart(pdf: bytes) -> _Slice:
    objects, trailer = read_objects(pdf)
    catalog = int(found(rb"/Root (\d+) 0 R", trailer))
    info = int(found(rb"/Info (\d+) 0 R", trailer))
    pages = int(found(rb"/Pages (\d+) 0 R", objects[catalog]))
    tree = int(found(rb"/StructTreeRoot (\d+) 0 R", objects[catalog]))
    document = int(found(rb"/K\[(\d+) 0 R\]", objects[tree]))
    intents = int(found(rb"/OutputIntents (\d+) 0 R", objects[catalog]))
    page_list = referred(found(rb"/Kids\[([^\[\]]*)\]", objects[pages]))
    lookup = re.findall(rb"(\d+) (\d+) 0 R", found(rb"/Nums\[([^\[\]]*)\]", objects[tree]))
    if [int(key) for key, _ in lookup] != list(range(len(page_list))):
        raise ValueError("pages and tree do not count alike")
    once = {catalog, info, *referred(objects[catalog]), *referred(objects[intents])}
    return _Slice(
        objects=objects,
        catalog=catalog,
        info=info,
        pages=pages,
        tree=tree,
        document=document,
        page_list=page_list,
        parts=referred(found(rb"/S/Document/P \d+ 0 R/K\[([^\[\]]*)\]", objects[document])),
        page_parts=[int(number) for _, number in lookup],
        roles=found(rb"(/RoleMap<<[^<>]*>>)", objects[tree]),
        once=frozenset(once),
    )


def _file(objects: Mapping[int, bytes], catalog: int, info: int) -> bytes:
    chunks, table, at = [_HEADER], [b"0000000000 65535 f \n"], len(_HEADER)
    digest = hashlib.sha256()
    for number in range(1, len(objects) + 1):
        chunk = b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
        table.append(b"%010d 00000 n \n" % at)
        chunks.append(chunk)
        digest.update(chunk)
        at += len(chunk)
    size = len(objects) + 1
    name = digest.hexdigest()[:32].encode()  # made of the content, never of the clock
    ending = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n"
    chunks += [b"xref\n0 %d\n" % size, *table, ending % (size, catalog, info, name, name, at)]
    return b"".join(chunks)


def _references(numbers: Sequence[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
