"""Who may be given what of a student's record, and which of it concerns somebody else's safety.

The log of disclosures is open only to the parent, the custodian of records and auditors (EC 49064). A parent sees the
child's whole record (EC 49069.7), but no other adult's name, address or letter: one home must not learn of another.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pact_etl.domain.ages import age_on
from pact_etl.domain.errors import UsageError
from pact_etl.domain.policy import Law


class Role(StrEnum):
    """In which right somebody asks. Stored by value."""

    PARENT = "parent"
    STUDENT = "student"  # from the eighteenth birthday on the rights are the student's own (20 USC 1232g(d))
    CUSTODIAN = "custodian"
    AUDITOR = "auditor"


SEES_EVERYBODY = frozenset({Role.CUSTODIAN, Role.AUDITOR})
"""Roles that are shown all adults and all letters; the others only their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adult:
    """What is known of an adult who asks for a child's record."""

    guardian_id: int
    has_rights: bool
    restrained: bool
    has_ended: bool
    is_protected: bool


def check_safety(role: Role, asks: Adult | None, others_protected: bool) -> None:
    """Leave a protected family's record to a person (Gov. Code 6205-6210).

    A school's name alone can lead to an address that is kept secret, so no export is made for anybody but the
    protected adult and those who see everybody.

    Raises:
        UsageError: the custodian of records answers by hand.
    """
    if role in SEES_EVERYBODY or not others_protected or (asks is not None and asks.is_protected):
        return
    raise UsageError(
        "this record may not be exported for this reader: the custodian answers by hand"
    )


def check_access(role: Role, adult: Adult | None, birth_date: date, as_of: date, law: Law) -> None:
    """Refuse who has no right to the record on that day.

    Args:
        role: in which right.
        adult: who asks, for a parent.
        birth_date: the student's.
        as_of: the day of the request.
        law: for the age at which rights pass to the student.

    Raises:
        UsageError: says which right is missing.
    """
    of_age = age_on(birth_date, as_of) >= law.compulsory_until_age
    if role is Role.STUDENT and not of_age:
        raise UsageError("the student is not of age: a parent asks")
    if role is not Role.PARENT:
        return
    if adult is None:
        raise UsageError("a parent is named by <district>:<contact id>")
    if of_age:
        raise UsageError("the student is of age, and the rights are the student's own")
    if adult.has_ended or not adult.has_rights or adult.restrained:
        raise UsageError(
            "this adult holds no right to the record: ended, restrained, or none on file"
        )
