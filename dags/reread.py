"""Once a week: districts whose systems tell changes only are read whole, to find what the changes missed."""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from pact_dags.dates import day_of
from pact_dags.districts import DISTRICTS, choose_districts, say_district
from pact_dags.endings import finish, guarded
from pact_dags.settings import AS_OF, DEFAULTS

DOC = """
### What it does
On Saturdays at 05:00 county time: every district whose system answers with changes since last time is asked for the
whole school year instead. What that still alters is *drift*; its count is in the task's log and result. Districts that
send files are skipped: each of their files says itself what it covers.

### When something is red
- **reread**: the system did not answer, or what it sent was refused; see *validate* of the night. Clear the task; the
  nightly changes go on without it.

The *Runbook* button on each task leads to the details.
"""


@dag(
    schedule=CronTriggerTimetable(
        "0 5 * * 6", timezone="America/Los_Angeles", run_immediately=timedelta(0)
    ),
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=1,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "night"],
    params={"as_of": AS_OF, "districts": DISTRICTS},
)
def reread() -> None:
    """Wire the weekly run."""

    @task
    def list_districts(params: dict[str, Any]) -> list[dict[str, str]]:
        return guarded(lambda: choose_districts(params["districts"]))

    @task(task_id="reread", map_index_template="{{ district }}")
    def read_whole(district: dict[str, str]) -> dict[str, Any]:
        say_district(district)
        from pact_etl.steps import reread

        as_of = day_of(get_current_context())
        return finish(lambda: reread.run(district["slug"], as_of))

    read_whole.expand(district=list_districts())


reread()
