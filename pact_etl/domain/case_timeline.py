"""A case as one list of what happened, day by day, out of every book that speaks of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pact_etl.domain.case import Entry, Kind
from pact_etl.domain.letter_kind import LetterKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of a timeline.

    Attributes:
        source: the book it stands in: finding, ladder, letter, disclosure, served_notice or case.
        detail: codes, counts and days.
        entry: number of the entry, where it is one.
        by: who did or entered it, where a person did.
    """

    day: date
    source: str
    what: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    entry: int | None = None
    by: str | None = None


def timeline(
    books: Mapping[str, Sequence[Mapping[str, Any]]], entries: Iterable[Entry]
) -> tuple[Happening, ...]:
    """Everything in the order of its days.

    Args:
        books: `findings`, `ladder`, `letters`, `letter_events`, `disclosures`, `served_notices`; see
            `pact_etl.store.case_timeline`.
        entries: all of the case's; what was taken back is shown, together with its retraction.
    """
    found = [
        *_findings(books["findings"]),
        *_ladder(books["ladder"]),
        *_letters(books["letters"], books["letter_events"]),
        *_disclosures(books["disclosures"]),
        *_served(books["served_notices"]),
        *(_entry(one) for one in entries),
    ]
    return tuple(sorted(found, key=lambda h: h.day))


def _findings(rows: Iterable[Mapping[str, Any]]) -> Iterable[Happening]:
    for row in rows:
        counts = {"U": row["unexcused_days"], "D": row["enrolled_days"], "rule": row["rule"]}
        detail = counts | {"policy_version": row["policy_version"]}
        yield Happening(day=row["as_of"], source="finding", what="opened", detail=detail)
        if row["ended_on"] is not None:
            detail = {"rule": row["rule"], "reason": row["ended_reason"]}
            yield Happening(day=row["ended_on"], source="finding", what="ended", detail=detail)


def _ladder(rows: Iterable[Mapping[str, Any]]) -> Iterable[Happening]:
    for row in rows:
        detail = {
            "section": row["section"],
            "channel": row["channel"],
            "documented": row["is_documented"],
        }
        yield Happening(day=row["date"], source="ladder", what=row["step"], detail=detail)


def _letters(
    letters: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]
) -> Iterable[Happening]:
    for row in letters:
        said = {"notice": row["notice"], "kind": row["kind"]}
        detail = said | {"meeting": row["meeting"].isoformat()}
        yield Happening(day=row["planned_on"], source="letter", what="planned", detail=detail)
        if row["mailed_on"] is not None and LetterKind(row["kind"]).invites:
            yield Happening(day=row["meeting"], source="letter", what="pact_evening", detail=detail)
    for row in events:
        detail = {"notice": row["notice"], "kind": row["kind"], "told_by": row["source"]}
        yield Happening(day=row["date"], source="letter", what=row["event"], detail=detail)


def _disclosures(rows: Iterable[Mapping[str, Any]]) -> Iterable[Happening]:
    for row in rows:
        detail = {k: row[k] for k in ("recipient", "legal_basis")}
        yield Happening(day=row["as_of"], source="disclosure", what=row["what"], detail=detail)


def _served(rows: Iterable[Mapping[str, Any]]) -> Iterable[Happening]:
    for row in rows:
        said = {"served_notice": row["notice"], "meeting": row["meeting"].isoformat()}
        more = {
            "reason": row["reason"],
            "person": row["person"],
            "service": row["entry"],
            "takes_back": row["taken_back"],
        }
        detail = said | {name: value for name, value in more.items() if value is not None}
        yield Happening(
            day=row["date"],
            source="served_notice",
            what=row["what"],
            detail=detail,
            by=row["told_by"],
        )


def _entry(one: Entry) -> Happening:
    said = {"way": one.way, "whom": one.whom, "result": one.result, "about": one.about}
    detail: dict[str, Any] = {k: v for k, v in said.items() if v is not None}
    if one.number > 1:
        detail["number"] = one.number
    what = one.kind.value
    if one.kind is Kind.RETRACTION:
        detail["entered_on"] = one.as_of.isoformat()
    return Happening(
        day=one.day, source="case", what=what, detail=detail, entry=one.id, by=one.entered_by
    )
