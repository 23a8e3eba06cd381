"""Every morning: reminders of the meetings that are near."""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from pact_dags.dates import day_of
from pact_dags.endings import finish
from pact_dags.settings import AS_OF, DEFAULTS

DOC = """
### What it does
At 08:00 county time: emails to invited households seven days and one day before their meeting. A letter that was
withdrawn cancels its reminders; an address that bounced becomes a task for staff.

### When something is red
- **remind**: the mail service did not take everything. Clear it; what was sent is not sent again.

The *Runbook* button on each task leads to the details.
"""


@dag(
    schedule=CronTriggerTimetable(
        "0 8 * * *", timezone="America/Los_Angeles", run_immediately=timedelta(0)
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "emails"],
    params={"as_of": AS_OF},
)
def remind() -> None:
    """Wire the morning run."""

    @task(task_id="remind")
    def send_reminders() -> dict[str, Any]:
        from pact_etl.steps import remind

        as_of = day_of(get_current_context())
        return finish(lambda: remind.run(as_of))

    send_reminders()


remind()
