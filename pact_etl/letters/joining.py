"""Slices of letters joined into one PDF without losing their tags.

Pages alone are easily put together, but then a reader with a screen reader hears nothing: the structure tree has to be
carried over as well, and the numbers that lead from a page to its part of the tree renumbered.
"""

import io
from collections.abc import Iterable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream


class Joiner:
    """One growing PDF. Slices go in in print order; equal slices give equal bytes."""

    def __init__(self) -> None:
        """Start empty."""
        self._joined: pikepdf.Pdf | None = None

    def add(self, slice_pdf: bytes) -> None:
        """Put one slice behind the others.

        Args:
            slice_pdf: a tagged PDF of the typesetter.
        """
        source = pikepdf.open(io.BytesIO(slice_pdf))
        if self._joined is None:
            self._joined = source
            return
        with source:
            _append(self._joined, source)

    def finish(self) -> bytes:
        """Write the joined PDF; the joiner is spent.

        Raises:
            ValueError: nothing was added.
        """
        if self._joined is None:
            raise ValueError("nothing to join")
        written = io.BytesIO()
        with self._joined as joined:
            # Object streams shrink the tags to a quarter; the id is made of the content, not of the clock.
            joined.save(
                written,
                deterministic_id=True,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
            )
        return written.getvalue()


def _append(target: pikepdf.Pdf, source: pikepdf.Pdf) -> None:
    first_new_page = len(target.pages)
    # Pages first: the tree then finds its pages already copied instead of copying them twice.
    target.pages.extend(source.pages)
    tree = target.Root.StructTreeRoot
    added = target.copy_foreign(source.Root.StructTreeRoot)
    _adopt_parts(_document(tree), _document(added))
    offset = int(tree.ParentTreeNextKey)
    numbers = added.ParentTree.Nums
    for at in range(0, len(numbers), 2):
        tree.ParentTree.Nums.extend(Array([int(numbers[at]) + offset, numbers[at + 1]]))
    owned: set[tuple[int, int]] = set()
    for page in target.pages[first_new_page:]:
        page.obj.StructParents = int(page.obj.StructParents) + offset
        _own_streams(page.obj.Contents, owned)
        _own_streams(page.obj.Resources, owned)
    tree.ParentTreeNextKey = offset + int(added.ParentTreeNextKey)


def _document(tree: Object) -> Object:
    """The tree's one root element; the typesetter makes one Document for a slice."""
    (document,) = list(tree.K.as_list())
    return document


def _adopt_parts(document: Object, added: Object) -> None:
    for part in added.K:
        part.P = document
    document.K.extend(added.K)


def _own_streams(thing: Object, owned: set[tuple[int, int]]) -> None:
    """Copy what a stream holds into the target; until then it is only borrowed from an open source.

    An open source keeps every object of its slice in memory, as much again as the target.
    """
    if thing.is_indirect:
        if thing.objgen in owned:
            return
        owned.add(thing.objgen)
    if isinstance(thing, Stream):
        filters: Any = thing.get("/Filter")  # goes back as it came
        parameters: Any = thing.get("/DecodeParms")
        thing.write(thing.read_raw_bytes(), filter=filters, decode_parms=parameters)
        thing = thing.stream_dict
    parts: Iterable[Any] = ()
    if isinstance(thing, Array):
        parts = thing.as_list()
    elif isinstance(thing, Dictionary):
        parts = thing.as_dict().values()
    for part in parts:
        if isinstance(part, Object):  # numbers and the like come as Python's own
            _own_streams(part, owned)
