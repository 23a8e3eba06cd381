"""Pages of our fake of an Ed-Fi ODS: what a path and a query are answered with."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pact_etl.simulator.servers.edfi_faults import Faults, Turns
from pact_etl.simulator.servers.edfi_state import Held, OdsState, after

_PAGING = frozenset(
    {"offset", "limit", "totalcount", "pagetoken", "pagesize", "number"}
    | {"minchangeversion", "maxchangeversion"}
)
_NO_END = 2**62


class Refusal(Exception):
    """An answer that is no data."""

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Name the status."""
        self.status = status
        self.headers = dict(headers or {})
        super().__init__(status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where questions are answered: the rows, the faults, the longest page and the number of requests so far."""

    state: OdsState
    faults: Faults
    requests: Turns
    most_rows: int


def page(desk: Desk, name: str, query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    """The answer and its headers.

    Args:
        desk: whose lock is held.
        name: a resource, perhaps with `/deletes`, `/keyChanges` or `/partitions`.
        query: names in lower case.

    Raises:
        Refusal: there is no such resource, it is forbidden, or the query asks for what cannot be.
    """
    resource, _, kind = name.partition("/")
    if resource not in desk.state.resources or kind not in _KINDS:
        raise Refusal(404)
    if resource in desk.faults.forbidden or name in desk.faults.forbidden:
        raise Refusal(403)
    return _KINDS[kind](desk, resource, query)


def _rows(desk: Desk, name: str, query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    rows = _selected(desk, name, query)
    by_cursor = "pagetoken" in query or "pagesize" in query
    if by_cursor:
        if not desk.faults.has_cursor or {"offset", "limit", "totalcount"} & set(query):
            raise Refusal(400)
        low, high = _range(query.get("pagetoken", ""))
        size = _bounded(query.get("pagesize", "25"), desk.most_rows)
        start = 0 if desk.faults.repeats == name else after(rows, low)
        page = [held for held in rows[start : start + size] if held.number <= high]
    else:
        offset, size = (
            int(query.get("offset", "0")),
            _bounded(query.get("limit", "25"), desk.most_rows),
        )
        offset = 0 if desk.faults.repeats == name else offset
        page, high = rows[offset : offset + size], _NO_END
    headers = {}
    if query.get("totalcount", "").lower() == "true":
        headers["Total-Count"] = str(len(rows) + desk.faults.total_off)
    if desk.faults.has_cursor and "offset" not in query and page and len(page) == size:
        headers["Next-Page-Token"] = _token(page[-1].number + 1, high)
        if desk.faults.repeats == name:
            headers["Next-Page-Token"] = _token(desk.requests.count, high)
    return [desk.state.shape(name, held) for held in page], headers


def _partitions(desk: Desk, name: str, query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    if not desk.faults.has_cursor:
        raise Refusal(404)
    rows = _selected(desk, name, query)
    number = _bounded(query.get("number", "5"), 200)
    size = max(1, -(-len(rows) // max(number, 1)))
    starts = [held.number for held in rows[::size]]
    ends = [start - 1 for start in starts[1:]] + [_NO_END]
    return {"pageTokens": [_token(*pair) for pair in zip(starts, ends, strict=True)]}, {}


def _deletes(desk: Desk, name: str, query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    found = desk.state.resources[name].deletes
    if not desk.faults.has_delete_keys:
        found = [{k: v for k, v in one.items() if k != "keyValues"} for one in found]
    return _listed(desk, found, query)


def _key_changes(desk: Desk, name: str, query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    return _listed(desk, desk.state.resources[name].key_changes, query)


_KINDS = {"": _rows, "partitions": _partitions, "deletes": _deletes, "keyChanges": _key_changes}


def _listed(
    desk: Desk, found: list[dict[str, Any]], query: Mapping[str, str]
) -> tuple[Any, dict[str, str]]:
    first, last = _versions(query)
    within = [one for one in found if first <= one["changeVersion"] <= last]
    offset, size = (
        int(query.get("offset", "0")),
        _bounded(query.get("limit", "25"), desk.most_rows),
    )
    headers = {}
    if query.get("totalcount", "").lower() == "true":
        headers["Total-Count"] = str(len(within) + desk.faults.total_off)
    return within[offset : offset + size], headers


def _selected(desk: Desk, name: str, query: Mapping[str, str]) -> list[Held]:
    keys = {key.lower(): key for key in desk.state.resources[name].kind.keys}
    asked = {keys.get(k, k): v for k, v in query.items() if k not in _PAGING}
    if not set(asked) <= set(keys.values()):
        raise Refusal(400)
    return desk.state.select(name, tuple(asked.items()), *_versions(query))


def _versions(query: Mapping[str, str]) -> tuple[int, int]:
    first, last = query.get("minchangeversion", "0"), query.get("maxchangeversion", _NO_END)
    return int(first), int(last)


def _bounded(asked: str, most: int) -> int:
    if not asked.isdigit() or int(asked) > most:
        raise Refusal(400)
    return int(asked)


def _token(low: int, high: int) -> str:
    return base64.urlsafe_b64encode(f"{low},{high}".encode()).decode()


def _range(token: str) -> tuple[int, int]:
    if not token:
        return 0, _NO_END
    try:
        low, high = base64.urlsafe_b64decode(token).decode().split(",")
        return int(low), int(high)
    except ValueError:
        raise Refusal(400) from None
