"""Asking an Ed-Fi ODS for rows so that none is missed while others write.

A question is asked for a window of change versions whose upper end was fixed before the pull. A row that is written
to meanwhile gets a higher version and leaves the window; none can enter. So what arrives lies between the window's
size after and before, or something was missed, and the question is asked once more from the start.

Rows stand in the order of an internal number that never changes. Pages by cursor follow that number and may be fetched
side by side at any time. Pages by offset may be fetched side by side only while nothing leaves the window; else they
are fetched one after the other from the last to the first, where a row can shift only into pages not yet read.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from pact_etl.connectors.edfi.api_fields import text
from pact_etl.connectors.http_source import Answer, HttpSource
from pact_etl.connectors.json_pages import Object, json_value, page_elements
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

T = TypeVar("T")
U = TypeVar("U")
Params = tuple[tuple[str, str | int], ...]
_Page = tuple[bytes, list[str]]  # a page as it came, and what identifies its rows

_MOST_ROWS = 20_000_000
_PAGES_A_PARTITION = 10
_MOST_PARTITIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Rows of one resource.

    Attributes:
        resource: its name, for `deletes` and `keyChanges` with these behind a slash.
        params: key values and change versions.
        is_optional: whether a source may not have it, or not for us.
    """

    resource: str
    params: Params = field(default=(), repr=False)
    is_optional: bool = False

    def between(self, first: int, last: int) -> "Question":
        """The same for a window of change versions, both inclusive."""
        others = tuple(p for p in self.params if not p[0].endswith("ChangeVersion"))
        window = (("minChangeVersion", first), ("maxChangeVersion", last))
        return replace(self, params=others + (window if first else window[1:]))


class Pages(Protocol):
    """Where pages go as they come in."""

    def add(self, page: bytes) -> None:
        """Put one behind the others."""
        ...

    def clear(self) -> None:
        """Let all of them go."""
        ...


