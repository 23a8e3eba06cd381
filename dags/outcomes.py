"""What became of it: the warehouse, and the reports to districts, after each night and once a night in any case."""

from datetime import date, timedelta
from typing import Any

from airflow.sdk import (
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    dag,
    get_current_context,
    task,
)
from pact_dags.dates import night_of
from pact_dags.endings import finish
from pact_dags.settings import AS_OF, DEFAULTS, RECORDED_NIGHT, RELEASED_LETTERS

DOC = """
### What it does
Replaces the warehouse's slices: attendance, letters, meetings, costs and outcome metrics, without names and with
small cells suppressed. Runs when a night has been recorded or letters have been released, and at 04:30 county time.

Tells districts the outcomes of their referrals on the days that the county has set (`back_reports.schedule`).

### When something is red
- **publish**: the warehouse still holds the slices of the run before. Clear it; a slice is replaced whole or not.
- **report_back**: a district was not told of its referrals. Clear it; what was told is not told again.

The *Runbook* button on each task leads to the details.
"""


def newest_night(context: Any) -> date:
    """The newest night that the assets which started this run speak of; else the run's own."""
    events = context.get("triggering_asset_events") or {}
    nights = [event.extra.get("as_of") for group in events.values() for event in group]
    told = [date.fromisoformat(night) for night in nights if night]
    return max(told, default=night_of(context))


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable(
            "30 4 * * *", timezone="America/Los_Angeles", run_immediately=timedelta(0)
        ),
        assets=RECORDED_NIGHT | RELEASED_LETTERS,
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "outcomes"],
    params={"as_of": AS_OF},
)
def outcomes() -> None:
    """Wire the run."""

    @task
    def publish() -> dict[str, Any]:
        from pact_etl.steps import outcomes

        as_of = newest_night(get_current_context())
        return finish(lambda: outcomes.run(as_of))

    @task
    def report_back() -> dict[str, Any]:
        from pact_etl.steps import back_reports_due

        as_of = newest_night(get_current_context())
        return finish(lambda: back_reports_due.run(as_of))

    publish()
    report_back()


outcomes()
