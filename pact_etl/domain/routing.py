"""Who may receive an invitation about a student, and when a person must look first.

Nothing is dropped: a student either gets at least one envelope, or a hold with a reason, or both where one of two
homes can be reached and the other cannot. Wording, rendering and storing do not belong here.
"""

import hashlib
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from pact_etl.domain.address import AddressFault, PostalAddress, RawAddress, normalise, postal_block
from pact_etl.domain.ages import age_on
from pact_etl.domain.district import DistrictStatus
from pact_etl.domain.policy import Law
from pact_etl.domain.reasons import Reason
from pact_etl.domain.suppression import RoutingRules

SCHOOL_HOLDS = (Reason.SCHOOL_HELD_UNKNOWN_CODE, Reason.SCHOOL_HELD_OUTLIER)


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
    deceased: bool = False

    @property
    def name(self) -> str:
        """First and last name, for an envelope."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentFacts:
    """What routing must know of one student on one night.

    `birth_date` is None where the district's record of the student has gone to somebody else, who has the id now.
    `absent_days` and `excused_days` are whole days of the school year. `told` are the holds and `cleared` the looks
    that a person has entered by hand and that are in force; `last_other_letter` is when the district last wrote to the
    family about attendance. `returned_to` are the lines below the name of every address that a letter, to
    whomever, has come back from.
    """

    student_id: int
    birth_date: date | None
    foster: bool
    homeless: bool
    do_not_send: bool
    is_enrolled: bool
    district_status: DistrictStatus
    is_in_question: bool
    volume_jump: bool
    may_be_released: bool
    school_hold: Reason | None
    adults: tuple[Adult, ...]
    unaccompanied: bool = False
    deceased: bool = False
    support_pending: bool = False
    charter_without_agreement: bool = False
    absent_days: int = 0
    excused_days: int = 0
    last_other_letter: date | None = None
    told: frozenset[Reason] = frozenset()
    cleared: frozenset[Reason] = frozenset()
    returned_to: frozenset[tuple[str, ...]] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One adult with rights, at one address and in one language; every student of that adult goes into it.

    `lines` is the postal block, the name's own line first.
    """

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


FAMILY_REASONS = frozenset(
    {
        Reason.SAFE_AT_HOME,
        Reason.FOSTER_YOUTH,
        Reason.HOMELESS_YOUTH,
        Reason.UNACCOMPANIED_YOUTH,
        Reason.DECEASED,
        Reason.SUPPORT_PENDING,
        Reason.MEDICAL_PATTERN,
        Reason.NO_RIGHTS_HOLDER,
        Reason.ELIGIBLE_STUDENT,
        Reason.DO_NOT_SEND,
    }
)
"""Holds for a family's sake: wherever holds are counted for others to read they are one figure, because a single
reason could tell who needs protection."""


ABOUT_ABSENCES = frozenset(
    {Reason.SUPPORT_PENDING, Reason.MEDICAL_PATTERN, Reason.OTHER_LETTER_RECENT}
)
"""Holds for the sake of what a letter says of missed days: one that says nothing of them goes, unless a person has
entered the hold."""

ABOUT_COUNTS = ABOUT_ABSENCES | {Reason.VOLUME_JUMP, *SCHOOL_HOLDS}
"""Holds that doubt or weigh the days counted, and say nothing of the family."""


def route(
    facts: StudentFacts,
    as_of: date,
    law: Law,
    languages: Collection[str],
    rules: RoutingRules,
    passed: Collection[Reason] = (),
) -> Routing:
    """Decide who may get a letter about one student.

    Args:
        facts: the newest there are.
        as_of: the night.
        law: for the age at which rights pass to the student.
        languages: languages with a vetted template.
        rules: the county's, in force on the night.
        passed: holds that the letter is not subject to, unless a person has entered them.
    """
    applying = (reason for reason, applies in checks(facts, as_of, law, rules) if applies)
    hold = next((r for r in applying if r not in passed or r in facts.told), None)
    if hold is not None:
        return Routing(envelopes=(), holds=(hold,))
    return route_homes(facts, languages, rules)


