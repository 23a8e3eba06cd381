"""Ask an Aeries: several requests at once, every answer read once to see that it is one, and kept as it came.

Header and query as in the vendor's "Building a Request" (support.aeries.com, article 14000113681): the certificate goes
in `AERIES-CERT`, the school year in `DatabaseYear`. No answer states a total, and lists come whole. Which requests a
night needs is not decided here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pact_etl.connectors.http_source import Headers, HttpSource
from pact_etl.connectors.json_pages import SUFFIX, Object, page_elements, sequence_file
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

BELOW = "api/v5/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request.

    Attributes:
        resource: the file its answer is kept in.
        school: the school, or the list of changes, it is about; empty for the whole district.
        path: below the API.
        params: besides the school year.
        one_school: whether every element must name that school.
    """

    resource: str
    school: str = ""
    path: str = field(repr=False)
    params: Mapping[str, str] = field(default_factory=dict)
    one_school: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    school: str
    body: bytes = field(repr=False)
    count: int


class AeriesAnswers:
    """What was asked and answered so far."""

    def __init__(self, source: HttpSource, database_year: str, concurrency: int) -> None:
        """Take an open source; nothing is asked yet.

        Args:
            source: the API.
            database_year: such as `2026-2027`.
            concurrency: requests under way at once.
        """
        self._source = source
        self._year = database_year
        self._concurrency = concurrency
        self._pages: dict[str, list[_Page]] = {}
        self._attendance: set[bytes] = set()

    def ask(self, asks: Sequence[Ask]) -> None:
        """Ask for all of it and keep the answers in the order of the requests.

        Raises:
            SubmissionRefused: an answer is none; see `json_pages`.
            Retryable, Permanent: see `HttpSource.get`.
        """
        for _ in self._answers(asks, wanted=False):
            pass

    def elements(self, asks: Sequence[Ask]) -> list[Object]:
        """As `ask`, and the elements that came."""
        return [element for found in self._answers(asks, wanted=True) for element in found]

    def forget(self, resources: Iterable[str]) -> None:
        """Give up the answers of some resources, to ask for them again."""
        self._attendance.clear()
        for resource in resources:
            self._pages.pop(resource, None)

    def files(self) -> list[RawFile]:
        """Every resource asked for as one file; the answers are given up, so that they are held once."""
        return [
            sequence_file(resource, [page.body for page in self._pages.pop(resource)])
            for resource in sorted(self._pages)
        ]

    def pages(self) -> dict[str, list[tuple[str, int]]]:
        """By resource: the school of each page and the number of its elements."""
        return {
            resource: [(page.school, page.count) for page in pages]
            for resource, pages in self._pages.items()
        }

    def _answers(self, asks: Iterable[Ask], *, wanted: bool) -> Iterator[list[Object]]:
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="aeries")
        try:
            under_way = [(ask, pool.submit(self._get, ask, wanted)) for ask in asks]
            for ask, answer in under_way:
                page, found = answer.result()
                self._refuse_repeated(ask, page)
                self._pages.setdefault(ask.resource, []).append(page)
                yield found
        finally:
            # After the first failure nothing more is asked of a source in trouble.
            pool.shutdown(cancel_futures=True)

    def _get(self, ask: Ask, wanted: bool) -> tuple[_Page, list[Object]]:
        params = {**ask.params, "DatabaseYear": self._year}
        body = self._source.get(BELOW + ask.path, params, what=ask.resource).content
        name = ask.resource + SUFFIX
        found = page_elements(body, name)
        if ask.one_school and any(str(e.get("SchoolCode")) != ask.school for e in found):
            raise SubmissionRefused(
                Reason.FILE_MALFORMED, file=name, detail="an answer about another school"
            )
        page = _Page(school=ask.school, body=body, count=len(found))
        # Elements nobody asked for are dropped at once: as objects they are ten times their bytes.
        return page, found if wanted else []

    def _refuse_repeated(self, ask: Ask, page: _Page) -> None:
        """Attendance does not name its school: the same long answer for two of them is no answer for the second."""
        if ask.resource != "attendance" or len(page.body) < _LONG:
            return
        if page.body in self._attendance:
            raise SubmissionRefused(
                Reason.FILE_MALFORMED, file=ask.resource + SUFFIX, detail="a page repeats"
            )
        self._attendance.add(page.body)


_LONG = 2_000  # bytes; two small schools may well have said the same of one student they share


def certificate_headers(certificate: str) -> Headers:
    """What every request carries."""
    return {"AERIES-CERT": certificate, "Accept": "application/json"}