class Listed(list[bytes]):
    """Pages of a few rows, in a list."""

    add = list.append


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Which rows came; what the source says it has; whether it has the resource at all.

    `pages` are those of a question of few rows; a whole resource's are where the asker was told to put them.
    """

    question: Question
    total: int
    pages: list[bytes] = field(repr=False)
    ids: set[str] = field(repr=False)
    elements: int
    exists: bool = True


class _Differs(Exception):
    """What arrived is not what the source says it has."""


class Asker:
    """One source's rows, by several connections."""

    def __init__(
        self,
        source: HttpSource,
        data: str,
        *,
        page_size: int,
        concurrency: int,
        has_cursor_paging: bool,
        is_still: Callable[[], bool],
    ) -> None:
        """Take what is known about the source.

        Args:
            source: with a token.
            data: URL below which the resources are.
            page_size: rows asked for at once.
            concurrency: requests under way at once.
            has_cursor_paging: whether to try it.
            is_still: whether nothing has been written since the pull began.
        """
        self._source = source
        self._data = data
        self._size = page_size
        self._concurrency = concurrency
        self._has_cursor = has_cursor_paging
        self._is_still = is_still
        self.name = source.name

    def whole(self, question: Question, into: Pages) -> Answered:
        """Many rows, their pages fetched side by side.

        Args:
            question: what is asked for.
            into: where the pages go, empty as yet.

        Raises:
            SubmissionRefused: TOTALS_DIFFER after a second try; a page is no page, or repeats.
        """
        return self._twice(lambda again: self._whole(question, into, again), question)

    def each(self, questions: Iterable[Question]) -> Iterator[Answered]:
        """Many questions of few rows, side by side, answered in their order. Raises as `whole`."""
        return self.side_by_side(lambda q: self._twice(lambda _: self._few(q), q), questions)

    def count(self, question: Question) -> int:
        """How many rows there are; none where an optional resource does not exist."""
        answer = self._get(question, (("offset", 0), ("limit", 0), ("totalCount", "true")))
        return _total(answer, question) if answer.status < 300 else 0

    def sample(self, question: Question) -> list[Object]:
        """One row, or none."""
        answer = self._get(question, (("offset", 0), ("limit", 1)))
        return page_elements(answer.content, question.resource)[:1]

    def side_by_side(self, work: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
        """Results in the order of their items, a bounded number of them waiting."""
        waiting: deque[Future[U]] = deque()
        pool = ThreadPoolExecutor(self._concurrency)
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > self._concurrency:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _twice(self, ask: Callable[[bool], Answered], question: Question) -> Answered:
        """Ask; where the totals differ, ask once more, told that it is again."""
        try:
            return ask(False)
        except _Differs:
            pass
        try:
            return ask(True)
        except _Differs as differs:
            raise SubmissionRefused(
                Reason.TOTALS_DIFFER, file=question.resource, detail=str(differs)
            ) from None

    def _few(self, question: Question) -> Answered:
        first = (("offset", 0), ("limit", self._size), ("totalCount", "true"))
        answer = self._get(question, first)
        if answer.status >= 300:
            return _absent(question)
        total = _total(answer, question)
        pages: Iterable[_Page]
        if total <= self._size:
            pages = [(answer.content, _ids(answer.content, question))]
        elif self._has_cursor and "/" not in question.resource:
            pages = self._chain(question, None)
        else:
            pages = self._backwards(question, total)
        return self._checked(question, total, pages, Listed())

    def _whole(self, question: Question, into: Pages, again: bool) -> Answered:
        into.clear()
        answer = self._get(question, (("offset", 0), ("limit", 0), ("totalCount", "true")))
        if answer.status >= 300:
            return _absent(question)
        total = _total(answer, question)
        tokens = self._partitions(question, total)
        if tokens is not None:
            chains = self.side_by_side(lambda t: list(self._chain(question, t)), tokens)
            return self._checked(question, total, (p for c in chains for p in c), into)
        if again:
            return self._checked(question, total, self._backwards(question, total), into)
        offsets = range(0, total, self._size)
        pages = self.side_by_side(lambda o: self._page(question, o), offsets)
        answered = self._checked(question, total, _without_repeats(question, pages), into)
        if not self._is_still():
            raise _Differs("rows moved while they were read")
        return answered

    def _checked(
        self, question: Question, total: int, pages: Iterable[_Page], into: Pages
    ) -> Answered:
        ids: set[str] = set()
        elements = 0
        for page, page_ids in pages:
            into.add(page)
            ids.update(page_ids)
            elements += len(page_ids)
        if len(ids) != total:
            left = self.count(question)
            if not (dict(question.params).get("maxChangeVersion") and left <= len(ids) <= total):
                raise _Differs(f"{total} stated, {len(ids)} received")
        listed = into if isinstance(into, Listed) else []
        return Answered(question=question, total=total, pages=listed, ids=ids, elements=elements)

    def _partitions(self, question: Question, total: int) -> list[str] | None:
        """Tokens of pieces that can be read side by side; None where the source pages by offset only."""
        if not self._has_cursor or not total:
            return [] if not total else None
        pages = -(-total // self._size)
        rounds = -(-pages // (_PAGES_A_PARTITION * self._concurrency))
        # Pieces are equally large: as many for each connection, or some would wait for the last.
        number = min(_MOST_PARTITIONS, pages, rounds * self._concurrency)
        question_of = replace(question, resource=question.resource + "/partitions")
        answer = self._get(question_of, (("number", number),), frozenset({404, 400}))
        if answer.status >= 300:
            self._has_cursor = False
            return None
        stated = json_value(answer.content, question_of.resource)
        tokens = stated.get("pageTokens") if isinstance(stated, dict) else None
        if not isinstance(tokens, list) or not all(isinstance(t, str) for t in tokens):
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=question_of.resource)
        return tokens

    def _chain(self, question: Question, token: str | None) -> Iterator[_Page]:
        """Pages by cursor, each of which names the next."""
        seen: set[str] = set()
        tokens = {token}
        while True:
            paging: Params = (("pageSize", self._size),)
            answer = self._get(question, (*paging, ("pageToken", token)) if token else paging)
            ids = _ids(answer.content, question)
            following = answer.headers.get("next-page-token")
            if (ids and seen.issuperset(ids)) or (following and following in tokens):
                raise SubmissionRefused(
                    Reason.FILE_MALFORMED, file=question.resource, detail="a page repeats"
                )
            yield answer.content, ids
            if not following:
                return
            seen.update(ids)
            tokens.add(following)
            token = following
            if len(seen) > _MOST_ROWS or len(tokens) > _MOST_ROWS // self._size:
                raise SubmissionRefused(Reason.FILE_TOO_LARGE, file=question.resource)

    def _backwards(self, question: Question, total: int) -> Iterator[_Page]:
        for offset in range((total - 1) // self._size * self._size, -1, -self._size):
            page = self._page(question, offset)
            if not page[1] and offset < self.count(question):
                raise _Differs("an empty page before the end")
            yield page

    def _page(self, question: Question, offset: int) -> _Page:
        answer = self._get(question, (("offset", offset), ("limit", self._size)))
        return answer.content, _ids(answer.content, question)

    def _get(
        self, question: Question, paging: Params, expect: frozenset[int] = frozenset()
    ) -> Answer:
        if question.is_optional:
            expect |= {403, 404}
        return self._source.get(
            self._data + question.resource,
            question.params + paging,
            what=question.resource,
            expect=expect,
        )


def _absent(question: Question) -> Answered:
    return Answered(question=question, total=0, pages=[], ids=set(), elements=0, exists=False)


def _total(answer: Answer, question: Question) -> int:
    stated = answer.headers.get("total-count", "").strip()
    if not (stated.isascii() and stated.isdigit()) or len(stated) > 9 or int(stated) > _MOST_ROWS:
        raise SubmissionRefused(
            Reason.TOTALS_DIFFER, file=question.resource, detail="no usable Total-Count"
        )
    return int(stated)


def _ids(page: bytes, question: Question) -> list[str]:
    """What identifies each row of a page; a row of a list of changes stands there once for each change."""
    rows = page_elements(page, question.resource)
    ids = [text(row, "id") for row in rows]
    if not all(ids):
        raise SubmissionRefused(Reason.FILE_MALFORMED, file=question.resource, field="id")
    if "/" not in question.resource:
        return ids
    return [f"{one}:{text(row, 'changeVersion')}" for one, row in zip(ids, rows, strict=True)]


def _without_repeats(question: Question, pages: Iterable[_Page]) -> Iterator[_Page]:
    seen: set[str] = set()
    for page, ids in pages:
        if ids and seen.issuperset(ids):
            raise SubmissionRefused(
                Reason.FILE_MALFORMED, file=question.resource, detail="a page repeats"
            )
        seen.update(ids)
        yield page, ids
