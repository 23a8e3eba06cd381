"""Every night, after the county's: what has been kept long enough is destroyed and booked."""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from pact_dags.dates import night_of
from pact_dags.endings import finish
from pact_dags.settings import AS_OF, DEFAULTS

DOC = """
### What it does
At 06:00 county time: raw files, rows set aside, letters with their log, attendance and people whose clock has run are
destroyed, one class at a time, and counted in the books. Nothing about a letter that is on its way is touched.

### When something is red
- **retain**: the counts of one class did not agree, and nothing of it went; or the date lies far past the newest
  night. Nothing else waits for it. Do not clear it before somebody has looked.

The *Runbook* button on each task leads to the details.
"""


@dag(
    schedule=CronTriggerTimetable(
        "0 6 * * *", timezone="America/Los_Angeles", run_immediately=timedelta(0)
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "privacy"],
    params={"as_of": AS_OF},
)
def retain() -> None:
    """Wire the run."""

    @task(task_id="retain")
    def purge() -> dict[str, Any]:
        from pact_etl.steps import retain

        as_of = night_of(get_current_context())
        return finish(lambda: retain.run(as_of))

    purge()


retain()
