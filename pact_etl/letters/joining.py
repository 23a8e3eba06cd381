"""Slices of letters joined into one PDF without losing their tags.

Pages alone are easily put together, but then a reader with a screen reader hears nothing: the structure tree has to be
carried over as well, and the numbers that lead from a page to its part of the tree renumbered.
"""

import io

import pikepdf
from pikepdf import Array, Object


class Joiner:
    """One growing PDF. Slices go in in print order; equal slices give equal bytes."""

    def __init__(self) -> None:
        """Start empty."""
        self._slices: list[pikepdf.Pdf] = []  # sources stay open until the joined file is written

    def add(self, slice_pdf: bytes) -> None:
        """Put one slice behind the others.

        Args:
            slice_pdf: a tagged PDF of the typesetter.
        """
        source = pikepdf.open(io.BytesIO(slice_pdf))
        if self._slices:
            _append(self._slices[0], source)
        self._slices.append(source)

    def finish(self) -> bytes:
        """Write the joined PDF and let go of the slices."""
        written = io.BytesIO()
        # Object streams shrink the tags to a quarter; the id is made of the content, never of the clock.
        self._slices[0].save(
            written,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            linearize=False,
        )
        for pdf in self._slices:
            pdf.close()
        self._slices.clear()
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
    for page in target.pages[first_new_page:]:
        page.obj.StructParents = int(page.obj.StructParents) + offset
    tree.ParentTreeNextKey = offset + int(added.ParentTreeNextKey)


def _document(tree: Object) -> Object:
    """The tree's one root element; the typesetter makes one Document for a slice."""
    (document,) = list(tree.K.as_list())
    return document


def _adopt_parts(document: Object, added: Object) -> None:
    for part in added.K:
        part.P = document
    document.K.extend(added.K)
