"""One batch of letters: shown to a person, approved or not, and released. One run for each batch."""

from datetime import UTC, datetime, time
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import Label, Param, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from pact_dags.dates import until_cut_off
from pact_dags.endings import finish, guarded
from pact_dags.settings import DEFAULTS, RELEASED_LETTERS

DOC = """
### What it does
Shows one batch of planned letters to a person (*Required Actions*), keeps the answer with the name of who gave it,
and hands approved letters to the print vendor. Before they leave, every letter is checked against the newest data.
Without an answer by the cut-off nothing leaves, and the next night plans these letters anew.

### When something is red
- **approve**: nobody answered by the cut-off. Nothing to do for this batch: tonight's will hold its letters again.
- **nothing_leaves**: the batch was rejected or ran out of time; the log says which. Red on purpose.
- **record_decision**: the answer could not be kept, so nothing leaves. Clear it.
- **release**: the vendor's folder did not take the package; nothing is booked. Clear it; releasing twice sends once.

The *Runbook* button on each task leads to the details.
"""

ASK = "approve"


class ApprovalByCutOff(ApprovalOperator):
    """An approval that waits until the next cut-off on a weekday and hands on whichever answer it gets.

    The stock operator ends a rejection by skipping what follows, and the answer with its author is lost on the way.
    """

    def execute(self, context: Any) -> Any:
        """Work out the time left and ask."""
        cut_off = time.fromisoformat(context["params"]["cut_off"])
        self.response_timeout = until_cut_off(datetime.now(UTC), cut_off)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Hand the answer on; `record_decision` keeps it and says where the run goes."""
        return HITLOperator.execute_complete(self, context, event)

    def process_trigger_event_error(self, event: dict[str, Any]) -> None:
        """Do not ask again: a retry would turn the cut-off into the day after."""
        raise AirflowFailException("nobody answered by the cut-off; nothing leaves")


def batch_of_run() -> int:
    """The batch that this run is about."""
    return int(get_current_context()["params"]["batch"])


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=16,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "letters"],
    params={
        "batch": Param(None, type=["string", "integer"], title="Batch number"),
        "cut_off": Param(
            "15:00",
            type="string",
            pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$",
            title="Cut-off",
            description="County time on weekdays after which nothing more goes to the vendor.",
        ),
    },
)
def letter_batch() -> None:
    """Wire one batch."""

    @task
    def describe() -> dict[str, str]:
        from pact_etl.steps import approve

        batch = batch_of_run()
        proposal = guarded(lambda: approve.describe(batch))
        return {"subject": proposal.subject, "body": proposal.body}

    ask = ApprovalByCutOff(
        task_id=ASK,
        subject="{{ ti.xcom_pull(task_ids='describe')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='describe')['body'] }}",
        params={
            "note": Param(None, type=["null", "string"], title="Reason or note (optional)"),
        },
    )

    @task.branch(trigger_rule=TriggerRule.ALL_DONE)
    def record_decision() -> str:
        from pact_etl.steps import approve

        batch = batch_of_run()
        one = get_current_context()["ti"]
        if one.xcom_pull(task_ids="describe") is None:
            raise AirflowFailException("the batch was never shown, so there is nothing to record")
        answer = one.xcom_pull(task_ids=ASK)
        if answer is None:
            guarded(lambda: approve.expire(batch))
            return "nothing_leaves"
        said_yes = answer["chosen_options"] == [ApprovalOperator.APPROVE]
        guarded(
            lambda: approve.decide(
                batch,
                approved=said_yes,
                by=answer["responded_by_user"]["id"],
                reason=(answer["params_input"] or {}).get("note") or "",
            )
        )
        return "release" if said_yes else "nothing_leaves"

    @task(outlets=[RELEASED_LETTERS])
    def release() -> dict[str, Any]:
        from pact_etl.steps import release

        batch = batch_of_run()
        result = finish(lambda: release.run(batch))
        events = get_current_context()["outlet_events"]
        events[RELEASED_LETTERS].extra = {"as_of": result["as_of"]}
        return result

    @task(retries=0)
    def nothing_leaves() -> None:
        """Red on purpose: a batch that was held back must not look like one that went out."""
        was_answered = get_current_context()["ti"].xcom_pull(task_ids=ASK) is not None
        raise AirflowFailException("rejected" if was_answered else "no answer by the cut-off")

    decided, released = record_decision(), release()
    describe() >> ask >> decided
    decided >> Label("approved") >> released
    decided >> Label("rejected, or no answer") >> nothing_leaves()


letter_batch()
