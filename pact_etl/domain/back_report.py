"""What goes back to the agency that referred a student: each referral, what was done, what came of it (EC 48297).

The section asks for the outcome of each referral, conditions and actions included. Rows hold the district's own id of
the student, days and codes; contacts with the family stay in the case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pact_etl.domain.case import (
    REPORTED_BACK,
    SECTION,
    Entry,
    Kind,
    Party,
    Way,
    standing_entries,
)

COLUMNS = (
    "case",
    "local_id",
    "referral",
    "referred_on",
    "referred_by",
    "referred_to",
    "section",
    "action",
    "action_on",
    "result",
    "entered_on",
)
"""Of the file, in this order; docs/cases.md says what they hold."""

_OF_INVITATION = frozenset({Kind.MEETING, Kind.AGREEMENT, Kind.SERVICES, Kind.CLOSING})
NOTHING_YET = "nothing_yet"
RETRACTED = "referral_retracted"
LETTER_MAILED, LETTER_RETURNED = "letter_mailed", "letter_returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that was done about a student, and on which day that became known."""

    action: str
    day: date
    entered_on: date
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One referral with all that was done about it.

    Attributes:
        referral: number of its entry, or None where the invitation itself is the referral.
    """

    case_id: int
    referral: int | None
    day: date
    by: Party
    to: Way
    acts: tuple[Act, ...]

    @property
    def section(self) -> str:
        """The section that it was made under."""
        return SECTION[self.to]


def referrals_back(
    case_id: int, entries: Sequence[Entry], agency: Party, first: date, last: date
) -> list[Reported]:
    """An agency's referrals about which something was entered in a period, each with all that was done.

    Args:
        case_id: the case.
        entries: all of the case's, through the period's last day.
        agency: who referred.
        first: of the period.
        last: of the period.
    """
    standing = standing_entries(entries)
    ids = {e.id for e in standing}
    found = []
    for referral in entries:
        if not (
            referral.kind is Kind.REFERRAL
            and referral.whom is agency
            and referral.way in REPORTED_BACK
        ):
            continue
        own = {referral.id} | {e.id for e in entries if e.about == referral.id}
        # A retraction of one of its entries is news of it too.
        news = [e for e in entries if e.id in own or e.about in own or e.kind is Kind.CLOSING]
        if not any(first <= e.as_of <= last for e in news):
            continue
        if referral.id in ids:
            acts = [e for e in standing if e.about == referral.id or e.kind is Kind.CLOSING]
            told = tuple(_act(e) for e in acts if e.day >= referral.day or e.about == referral.id)
        elif referral.as_of >= first:
            continue  # made and taken back before anybody was told
        else:
            told = tuple(
                _act(e, RETRACTED)
                for e in entries
                if e.about == referral.id and e.kind is Kind.RETRACTION
            )
        found.append(
            Reported(
                case_id=case_id,
                referral=referral.id,
                day=referral.day,
                by=agency,
                to=referral.way,
                acts=told,
            )
        )
    return found


def invitation_back(
    case_id: int,
    entries: Sequence[Entry],
    letters: Sequence[Act],
    referred_on: date,
    first: date,
    last: date,
) -> list[Reported]:
    """The invitation as a referral to mediation, where the county takes it for one and a letter was mailed.

    Args:
        case_id: the case.
        entries: all of the case's, through the period's last day.
        letters: mailed and returned ones of the case.
        referred_on: when the district's record put the student over the line.
        first: of the period.
        last: of the period.
    """
    if not letters:
        return []
    acts = [
        *letters,
        *(
            _act(e)
            for e in standing_entries(entries)
            if e.about is None and e.kind in _OF_INVITATION
        ),
    ]
    alone = {e.id for e in entries if e.about is None and e.kind in _OF_INVITATION}
    news = [a.entered_on for a in acts]
    news += [e.as_of for e in entries if e.kind is Kind.RETRACTION and e.about in alone]
    if not any(first <= day <= last for day in news):
        return []
    return [
        Reported(
            case_id=case_id,
            referral=None,
            day=referred_on,
            by=Party.DISTRICT,
            to=Way.TRUANCY_MEDIATION,
            acts=tuple(sorted(acts, key=lambda a: (a.day, a.action))),
        )
    ]


def rows_of(
    reported: Sequence[Reported],
    local_ids: dict[int, str],
    codes: dict[tuple[int, int | None], str],
) -> list[dict[str, str]]:
    """The rows of the file: one for each act, and one that says so where nothing was done yet.

    Args:
        reported: referrals.
        local_ids: case to the district's own id of the student.
        codes: (case, entry or None) to its opaque number.
    """
    rows = []
    for one in reported:
        referral = {
            "case": codes[one.case_id, None],
            "local_id": local_ids.get(
                one.case_id, ""
            ),  # none where its record went to another child
            "referral": codes[one.case_id, one.referral],
            "referred_on": one.day.isoformat(),
            "referred_by": one.by.value,
            "referred_to": one.to.value,
            "section": one.section,
        }
        for act in one.acts:
            rows.append(
                referral
                | {
                    "action": act.action,
                    "action_on": act.day.isoformat(),
                    "result": act.result,
                    "entered_on": act.entered_on.isoformat(),
                }
            )
        if not one.acts:
            rows.append(
                referral | {"action": NOTHING_YET, "action_on": "", "result": "", "entered_on": ""}
            )
    return rows


def _act(entry: Entry, action: str = "") -> Act:
    return Act(
        action=action or entry.kind.value,
        day=entry.day,
        entered_on=entry.as_of,
        result=str(entry.result or entry.way or ""),
    )
