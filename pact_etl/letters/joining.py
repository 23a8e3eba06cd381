"""Slices of letters joined into one PDF without losing their tags.

Pages alone are easily put together, but then a person with a screen reader hears nothing: the structure tree must come
along, and the numbers that lead from a page to its part of the tree must go on counting. General PDF libraries do the
first half only, and hold every object of the batch in memory. The typesetter's files are plain enough to renumber their
objects and write them as they come; what must be known of all slices, such as the list of pages, stands at the end of
the file. The tests read the result with libraries that know nothing of this.
"""

import hashlib
import re
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from pact_etl.domain.errors import InvariantBroken
from pact_etl.letters.plain_pdf import (
    found,
    new_references,
    read_objects,
    referred,
    renumbered,
    stream,
    with_stream,
)

_HEADER = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"
_PAGE_COUNT = re.compile(rb"(<xmpTPg:NPages>)\d+(</xmpTPg:NPages>)")

_STRUCT_PARENTS = re.compile(rb"/StructParents \d+")
_ENTRIES_AT_ONCE = 10_000

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
    """One growing PDF. Slices go in in print order; equal slices give equal bytes.

    Keeps where each object stands, and which of them are pages and parts: some bytes for each, whatever it holds.
    """

    def __init__(self, to: BinaryIO) -> None:
        """Begin a file.

        Args:
            to: written from start to end.
        """
        self._to, self._at = to, 0
        self._digest = hashlib.sha256()
        self._places = array("Q", [0] * (_DOCUMENT + 1))  # by object number
        self._catalog, self._info, self._roles = 0, 0, b""
        self._metadata = (0, b"")
        self._pages = array("L")
        self._parts = array("L")
        self._page_parts = array("L")
        self._write(_HEADER)

    @property
    def pages(self) -> int:
        """How many there are by now."""
        return len(self._pages)

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
        references = new_references(numbers)
        places = {old: place for place, old in enumerate(part.page_list, start=self.pages)}
        bodies = {}
        for old, new in numbers.items():
            if new in (_PAGES, _TREE, _DOCUMENT):
                continue
            body = renumbered(part.objects[old], references)
            if old in places:
                body = _STRUCT_PARENTS.sub(b"/StructParents %d" % places[old], body)
            bodies[new] = body
        # Nothing of a slice is written before all of it has been understood.
        if not self._roles:
            self._catalog, self._info = numbers[part.catalog], numbers[part.info]
            self._roles = part.roles
            metadata = int(found(rb"/Metadata (\d+) 0 R", bodies[self._catalog]))
            self._metadata = (metadata, bodies[metadata])
        self._places.extend([0] * len(bodies))
        bodies.pop(self._metadata[0], None)  # it tells the number of pages
        self._write_objects(bodies)
        self._pages.extend(numbers[old] for old in part.page_list)
        self._parts.extend(numbers[old] for old in part.parts)
        self._page_parts.extend(numbers[old] for old in part.page_parts)

    def finish(self) -> None:
        """Write what tells of all slices, and end the file.

        Raises:
            InvariantBroken: nothing was added.
        """
        if not self._pages:
            raise InvariantBroken("there is nothing to join")
        number, body = self._metadata
        content = _PAGE_COUNT.sub(rb"\g<1>%d\g<2>" % self.pages, stream(body))
        kids, parts = _references(self._pages), _references(self._parts)
        numbered = b" ".join(b"%d %d 0 R" % pair for pair in enumerate(self._page_parts))
        lookup = b"/ParentTree<</Nums[%s]>>/ParentTreeNextKey %d" % (numbered, self.pages)
        head = b"/Type/StructElem/S/Document/P %d 0 R" % _TREE
        self._write_objects(
            {
                number: with_stream(body, content),
                _PAGES: b"<</Type/Pages/Count %d/Kids[%s]>>" % (self.pages, kids),
                _TREE: b"<</Type/StructTreeRoot%s/K[%d 0 R]%s>>" % (self._roles, _DOCUMENT, lookup),
                _DOCUMENT: b"<<%s/K[%s]>>" % (head, parts),
            }
        )
        self._write_table()

    def _new_numbers(self, part: _Slice) -> dict[int, int]:
        anew = {part.pages: _PAGES, part.tree: _TREE, part.document: _DOCUMENT}
        left_out = part.once if self._roles else frozenset()
        kept = [old for old in part.objects if old not in anew and old not in left_out]
        first = len(self._places)
        return {old: first + index for index, old in enumerate(kept)} | anew

    def _write_objects(self, bodies: Mapping[int, bytes]) -> None:
        at, chunks = self._at, []
        for number, body in bodies.items():
            chunk = b"%d 0 obj\n%s\nendobj\n" % (number, body)
            self._places[number] = at
            chunks.append(chunk)
            at += len(chunk)
        self._write(b"".join(chunks))

    def _write_table(self) -> None:
        at, size = self._at, len(self._places)
        name = self._digest.hexdigest()[:32].encode()  # made of the content, never of the clock
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for first in range(1, size, _ENTRIES_AT_ONCE):
            places = self._places[first : first + _ENTRIES_AT_ONCE]
            self._write(b"".join(b"%010d 00000 n \n" % place for place in places))
        ids = (size, self._catalog, self._info, name, name)
        self._write(b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\n" % ids)
        self._write(b"startxref\n%d\n%%%%EOF\n" % at)

    def _write(self, chunk: bytes) -> None:
        self._to.write(chunk)
        self._digest.update(chunk)
        self._at += len(chunk)


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


def _references(numbers: Iterable[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
