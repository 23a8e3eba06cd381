"""Who may receive an invitation about a student, and when a person must look first.

Nothing is dropped: a student either gets at least one envelope, or a hold with a reason, or both where one of two
homes can be reached and the other cannot. Wording, rendering and storing do not belong here.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from pact_etl.domain.address import RawAddress, normalise
from pact_etl.domain.district import DistrictStatus
from pact_etl.domain.policy import Law
from pact_etl.domain.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Adult:
    """One guardian as the student's district knows them."""

    guardian_id: int
    first_name: str
    last_name: str
    language: str | None
    has_rights: bool
    restrained: bool
    contact_order: int
    address: RawAddress
    email: str | None

    @property
    def name(self) -> str:
        """First and last name, for an envelope."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentFacts:
    """What routing must know of one student on one night."""

    student_id: int
    birth_date: date
    foster: bool
    homeless: bool
    do_not_send: bool
    is_enrolled: bool
    district_status: DistrictStatus
    school_hold: Reason | None
    adults: tuple[Adult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One home that may get a letter: adults of one student who share address and language."""

    household_key: str
    recipient: str
    lines: tuple[str, ...]
    language: str
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Envelopes that may be planned, and reasons for which a person must act."""

    envelopes: tuple[Envelope, ...]
    holds: tuple[Reason, ...]


def route(facts: StudentFacts, as_of: date, law: Law, languages: Collection[str]) -> Routing:
    """Decide who may get a letter about one student.

    Args:
        facts: the newest there are.
        as_of: the night.
        law: for the age at which rights pass to the student.
        languages: languages with a vetted template.
    """
    hold = _hold_for_student(facts, as_of, law)
    if hold is not None:
        return Routing(envelopes=(), holds=(hold,))
    holders = [a for a in facts.adults if a.has_rights and not a.restrained]
    if not holders:
        return Routing(envelopes=(), holds=(Reason.NO_RIGHTS_HOLDER,))
    # A protected address holds the whole family: a letter to the other home could give the protected one away.
    if any(a.address.safe_at_home for a in facts.adults):
        return Routing(envelopes=(), holds=(Reason.SAFE_AT_HOME,))
    return _by_home(holders, languages)


def _hold_for_student(facts: StudentFacts, as_of: date, law: Law) -> Reason | None:
    """The first reason, most protective first, why nobody gets a letter about this student without a person's look."""
    checks = (
        (facts.do_not_send, Reason.DO_NOT_SEND),
        (facts.foster, Reason.FOSTER_YOUTH),
        (facts.homeless, Reason.HOMELESS_YOUTH),
        (age_on(facts.birth_date, as_of) >= law.compulsory_until_age, Reason.ELIGIBLE_STUDENT),
        (not facts.is_enrolled, Reason.NOT_ENROLLED),
        (facts.district_status is not DistrictStatus.ACTIVE, Reason.DISTRICT_TESTING),
    )
    return next((reason for applies, reason in checks if applies), facts.school_hold)


def _by_home(holders: list[Adult], languages: Collection[str]) -> Routing:
    homes: dict[tuple[tuple[str, ...], str], list[Adult]] = {}
    holds: set[Reason] = set()
    for adult in sorted(holders, key=lambda a: (a.contact_order, a.guardian_id)):
        postal = normalise(adult.address)
        if postal.error is not None:
            holds.add(Reason.NO_ADDRESS if not adult.address.street else Reason.ADDRESS_INVALID)
        elif adult.language not in languages:
            holds.add(Reason.LANGUAGE_WITHOUT_TEMPLATE)
        else:
            homes.setdefault((postal.lines, adult.language or ""), []).append(adult)
    envelopes = tuple(
        _envelope(lines, language, adults) for (lines, language), adults in homes.items()
    )
    return Routing(envelopes=envelopes, holds=tuple(sorted(holds)))


def _envelope(lines: tuple[str, ...], language: str, adults: list[Adult]) -> Envelope:
    """Address adults who live together on one envelope.

    The key is made of names, address and language together, so that two families in one building, or one adult's
    two children in two districts, come out right; an address alone never joins anybody.
    """
    names = list(dict.fromkeys(a.name for a in adults))
    identity = "|".join(
        (*sorted(n.casefold() for n in names), *(line.casefold() for line in lines), language)
    )
    return Envelope(
        household_key=hashlib.sha256(identity.encode()).hexdigest(),
        recipient=" and ".join(names[:2]),
        lines=lines,
        language=language,
        email=next((a.email for a in adults if a.email), None),
    )


def age_on(birth_date: date, day: date) -> int:
    """Completed years on a day; a child born on 29 February has the birthday on 1 March in other years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
