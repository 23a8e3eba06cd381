"""A form that takes one letter out of its batch before it leaves, or all that are left of a batch."""

from typing import Any

from airflow.sdk import Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from pact_dags.endings import finish
from pact_dags.settings import DEFAULTS

DOC = """
### What it does
*Trigger* it with the code of a letter (`P` and ten digits, as the question and the proof show it) and a reason: the
letter leaves its batch, and its student waits for a person (`pact tasks`). With a batch's number in place of the code,
every letter leaves it that is not out yet; the log says how many are out. It is kept who triggered the run. Pulling
twice changes nothing. Once its package is handed over, a letter cannot be pulled.

### When something is red
- **pull**: the log says why: no such letter, no reason, or the letter is out already. Then call the vendor.

The *Runbook* button on each task leads to the details.
"""


@dag(
    schedule=None,
    catchup=False,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "letters"],
    params={
        "piece": Param(
            "",
            type="string",
            pattern="^(P[0-9]{10})?$",
            title="Letter",
            description="P and ten digits; empty to pull a whole batch.",
        ),
        "batch": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title="Batch",
            description="In place of a letter: every letter of this batch that is not out yet.",
        ),
        "reason": Param(
            "",
            type="string",
            minLength=1,
            title="Reason",
            description="For whoever decides again. No names.",
        ),
    },
)
def pull_letter() -> None:
    """Wire one letter."""

    @task
    def pull() -> dict[str, Any]:
        from pact_etl.steps import pull

        context = get_current_context()
        by = context["dag_run"].triggering_user_name
        if not by:
            raise AirflowFailException(
                "it is not known who asks; use the form, or `pact letter pull`"
            )
        asked = context["params"]
        if bool(asked["piece"]) == bool(asked["batch"]):
            raise AirflowFailException("name one letter, or a batch")
        if asked["batch"]:
            return finish(lambda: pull.run_batch(asked["batch"], by, asked["reason"]))
        return finish(lambda: pull.run(asked["piece"], by, asked["reason"]))

    pull()


pull_letter()
