"""One batch of letters: shown to one person or two, approved or not, and released. One run for each batch."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Label, Param, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
)
from pact_dags.endings import finish, guarded
from pact_dags.settings import DEFAULTS, RELEASED_LETTERS

DOC = """
### What it does
Shows one batch of planned letters to a person (*Required Actions*), or to two different ones where the county wants it,
keeps each answer with the name of who gave it, and hands approved letters to the print vendor shortly before its
cut-off. Until then any letter can be pulled (`pull_letter`). Before they leave, every letter is checked against the
newest data. Without an answer by the cut-off nothing leaves, and the next night plans these letters anew.

### When something is red
- **approve, approve_again**: nobody answered by the cut-off. Nothing to do for this batch: tonight's will hold its
  letters again. *Up for retry* for some seconds: an answer could not be taken, and the question comes again.
- **nothing_leaves**: the batch was rejected or ran out of time; the log says which. Red on purpose.
- **record_decision, record_second_decision**: the answer could not be kept, so nothing leaves. Clear it.
- **describe, describe_again**: the batch could not be shown. Clear it.
- **wait_for_release**: waits until shortly before the cut-off, and is not red. To release earlier, mark it successful.
- **release**: the vendor's folder did not take a package; those before it are booked. Clear it: it goes on there.

The *Runbook* button on each task leads to the details.
"""

ASK, ASK_AGAIN = "approve", "approve_again"
ANSWERS = {"Approve all": "all", "All but some": "all_but", "None": "none"}
FORM = {
    "reason": Param(
        None,
        type=["null", "string"],
        title="Reason",
        description="Needed for 'All but some' and 'None'. No names: P codes say which letter.",
    ),
    "leave_out": Param(
        None,
        type=["null", "string"],
        title="Letters to leave out",
        description="For 'All but some': their P codes, with commas or spaces between.",
    ),
    "at_once": Param(
        False,
        type="boolean",
        title="Release at once",
        description="Do not wait until shortly before the cut-off; nothing can be pulled then.",
    ),
}


class ApprovalByCutOff(HITLOperator):
    """A question that waits until the batch's cut-off and hands on whichever answer it gets.

    The stock approval ends a rejection by skipping what follows, and the answer with its author is lost on the way.
    """

    def __init__(self, *, described_by: str, is_second: bool, **arguments: Any) -> None:
        super().__init__(options=list(ANSWERS), **arguments)
        self.described_by = described_by
        self.is_second = is_second

    def execute(self, context: Any) -> Any:
        """Work out the time left and ask."""
        shown = context["ti"].xcom_pull(task_ids=self.described_by)
        left = datetime.fromisoformat(shown["answer_by"]) - datetime.now(UTC)
        if left <= timedelta(0):
            raise AirflowFailException("the cut-off is past; nothing leaves")
        self.response_timeout = left
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Hand the answer on if it can be taken, else ask again; keeping it is for the next task."""
        from pact_etl.domain.errors import UsageError
        from pact_etl.steps import approve

        given = super().execute_complete(context, event)
        form = given["params_input"] or {}
        said = {
            "answer": ANSWERS[given["chosen_options"][0]],
            "by": given["responded_by_user"]["id"],
            "reason": form.get("reason") or "",
            "letters": form.get("leave_out") or "",
        }
        batch = int(context["params"]["batch"])
        try:
            approve.check(batch, **said, is_second=self.is_second)
        except UsageError as error:
            raise AirflowException(f"not taken, asked again: {error}") from None
        at = given["responded_at"].astimezone(UTC).isoformat()
        return said | {"at": at, "at_once": bool(form.get("at_once"))}

    def process_trigger_event_error(self, event: dict[str, Any]) -> None:
        """Do not ask again: a retry would turn the cut-off into the day after."""
        raise AirflowFailException("nobody answered by the cut-off; nothing leaves")


def batch_of_run() -> int:
    """The batch that this run is about."""
    return int(get_current_context()["params"]["batch"])


def show() -> dict[str, str]:
    """The batch as it is now, for the question that follows."""
    from pact_etl.steps import approve

    batch = batch_of_run()
    shown = guarded(lambda: approve.describe(batch))
    return {
        "subject": shown.subject,
        "body": shown.body,
        "answer_by": shown.answer_by.isoformat(),
        "release_from": shown.release_from.isoformat(),
    }


