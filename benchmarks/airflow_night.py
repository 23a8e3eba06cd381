"""The county night under Airflow's real scheduler, against the same steps in one process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import psutil

from benchmarks.context import Context, Line, Measured
from benchmarks.county_night import DAY
from benchmarks.databases import NIGHT, Databases, fresh_server
from benchmarks.drops import SchoolDays, make_drop
from benchmarks.measuring import MeasurementFailed, Run
from pact_etl.installation import services
from pact_etl.installation.airflow import AirflowSettings
from pact_etl.installation.airflow_client import AirflowClient

DAG = "county_night"
_PATIENCE = 900
_SAMPLE_SECONDS = 0.2


def measure_airflow(context: Context) -> Measured:
    """One night on top of a year to date: triggered in Airflow until its run has ended, and as one process."""
    days = SchoolDays(config=context.config, seed=context.seed)
    tonight = days.near(DAY)
    drop = make_drop(context, tonight.before, tonight.day)
    scheduled: list[Run] = []
    alone: list[Run] = []
    with fresh_server(context) as databases:
        ready = databases.prepare_history(drop, tonight.before)
        with _airflow(context, databases, drop) as client:
            for number in range(context.runs):
                context.say(f"night {tonight.day}: run {number + 1} of {context.runs}")
                scheduled.append(_run(databases, client, ready, tonight.day, number))
                alone.append(databases.night(ready, drop, tonight.day, options=["--plan"]))
    line = Line(name="pact: county_night, from the trigger to its end", runs=scheduled)
    process = Line(name="pact: the same steps in one process", runs=alone)
    ratio = line.figure / process.figure
    note = f"{scheduled[0].result['tasks']} tasks; memory is the largest process's"
    return Measured(
        name="airflow",
        title=f"County night under Airflow, school day {tonight.number}",
        lines=[replace(line, ratios={"one process": ratio}, note=note), process],
        remarks=["Airflow's scheduler, API server and DAG processor run beside both."],
    )


@contextmanager
def _airflow(context: Context, databases: Databases, drop: Path) -> Iterator[AirflowClient]:
    """Airflow on the benchmark's own server, its tasks working on the database of the night."""
    settings = AirflowSettings(
        var=databases.var,
        port=_free_port(),
        overrides={
            "PACT_CONFIG": str(context.config),
            "PACT_DATABASE_URL": databases.server.url(NIGHT),
            "PACT_DROP_URL": str(drop),
        },
    )
    try:
        services.start(settings)
        client = AirflowClient(settings)
        client.wait_for_dags({DAG}, _PATIENCE)
        client.pause(DAG, is_paused=False)
        yield client
        client.close()
    finally:
        services.stop(settings)


def _run(databases: Databases, client: AirflowClient, ready: str, as_of: date, number: int) -> Run:
    databases.create(NIGHT, ready)
    name = f"bench-{number}"
    with _largest_process() as peak_mb:
        began = time.perf_counter()
        client.trigger(DAG, name, {"as_of": as_of.isoformat()})
        ended = client.wait(DAG, name, _PATIENCE)
        seconds = time.perf_counter() - began
    if ended.state != "success":
        raise MeasurementFailed(f"{DAG} ended as {ended.state}: {ended.tasks}")
    tasks = {"tasks": ended.count("success")}
    return Run(seconds=seconds, cpu_seconds=0.0, peak_mb=max(peak_mb), result=tasks)


@contextmanager
def _largest_process() -> Iterator[list[float]]:
    """The resident memory of the largest Airflow process in each look, in megabytes."""
    seen, done = [0.0], threading.Event()

    def look() -> None:
        while not done.wait(_SAMPLE_SECONDS):
            seen.append(max(_airflow_processes(), default=0.0))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def _airflow_processes() -> Iterator[float]:
    for process in psutil.process_iter(["cmdline", "memory_info"]):
        words = " ".join(process.info["cmdline"] or [])
        if "airflow" in words and process.info["memory_info"] is not None:
            yield process.info["memory_info"].rss / 2**20


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