def route_homes(facts: StudentFacts, languages: Collection[str], rules: RoutingRules) -> Routing:
    """Which homes a letter about a student could go to, whatever is to be said of the student.

    Args:
        facts: the newest there are.
        languages: languages with a vetted template.
        rules: the county's, for how far its letters reach.
    """
    holders = [a for a in facts.adults if _may_read(a)]
    if not holders:
        return Routing(envelopes=(), holds=(Reason.NO_RIGHTS_HOLDER,))
    # A protected address holds the whole family: a letter to the other home could give the protected one away.
    if any(is_protected(a.address) for a in facts.adults):
        return Routing(envelopes=(), holds=(Reason.SAFE_AT_HOME,))
    anywhere = Reason.OUT_OF_COUNTY in facts.cleared
    dead = frozenset() if Reason.MAIL_RETURNED in facts.cleared else facts.returned_to
    return _by_home(holders, languages, None if anywhere else rules, dead)


def may_be_reminded(
    facts: StudentFacts, email: str, as_of: date, law: Law, rules: RoutingRules
) -> bool:
    """Whether an email about an evening may still go to an address, for one student of a letter that is out.

    Whatever protects a family stops it, and so does an address that is not, or not only, one of an adult with rights: a
    letter cannot be called back, but what follows it can be left undone. What is asked of counts alone does not.
    """
    applying = {r for r, applies in checks(facts, as_of, law, rules) if applies}
    if (applying - ABOUT_COUNTS) | (applying & facts.told):
        return False
    if any(is_protected(a.address) for a in facts.adults):
        return False
    readers = [a for a in facts.adults if (a.email or "").lower() == email.lower()]
    return bool(readers) and all(_may_read(a) for a in readers)


def is_protected_since(
    facts: StudentFacts, recipient: str, as_of: date, law: Law, rules: RoutingRules
) -> bool:
    """Whether a letter that is out would be held now for a family's sake, for one of its students.

    Nothing calls it back by itself: a person may still stop it at the vendor's, or has to know what the family holds.
    """
    applying = {r for r, applies in checks(facts, as_of, law, rules) if applies}
    if applying & (FAMILY_REASONS - ABOUT_ABSENCES):
        return True
    same = [a for a in facts.adults if folded(a.name) == folded(recipient)]
    return any(is_protected(a.address) for a in facts.adults) or (
        bool(same) and not any(_may_read(a) for a in same)
    )


def _may_read(adult: Adult) -> bool:
    return adult.has_rights and not adult.restrained and not adult.deceased


def checks(
    facts: StudentFacts, as_of: date, law: Law, rules: RoutingRules
) -> tuple[tuple[Reason, bool], ...]:
    """Every reason, most protective first, for which nobody gets a letter about a student, and whether it applies.

    One that applies is enough; a person must look. Those that a person has entered by hand apply like those that the
    record shows; a person who has looked can clear only what the record makes likely and does not say.
    """
    seen = (
        (Reason.DECEASED, facts.deceased),
        (Reason.DO_NOT_SEND, facts.do_not_send),
        (Reason.IDENTITY_UNCLEAR, facts.is_in_question or facts.birth_date is None),
        (Reason.SAFE_AT_HOME, False),  # seen at the addresses; here only by a person's word
        (Reason.FOSTER_YOUTH, facts.foster),
        (Reason.UNACCOMPANIED_YOUTH, facts.unaccompanied),
        (Reason.HOMELESS_YOUTH, facts.homeless),
        (Reason.ELIGIBLE_STUDENT, _has_own_rights(facts.birth_date, as_of, law)),
        (Reason.SUPPORT_PENDING, facts.support_pending),
        (
            Reason.MEDICAL_PATTERN,
            rules.is_medical_pattern(facts.excused_days, facts.absent_days),
        ),
        (Reason.NOT_ENROLLED, not facts.is_enrolled),
        (Reason.CHARTER_WITHOUT_AGREEMENT, facts.charter_without_agreement),
        (Reason.DISTRICT_TESTING, facts.district_status is not DistrictStatus.ACTIVE),
        (Reason.NO_LEGAL_BASIS, not facts.may_be_released),
        (Reason.VOLUME_JUMP, facts.volume_jump),
        *((reason, facts.school_hold is reason) for reason in SCHOOL_HOLDS),
        (Reason.OTHER_LETTER_RECENT, rules.follows_too_soon(facts.last_other_letter, as_of)),
        (Reason.OUT_OF_COUNTY, False),  # seen home by home; here only by a person's word
    )
    return tuple(
        (reason, reason in facts.told or (applies and reason not in facts.cleared))
        for reason, applies in seen
    )


