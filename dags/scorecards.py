"""Once a month: each district's scorecard of the month before, where the next nights hand it back."""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from pact_dags.dates import day_of
from pact_dags.districts import DISTRICTS, choose_districts, say_district
from pact_dags.endings import finish, guarded
from pact_dags.settings import AS_OF, DEFAULTS

DOC = """
### What it does
On the 2nd at 07:00 county time: one PDF for each district about the month before, with figures as known on its last
night. A late file of that night has had a day to come in. The pages lie in `var/returns` under the 2nd; *hand_back* of
the next seven nights takes them to districts that have their own server.

### When something is red
- **scorecard**: the page could not be made. Clear the task; it writes the same page again. Nothing waits for it.

The *Runbook* button on each task leads to the details.
"""


@dag(
    schedule=CronTriggerTimetable(
        "0 7 2 * *", timezone="America/Los_Angeles", run_immediately=timedelta(0)
    ),
    catchup=False,
    is_paused_upon_creation=True,
    max_active_runs=1,
    default_args=DEFAULTS,
    doc_md=DOC,
    tags=["pact", "night"],
    params={"as_of": AS_OF, "districts": DISTRICTS},
)
def scorecards() -> None:
    """Wire the monthly run."""

    @task
    def list_districts(params: dict[str, Any]) -> list[dict[str, str]]:
        return guarded(lambda: choose_districts(params["districts"]))

    @task(task_id="scorecard", map_index_template="{{ district }}")
    def make_page(district: dict[str, str]) -> dict[str, Any]:
        say_district(district)
        from pact_etl.domain.month import Month
        from pact_etl.steps import scorecard

        month = Month.before(day_of(get_current_context()))
        return finish(lambda: scorecard.run(district["slug"], month))

    make_page.expand(district=list_districts())


scorecards()
