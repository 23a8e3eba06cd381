"""What a district is told of its letters that came back, and what its next file makes of it."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import Scope
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.steps.holds import add
from pact_etl.steps.plan import plan
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.returned_letters import FILE, tell_returned
from pact_etl.wiring import Collaborators
from tests.factories import record_submission, roster
from tests.integration.steps.letters import DAYS, NIGHT, approve_planned, approved_batch, one
from tests.integration.steps.test_households import (
    both,  # noqa: F401 - a fixture
    family,
    planned,
    with_adult,
)

pytestmark = pytest.mark.integration

BACK, AFTER = DAYS[35], DAYS[36]


def all_come_back(using: Collaborators, batch: int) -> None:
    """Every letter of a batch goes out, and the post brings it back."""
    release_batch(using, batch)
    settings = using.settings
    habits = VendorHabits(days_to_mail=0, returned=1.0, days_to_return=1)
    clerk = SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, habits=habits)
    for day in (NIGHT, BACK):
        clerk.visit(day)


def lists(using: Collaborators, night: date) -> dict[str, list[dict[str, str]]]:
    """By district, the rows of a night's list."""
    found = {}
    for path in Path(using.settings.returns / night.isoformat()).glob(f"*/{FILE}"):
        with path.open(newline="") as opened:
            found[path.parent.name] = list(csv.DictReader(opened))
    return found


def test_each_district_is_told_once_of_its_own_students_and_of_whom_it_has_to_ask(
    both: Collaborators,  # noqa: F811
) -> None:
    father = {"guardian_id": "G2", "first_name": "Luis", "street": "7 Elm St"}
    planned(both, with_adult(family("01"), "01", **father), family("77", guardian_id="E-900"))
    all_come_back(both, approve_planned(both))

    told = reconcile_vendor(both, BACK).counts

    assert (told["returns_told"], told["returns_kept_back"]) == (3, 0)
    found = lists(both, BACK)
    short = ("student_id", "contact_ids")
    assert {
        slug: sorted(tuple(row[c] for c in short) for row in found[slug]) for slug in found
    } == {
        "oak-grove": [("01", "G1"), ("01", "G2")],
        "elm-creek": [("77", "E-900")],
    }
    [row] = found["elm-creek"]
    reason = str(one(both, f"SELECT return_reason FROM notice WHERE id = {int(row['letter'][1:])}"))
    assert row["endorsement"] == reason
    assert row["mailed_on"] < row["returned_on"] <= BACK.isoformat()
    assert "Rosa" not in str(found)

    assert reconcile_vendor(both, BACK).counts["returns_told"] == 3
    assert reconcile_vendor(both, AFTER).counts["returns_told"] == 0
    assert (lists(both, BACK), lists(both, AFTER)) == (found, {})
    logged = "SELECT count(*) FROM disclosure WHERE recipient = 'district' AND as_of = :day"
    with both.engine.connect() as connection:
        assert connection.execute(text(logged), {"day": BACK}).scalar_one() == 3


def test_a_protected_family_stands_in_no_list_and_without_a_legal_basis_there_is_none(
    using: Collaborators,
) -> None:
    all_come_back(using, approved_batch(using, ["01", "02", "03", "04"]))
    with using.engine.begin() as connection:
        for statement in (
            "UPDATE student_record SET do_not_send = true WHERE local_id = '01'",
            "UPDATE guardian SET safe_at_home = '4321' WHERE local_id = 'G02'",
        ):
            connection.execute(text(statement))
    add(using, "oak-grove:03", Reason.SAFE_AT_HOME, NIGHT, date(2026, 12, 31), "dana")

    told = reconcile_vendor(using, BACK).counts

    assert (told["returns_told"], told["returns_kept_back"]) == (1, 3)
    assert [row["student_id"] for row in lists(using, BACK)["oak-grove"]] == ["04"]

    kept = [d for d in using.county.disclosures if d.recipient != "district"]
    bare = replace(using, county=replace(using.county, disclosures=kept))
    assert tell_returned(bare, BACK) == {"returns_told": 0, "returns_kept_back": 4}
    assert lists(using, BACK) == {"oak-grove": []}


def test_an_address_that_came_back_stays_bad_until_the_districts_file_has_another(
    using: Collaborators,
) -> None:
    all_come_back(using, approved_batch(using, ["01"]))
    reconcile_vendor(using, BACK)
    scope = Scope(rosters_of=frozenset({"01"}))

    def next_file(street: str) -> dict[str, int]:
        frames = roster(["01"])
        guardians = frames["guardians"].assign(street=street)
        stated = {"enrollments": frames["enrollments"], "guardians": guardians}
        record_submission(using.engine, AFTER, stated, scope=scope)
        planned = plan(using, AFTER)
        return {"letters": planned.counts["letters"], **planned.reasons}

    assert next_file("12 Oak St") == {"letters": 0, "mail_returned": 1}
    assert next_file("12 OAK STREET") == {"letters": 0, "mail_returned": 1}
    assert next_file("9 Fir St") == {"letters": 1}