def _has_own_rights(birth_date: date | None, as_of: date, law: Law) -> bool:
    return birth_date is not None and age_on(birth_date, as_of) >= law.compulsory_until_age


_PROTECTED_FAULTS = frozenset(
    {AddressFault.SAFE_AT_HOME_NUMBER_MISSING, AddressFault.SAFE_AT_HOME_NOT_SUBSTITUTE}
)


def is_protected(address: RawAddress) -> bool:
    """Whether an address belongs to the Safe at Home program, or looks as if it might (Gov. Code 6205-6210)."""
    postal = normalise(address)
    if isinstance(postal, AddressFault):
        return bool(address.safe_at_home.strip()) or postal in _PROTECTED_FAULTS
    return bool(postal.safe_at_home)


def _by_home(
    holders: list[Adult],
    languages: Collection[str],
    rules: RoutingRules | None,
    dead: Collection[tuple[str, ...]],
) -> Routing:
    homes: dict[tuple[str, str, str], list[tuple[Adult, PostalAddress]]] = {}
    holds: set[Reason] = set()
    for adult in sorted(holders, key=lambda a: (a.contact_order, a.guardian_id)):
        postal = normalise(adult.address)
        if isinstance(postal, AddressFault):
            missing = postal is AddressFault.STREET_MISSING
            holds.add(Reason.NO_ADDRESS if missing else Reason.ADDRESS_INVALID)
        elif rules is not None and not rules.is_within_county(adult.address.zip):
            holds.add(Reason.OUT_OF_COUNTY)
        elif postal.lines in dead:
            holds.add(Reason.MAIL_RETURNED)
        elif adult.language not in languages:
            holds.add(Reason.LANGUAGE_WITHOUT_TEMPLATE)
        else:
            home = postal.household_key or f"guardian {adult.guardian_id}"
            key = (folded(adult.name), home, adult.language or "")
            homes.setdefault(key, []).append((adult, postal))
    envelopes = tuple(_envelope(*key, members) for key, members in homes.items())
    return Routing(envelopes=envelopes, holds=tuple(sorted(holds)))


def _envelope(
    name: str, home: str, language: str, members: list[tuple[Adult, PostalAddress]]
) -> Envelope:
    """Address one adult, who may be on the list more than once.

    The key is made of name, address and language together, so that two families in one building, or one adult's two
    children in two districts, come out right; an address alone never joins anybody. Two parents of one home get an
    envelope each: either may have another child of whom the other may not read.
    """
    adult, postal = members[0]
    identity = "|".join((name, home, language))
    return Envelope(
        household_key=hashlib.sha256(identity.encode()).hexdigest(),
        recipient=adult.name,
        lines=postal_block(adult.name, postal),
        language=language,
        email=next((adult.email for adult, _ in members if adult.email), None),
    )


def folded(name: str) -> str:
    """A name as two districts agree on it: without capitals, accents, marks and double spaces."""
    letters = unicodedata.normalize("NFD", name.casefold()).replace("-", " ")
    return " ".join("".join(c for c in letters if c.isalnum() or c.isspace()).split())
