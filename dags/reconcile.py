"""Every hour: what the print vendor and the mail service said, and what they have not said."""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from pact_dags.dates import day_of
from pact_dags.endings import finish
from pact_dags.settings import AS_OF, DEFAULTS

DOC = """
### What it does
Reads acknowledgements, mailing reports and returned mail from the vendor's folder, moves letters on, and lists what
has stayed unanswered for too long, counted in the vendor's working days. Letters that are out and that a correction has
undone become void, with a task each; unusually many of one district at once wait for a person (`pact void`). A mailed
letter that has not come back in time counts as delivered. Notices of a meeting that are served on persons are looked at
too: undone since they were issued, not served by the last day, or never issued.

### When something is red
- **reconcile**: the vendor's folder cannot be reached, or a report in it cannot be read. Look at the folder, then
  clear the task; a report is booked once only.

The *Runbook* button on each task leads to the details.
"""


@dag(
    schedule=CronTriggerTimetable(
        "10 * * * *", timezone="America/Los_Angeles", run_immediately=timedelta(0)
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "letters"],
    params={"as_of": AS_OF},
)
def reconcile() -> None:
    """Wire the hourly run."""

    @task(task_id="reconcile")
    def reconcile_vendor() -> dict[str, Any]:
        from pact_etl.steps import reconcile

        as_of = day_of(get_current_context())
        return finish(lambda: reconcile.run(as_of))

    reconcile_vendor()


reconcile()