def keep_answer(asked: str) -> str:
    """Keep what was answered, or that nobody did; the task that comes next."""
    from pact_etl.steps import approve

    batch = batch_of_run()
    said = get_current_context()["ti"].xcom_pull(task_ids=asked)
    if said is None:
        guarded(lambda: approve.expire(batch))
        return "nothing_leaves"
    result = guarded(
        lambda: approve.decide(
            batch,
            said["answer"],
            by=said["by"],
            reason=said["reason"],
            letters=said["letters"],
            at=datetime.fromisoformat(said["at"]),
        )
    )
    if "approved" in result.counts:
        return "wait_for_release"
    return "describe_again" if "waits_for_another" in result.counts else "nothing_leaves"


@task
def describe() -> dict[str, str]:
    """Show the batch."""
    return show()


@task
def describe_again() -> dict[str, str]:
    """For the second person, with what the first one said."""
    return show()


def question(task_id: str, described_by: str, *, is_second: bool) -> ApprovalByCutOff:
    """One of the two questions."""
    return ApprovalByCutOff(
        task_id=task_id,
        described_by=described_by,
        is_second=is_second,
        subject=f"{{{{ ti.xcom_pull(task_ids='{described_by}')['subject'] }}}}",
        body=f"{{{{ ti.xcom_pull(task_ids='{described_by}')['body'] }}}}",
        params=FORM,
        # Each answer that cannot be taken costs a try.
        retries=50,
        retry_delay=timedelta(seconds=5),
    )


@task.branch(trigger_rule=TriggerRule.ALL_DONE)
def record_decision() -> str:
    """Keep the first answer; one no ends it."""
    if get_current_context()["ti"].xcom_pull(task_ids="describe") is None:
        raise AirflowFailException("the batch was never shown, so there is nothing to record")
    return keep_answer(ASK)


@task.branch(trigger_rule=TriggerRule.ALL_DONE)
def record_second_decision() -> str:
    """Keep the second answer, where there was a second question."""
    if get_current_context()["ti"].xcom_pull(task_ids="record_decision") != "describe_again":
        raise AirflowSkipException("one person was enough, or said no")
    return keep_answer(ASK_AGAIN)


@task.sensor(mode="reschedule", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def wait_for_release() -> bool:
    """Sleeps without a process until letters are handed over, so that each can be pulled until then."""
    one = get_current_context()["ti"]
    last = one.xcom_pull(task_ids=ASK_AGAIN) or one.xcom_pull(task_ids=ASK)
    release_from = datetime.fromisoformat(one.xcom_pull(task_ids="describe")["release_from"])
    if not last["at_once"] and datetime.now(UTC) < release_from:
        raise AirflowRescheduleException(release_from)
    return True


@task(outlets=[RELEASED_LETTERS])
def release() -> dict[str, Any]:
    """Check each letter once more, and hand over what still stands."""
    from pact_etl.steps import release

    batch = batch_of_run()
    result = finish(lambda: release.run(batch))
    events = get_current_context()["outlet_events"]
    events[RELEASED_LETTERS].extra = {"as_of": result["as_of"]}
    return result


@task(retries=0, trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def nothing_leaves() -> None:
    """Red on purpose: a batch that was held back must not look like one that went out."""
    one = get_current_context()["ti"]
    said = [one.xcom_pull(task_ids=asked) for asked in (ASK, ASK_AGAIN)]
    was_rejected = any(answer and answer["answer"] == "none" for answer in said)
    raise AirflowFailException("rejected" if was_rejected else "no answer by the cut-off")


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=16,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "letters"],
    params={"batch": Param(None, type=["string", "integer"], title="Batch number")},
)
def letter_batch() -> None:
    """Wire one batch."""
    ask = question(ASK, "describe", is_second=False)
    ask_again = question(ASK_AGAIN, "describe_again", is_second=True)
    decided, decided_again = record_decision(), record_second_decision()
    shown_again, waited, stopped = describe_again(), wait_for_release(), nothing_leaves()
    describe() >> ask >> decided
    decided >> Label("another person must answer") >> shown_again >> ask_again >> decided_again
    for either in (decided, decided_again):
        either >> Label("approved") >> waited
        either >> Label("rejected, or no answer") >> stopped
    waited >> release()


letter_batch()
