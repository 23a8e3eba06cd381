"""What would help most: requests to a district, made by rule from its figures, the weightiest first.

Lost days come before held letters, held letters before faulty rows, because the first wrongs children and the last
costs work. The order is fixed so that two months can be compared; at most five are printed.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from pact_etl.domain.reasons import Reason
from pact_etl.scorecards import wording
from pact_etl.scorecards.figures import Scorecard
from pact_etl.scorecards.wording import counted, day, listed, number

MOST = 5

LATE_DAYS = 7
"""A tenth of the excuses coming later than this can reach us after the letter: approval and print take about a week."""

NOTABLE_ROWS = 10
"""Fewer rows set aside in a month are not worth anybody's morning."""


def advice(card: Scorecard) -> list[tuple[str, str]]:
    """Requests as (what to do, why), at most five; empty when there is nothing to ask."""
    return list(islice((found for rule in RULES for found in rule(card)), MOST))


def _nothing_yet(card: Scorecard) -> Iterator[tuple[str, str]]:
    if card.first_night is None:
        yield (
            "Send a first delivery.",
            "Nothing of yours has been taken over this school year, so there are no figures yet. "
            "The district file format says how; we are glad to help.",
        )


def _never_delivered(card: Scorecard) -> Iterator[tuple[str, str]]:
    if card.first_night is not None and (lost := card.now.never):
        yield (
            f"Send one file that reaches back to {day(lost[0])}.",
            f"{counted(len(lost), 'schoolday')} never reached us ({listed([day(d) for d in lost], 4)}). "
            "Until then the program takes everybody for present on them.",
        )


def _codes(card: Scorecard) -> Iterator[tuple[str, str]]:
    codes = card.codes
    if not codes:
        return
    names = listed([f"{row['code']}" for row in codes], 3)
    rows = sum(row["rows"] for row in codes)
    held = {row["name"] for row in card.schools if row["reason"] == Reason.UNKNOWN_CODE}
    amount = f"{counted(rows, 'row')}" if rows >= card.smallest else "Rows"
    yield (
        f"Tell us what code {names} means." if len(codes) == 1 else f"Explain codes {names}.",
        f"{amount} wait for it, and so do letters of {counted(len(held), 'school')}. "
        "Nothing need be sent again: once we know, we read the days we kept.",
    )


def _outliers(card: Scorecard) -> Iterator[tuple[str, str]]:
    held = [row for row in card.schools if row["reason"] == Reason.SCHOOL_DAY_OUTLIER]
    if held:
        places = [f"{row['name']} on {day(row['since'])}" for row in held if row["since"]]
        yield (
            "Check a day on which nearly a whole school is absent.",
            f"{listed(places, 3)}. If attendance was not entered, please enter it; letters of the school wait.",
        )


def _refused(card: Scorecard) -> Iterator[tuple[str, str]]:
    if refused := card.now.refused:
        why = {wording.FILES.get(n.refused_reason or "", "it could not be used") for n in refused}
        yield (
            "Look at the delivery we could not use."
            if len(refused) == 1
            else f"Look at {len(refused)} deliveries we could not use.",
            f"{listed([day(n.date) for n in refused], 5)}: {'; '.join(sorted(why))}. "
            "The receipt of that night says where.",
        )


def _missed(card: Scorecard) -> Iterator[tuple[str, str]]:
    if card.first_night is not None and (missed := card.now.missed):
        yield (
            "Check the nightly export.",
            f"Nothing usable came on {len(missed)} of {counted(len(card.now.nights), 'schoolday')} "
            f"({listed([day(n.date) for n in missed], 5)}). Letters of that night wait.",
        )


def _addresses(card: Scorecard) -> Iterator[tuple[str, str]]:
    for line in card.waiting:
        if line.kind == wording.ADDRESS:
            many = "A few" if line.students is None else number(line.students)
            yield (
                f"Correct {'addresses' if line.students is None else number(line.students) + ' addresses'}.",
                f"{many} letters wait because the address in your system is missing, cannot be mailed to, "
                "or brought the letter back.",
            )


def _volume(card: Scorecard) -> Iterator[tuple[str, str]]:
    for line in card.waiting:
        if line.kind == wording.VOLUME:
            many = "A few" if line.students is None else number(line.students)
            yield (
                "Look with us at a night with far more new cases than usual.",
                f"{many} letters wait until a person says that attendance was entered rightly.",
            )


def _identity(card: Scorecard) -> Iterator[tuple[str, str]]:
    if card.questions != 0:
        many = "A few" if card.questions is None else number(card.questions)
        yield (
            "Help us tell who is who.",
            f"{many} records may belong to a child we know under another id. Nothing is merged until a person says so.",
        )


def _rows(card: Scorecard) -> Iterator[tuple[str, str]]:
    # Asked for above, or there on account of another row.
    asked = {Reason.UNKNOWN_CODE, Reason.SCHOOL_DAY_OUTLIER, Reason.DAY_INCOMPLETE}
    rest = {reason: n for reason, n in card.reasons.items() if reason not in asked}
    if not rest or (most := max(rest.values())) < NOTABLE_ROWS:
        return
    reason = min(r for r, n in rest.items() if n == most)
    county, own = card.county.get("per_thousand"), card.now.per_thousand
    if own is None or (county is not None and own <= county):
        return
    yield (
        "Look at the rows we set aside most.",
        f"{counted(most, 'row')}: {wording.ROWS.get(reason, reason).lower()}. The reject files name each by line.",
    )


def _late_excuses(card: Scorecard) -> Iterator[tuple[str, str]]:
    late = card.clearing.most_within
    if late is not None and late > LATE_DAYS:
        yield (
            "Enter excuses sooner.",
            f"One in ten reaches us {late} days or more after the absence. A letter may go out before it does.",
        )


def _drift(card: Scorecard) -> Iterator[tuple[str, str]]:
    drift = sum(row["drift"] for row in card.drift)
    if drift >= NOTABLE_ROWS:
        yield (
            "Ask your system's vendor about its list of changes.",
            f"Reading everything once a week found {counted(drift, 'difference')} that the nightly changes had missed.",
        )


Rule = Callable[[Scorecard], Iterator[tuple[str, str]]]
RULES: tuple[Rule, ...] = (
    _nothing_yet,
    _never_delivered,
    _codes,
    _outliers,
    _refused,
    _missed,
    _addresses,
    _volume,
    _identity,
    _late_excuses,
    _rows,
    _drift,
)
