"""Two records that turn out to be one child: whoever was written to under one id is not written to again."""

from dataclasses import replace

import pytest

from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.factories import district, marks, record_submission
from tests.integration.steps.letters import DAYS, MISSED, NEXT_NIGHT, NIGHT, approve_planned
from tests.integration.steps.release_packages import rows
from tests.integration.steps.test_identity_letters import known

pytestmark = pytest.mark.integration

ELM = district("elm-creek", cd_code="3488888")
EXCUSED = dict.fromkeys(MISSED, "absent_excused")


@pytest.mark.parametrize("elms_letter", ["withdrawn", "held"])
def test_a_child_written_to_under_one_id_is_not_written_to_again_under_the_other(
    using: Collaborators, elms_letter: str
) -> None:
    using = replace(using, districts={**using.districts, "elm-creek": ELM})
    oak, elm = known("01", None), known("91")
    if elms_letter == "held":
        elm["guardians"] = elm["guardians"].assign(zip="95747")
    else:
        elm["guardians"] = elm["guardians"].assign(street="99 Elm St")
    missed = {"01": marks({"01": MISSED}), "91": marks({"91": MISSED})}
    record_submission(using.engine, NIGHT, oak | {"marks": missed["01"]}, covers_days=60)
    record_submission(using.engine, NIGHT, elm | {"marks": missed["91"]}, of=ELM, covers_days=60)
    evaluate(using, NIGHT)
    batch = approve_planned(using)
    gone = elm | {"marks": marks({"91": EXCUSED})}
    record_submission(using.engine, NEXT_NIGHT, gone, of=ELM, covers_days=60)
    if elms_letter == "withdrawn":
        evaluate(using, NEXT_NIGHT)
    release_batch(using, batch)
    assert rows(using, "SELECT status FROM invitation") == sorted([("planned",), (elms_letter,)])

    one_child = known("01") | {"marks": missed["01"]}
    record_submission(using.engine, DAYS[31], one_child, covers_days=60)
    evaluate(using, DAYS[31])
    plan(using, DAYS[31])

    letters = rows(
        using, "SELECT status, count(*) FROM notice WHERE status <> 'withdrawn' GROUP BY 1"
    )
    assert letters == [("packaged", 1)]
