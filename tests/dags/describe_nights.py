"""Write the school dates of every scheduled night between two dates, as the county's schedule and DAG say."""

import json
import os
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

sys.path.insert(0, os.environ["AIRFLOW__CORE__DAGS_FOLDER"])

import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.timetables.base import TimeRestriction
from pact_dags.dates import night_of

first, last = (pendulum.parse(text) for text in sys.argv[1:])
dag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags["county_night"]
timetable = coerce_to_core_timetable(dag.timetable)
restriction = TimeRestriction(earliest=first, latest=last, catchup=True)
nights, interval = [], None
while info := timetable.next_dagrun_info(
    last_automated_data_interval=interval, restriction=restriction
):
    interval = info.data_interval
    run = SimpleNamespace(logical_date=info.logical_date, run_after=info.run_after)
    nights.append(night_of({"dag_run": run, "params": {}}).isoformat())

# What a new installation's first scheduled run is: never one that is past.
fresh = timetable.next_dagrun_info(
    last_automated_data_interval=None,
    restriction=TimeRestriction(earliest=None, latest=None, catchup=False),
)
hours = (fresh.run_after - datetime.now(UTC)).total_seconds() / 3600
sys.stdout.write(json.dumps({"nights": nights, "hours_to_first_run": hours}))
