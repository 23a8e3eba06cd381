"""Why, and why not: the explanation says what the finding said, and what was known on any past night."""

import pytest

from pact_etl.domain.errors import UsageError
from pact_etl.steps.why import explain
from pact_etl.wiring import Collaborators
from tests.factories import ladder, marks, record_submission, roster
from tests.integration.steps.letters import DAYS, MISSED, NEXT_NIGHT, NIGHT, excuse, planned_batch

pytestmark = pytest.mark.integration


def test_the_explanation_counts_what_the_finding_counted(using: Collaborators) -> None:
    planned_batch(using, ["01"])

    one = explain(using, "oak-grove:01", NIGHT)["districts"]["oak-grove"]

    assert (one["U"], one["D"]) == (4, 30)
    assert one["counted_days"] == [day.isoformat() for day in MISSED]
    assert "chronic_truant_candidate" in one["over"]
    assert all(gate["passed"] for gate in one["gates"])


def test_an_excused_day_is_not_counted_and_says_so(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    excuse(using, "01")

    one = explain(using, "oak-grove:01", NEXT_NIGHT)["districts"]["oak-grove"]

    assert one["U"] == 0
    assert {u["status"] for u in one["uncounted_days"]} == {"absent_excused"}


def test_a_past_night_is_explained_as_it_was_known_then(using: Collaborators) -> None:
    planned_batch(using, ["01", "02"])
    before = explain(using, "oak-grove:01", NIGHT)
    excuse(using, "01")

    assert explain(using, "oak-grove:01", NIGHT)["districts"] == before["districts"]


def test_an_explanation_names_nobody(using: Collaborators) -> None:
    planned_batch(using, ["01"])

    assert "Ana" not in repr(explain(using, "oak-grove:01", NIGHT))


@pytest.mark.parametrize("name", ["S999999", "0000000000", "oak-grove:99", "somebody"])
def test_nobody_is_explained_for_an_unknown_name(using: Collaborators, name: str) -> None:
    with pytest.raises(UsageError):
        explain(using, name, NIGHT)


def test_why_shows_what_the_district_told_and_else_what_was_derived(using: Collaborators) -> None:
    report = ("01", "report", "48260", DAYS[5], "mail", "ledger")
    missed = marks({"01": dict.fromkeys(DAYS[:4], "absent_unexcused")})
    record_submission(using.engine, DAYS[30], roster(["01"]) | {"marks": missed}, covers_days=90)
    derived = explain(using, "oak-grove:01", DAYS[30])["districts"]["oak-grove"]["ladder"]
    record_submission(using.engine, DAYS[31], ladder(report))

    told = explain(using, "oak-grove:01", DAYS[31])["districts"]["oak-grove"]["ladder"]

    assert (derived["stage"], derived["is_derived"]) == ("again_truant", True)
    assert (told["stage"], told["is_derived"]) == ("truant", False)
    assert not told["may_be_called_chronic_truant"]
    assert "ledger" not in repr(told)
