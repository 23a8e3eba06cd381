"""The night: every district's attendance is taken in, then the county's letters are planned."""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import (
    CronTriggerTimetable,
    TriggerRule,
    dag,
    get_current_context,
    task,
    task_group,
)
from airflow.sdk.exceptions import AirflowSkipException
from pact_dags.dates import night_of
from pact_dags.districts import DISTRICTS, choose_districts, say_district
from pact_dags.endings import finish, guarded
from pact_dags.settings import AS_OF, DEFAULTS, RECORDED_NIGHT

DOC = """
### What it does
At 02:00 county time, after each day: every district's files are collected, validated and recorded, side by side; then
the county's findings are evaluated and letters planned. Planned letters wait in a `letter_batch` run for approval.
A district that fails stops nobody else. Districts that have their first notices set get them with their receipt.

### When something is red
- **collect**: the district sent nothing though it had school, and Airflow has asked three times. Call the district;
  when the file is there, clear this one task.
- **validate**: the submission was refused; the receipt in the district's returns folder says why. Ask for a new file,
  then clear `collect` of that district.
- **record**: the books did not add up, or the database did not answer. Clear it once; then call the developers.
- **all_districts_in**: a district is missing, or its first notices; letters of the others are planned all the same.
- **hand_back**: a district's server did not take its receipt; its letters are not affected. Clear it later.
- **corrections**: the list of what the night changed about the past was not made; nothing else waits for it. Clear it.
- **first_notices**: a district's first notices were not set; nothing of them was booked, and receipts go all the same.
  Clear it.
- **cases_due**: overdue deadlines of cases were not counted; nothing else waits for it. Clear it.
- **evaluate, plan**: nothing is planned tonight. Clear it; every step can be repeated.

Clear one district by its row in the mapped task, with *downstream*: the county is then evaluated again.
The *Runbook* button on each task leads to the details.
"""


@task
def list_districts(params: dict[str, Any]) -> list[dict[str, str]]:
    """One entry for each mapped group."""
    return guarded(lambda: choose_districts(params["districts"]))


@task(map_index_template="{{ district }}")
def collect(district: dict[str, str]) -> dict[str, Any]:
    """Take what the district sent."""
    say_district(district)
    from pact_etl.steps import collect

    as_of = night_of(get_current_context())
    return finish(lambda: collect.run(district["slug"], as_of))


@task(map_index_template="{{ district }}")
def validate(district: dict[str, str], collected: dict[str, Any]) -> dict[str, Any]:
    """Judge it."""
    say_district(district)
    from pact_etl.steps import validate

    return finish(lambda: validate.run(collected["ids"]["submission"]))


@task(map_index_template="{{ district }}")
def record(district: dict[str, str], validated: dict[str, Any]) -> dict[str, Any]:
    """Take it into the record."""
    say_district(district)
    from pact_etl.steps import record

    return finish(lambda: record.run(validated["ids"]["submission"]))


@task_group
def each_district(district: dict[str, str]) -> None:
    """One district's way through the night."""
    record(district, validate(district, collect(district)))


@task(trigger_rule=TriggerRule.ALL_DONE)
def evaluate() -> dict[str, Any]:
    """Work out the county's findings, whichever districts are in."""
    from pact_etl.steps import evaluate

    as_of = night_of(get_current_context())
    return finish(lambda: evaluate.run(as_of))


@task(outlets=[RECORDED_NIGHT])
def plan() -> dict[str, Any]:
    """Plan the letters."""
    from pact_etl.steps import plan

    context = get_current_context()
    as_of = night_of(context)
    context["outlet_events"][RECORDED_NIGHT].extra = {"as_of": as_of.isoformat()}
    return finish(lambda: plan.run(as_of))


@task
def corrections() -> dict[str, Any]:
    """List what the night changed about the past, by kind, and the letters that touches."""
    from pact_etl.steps import corrections

    as_of = night_of(get_current_context())
    return finish(lambda: corrections.run(as_of))


@task
def first_notices() -> dict[str, Any]:
    """Set the first notices of the districts that have theirs set, into their returns folders."""
    from pact_etl.steps import first_notices

    as_of = night_of(get_current_context())
    return finish(lambda: first_notices.run(as_of))


@task
def cases_due() -> dict[str, Any]:
    """Count the open cases' overdue deadlines, by deadline."""
    from pact_etl.steps import case

    as_of = night_of(get_current_context())
    return finish(lambda: case.run_due(as_of))


@task(trigger_rule=TriggerRule.ALL_DONE)
def hand_back() -> dict[str, Any]:
    """Give receipts, reject files and first notices to the districts that take them on their own servers."""
    from pact_etl.steps import hand_back

    as_of = night_of(get_current_context())
    return finish(lambda: hand_back.run(as_of))


def skip_without_batch(context: Any) -> None:
    """A night without new letters asks nobody for approval."""
    planned = context["ti"].xcom_pull(task_ids="plan")
    if not planned or "batch" not in planned["ids"]:
        raise AirflowSkipException("no letters were planned")


@dag(
    # A new installation starts with the next night, never with one that is past.
    schedule=CronTriggerTimetable(
        "0 2 * * *", timezone="America/Los_Angeles", run_immediately=timedelta(0)
    ),
    catchup=False,
    # Switched on by the county when its districts send; until then nothing is expected of them.
    is_paused_upon_creation=True,
    max_active_runs=2,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "night"],
    params={
        "as_of": AS_OF,
        "districts": DISTRICTS,
    },
)
def county_night() -> None:
    """Wire the night."""
    ask_for_approval = TriggerDagRunOperator(
        task_id="ask_for_approval",
        pre_execute=skip_without_batch,
        trigger_dag_id="letter_batch",
        # The same batch is never asked about twice, however often the night is repeated.
        trigger_run_id="batch-{{ ti.xcom_pull(task_ids='plan')['ids']['batch'] }}",
        conf={"batch": "{{ ti.xcom_pull(task_ids='plan')['ids']['batch'] }}"},
        logical_date=None,
        skip_when_already_exists=True,
    )
    # Red when a district, or what is set for one, is missing, though nothing waits for it.
    all_districts_in = EmptyOperator(
        task_id="all_districts_in", trigger_rule=TriggerRule.NONE_FAILED
    )
    recorded = each_district.expand(district=list_districts()).get_child_by_label("record")
    planned = plan()
    evaluated = evaluate()
    recorded >> evaluated >> planned >> ask_for_approval
    evaluated >> cases_due()
    planned >> corrections()
    recorded >> all_districts_in
    # What the night sets for a district goes with its receipt; a district gets its receipt all the same.
    noticed = first_notices()
    evaluated >> noticed >> hand_back()
    noticed >> all_districts_in


county_night()
