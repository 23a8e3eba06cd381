"""From when on a district's first notices (Education Code 48260.5) are set for it: dated settings of a district."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstNoticeRule:
    """From when on a district's first notices are set for it, or are no longer.

    Attributes:
        dispute_days: calendar days after the night until which a family is asked to report a mistake.
        why: whose agreement it is.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    from_: date
    set_for_district: bool
    why: str
    dispute_days: int = 14


def set_since(rules: Sequence[FirstNoticeRule], day: date) -> date | None:
    """Since when, without a break up to a day, a district's first notices are set for it; None where they are not.

    Whoever was classified before that was the district's to write to.
    """
    since = None
    for rule in sorted(rules, key=lambda one: one.from_):
        if rule.from_ <= day:
            since = (since or rule.from_) if rule.set_for_district else None
    return since
