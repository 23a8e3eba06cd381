"""Which written basis lets a record reach whom."""

from datetime import date

from pact_etl.domain.disclosure import (
    LETTER_RECIPIENTS,
    Disclosure,
    basis_for,
    may_release_letters,
)

START, DAY, END = date(2026, 7, 1), date(2026, 11, 20), date(2027, 6, 30)


def entry(recipient: str = "print_vendor", basis: str = "contract", **more: object) -> Disclosure:
    return Disclosure(recipient=recipient, legal_basis=basis, **({"from_": START} | more))  # type: ignore[arg-type]


def test_a_basis_holds_from_its_first_to_its_last_day() -> None:
    known = [entry(to=END)]

    held = {day: basis_for(known, "oak", "print_vendor", day) for day in (START, END)}

    assert set(held.values()) == {"contract"}
    assert basis_for(known, "oak", "print_vendor", date(2026, 6, 30)) is None
    assert basis_for(known, "oak", "print_vendor", date(2027, 7, 1)) is None


def test_a_districts_own_agreement_goes_before_one_for_everybody() -> None:
    known = [entry(), entry(basis="own", districts=["oak"], from_=date(2020, 7, 1))]

    assert basis_for(known, "oak", "print_vendor", DAY) == "own"
    assert basis_for(known, "elm", "print_vendor", DAY) == "contract"


def test_an_empty_text_is_no_basis() -> None:
    assert basis_for([entry(basis="  ")], "oak", "print_vendor", DAY) is None


def test_letters_leave_only_where_everybody_who_sees_them_may() -> None:
    every = [entry(recipient) for recipient in LETTER_RECIPIENTS]

    assert may_release_letters(every, "oak", DAY)
    for one in every:
        assert not may_release_letters([d for d in every if d is not one], "oak", DAY)
