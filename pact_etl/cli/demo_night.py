"""Tonight, through Airflow and nothing else: the night, the question, the answer, the release, and what follows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from pact_etl.installation.airflow import AirflowSettings
from pact_etl.installation.airflow_client import AirflowClient, RunState
from pact_etl.settings import Settings

DAGS = ("county_night", "letter_batch", "reconcile", "remind", "outcomes")
OPERATOR = "operator"
PATIENCE = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """How each of tonight's runs ended."""

    night: RunState
    subject: str
    released: RunState
    reconciled: RunState
    reminded: RunState
    published: RunState


def run_tonight(
    settings: Settings, airflow: AirflowSettings, as_of: date, say: Callable[[str], None]
) -> Tonight:
    """Run one night by Airflow's scheduler, and answer its question through Airflow's REST API.

    Args:
        settings: the demo's.
        airflow: where it runs.
        as_of: the night.
        say: told what is going on.
    """
    client = AirflowClient(airflow, OPERATOR)
    try:
        client.wait_for_dags(set(DAGS), PATIENCE)
        for dag in DAGS:
            client.pause(dag, is_paused=False)
        say(f"Tonight, {as_of}, by Airflow's scheduler: county_night.")
        client.trigger("county_night", f"demo-{as_of}", {"as_of": as_of.isoformat()})
        night = client.wait("county_night", f"demo-{as_of}", PATIENCE)
        question = client.wait_for_question("letter_batch", PATIENCE)
        say(f"Airflow asks: {question['subject']}. Answering as {OPERATOR} through its REST API.")
        # A demo does not wait for the vendor's cut-off.
        form = {"reason": "demo: looked at the proof", "leave_out": None, "at_once": True}
        client.answer(question, "Approve all", form)
        run = question["task_instance"]["dag_run_id"]
        released = client.wait("letter_batch", run, PATIENCE)
        say("The vendor picks up, acknowledges and mails; reconcile reads its answers.")
        _serve_vendor(settings, as_of)
        mailed = as_of + timedelta(days=3)
        reconciled = _run(client, "reconcile", {"as_of": mailed.isoformat()})
        evening = _reminder_day(settings, as_of)
        say(f"Reminders of {evening}, to a local server in SendGrid's place; then the outcomes.")
        reminded = _run(client, "remind", {"as_of": evening.isoformat()})
        published = _run(client, "outcomes", {"as_of": as_of.isoformat()})
        # Nobody sends for the coming nights, so their scheduled runs would only turn red.
        for dag in DAGS:
            client.pause(dag, is_paused=True)
    finally:
        client.close()
    return Tonight(
        night=night,
        subject=question["subject"],
        released=released,
        reconciled=reconciled,
        reminded=reminded,
        published=published,
    )


def _run(client: AirflowClient, dag: str, conf: dict[str, str]) -> RunState:
    run = f"demo-{conf['as_of']}"
    client.trigger(dag, run, conf)
    return client.wait(dag, run, PATIENCE)


def _serve_vendor(settings: Settings, as_of: date) -> None:
    """The vendor's clerk comes tonight and on the next working day."""
    from pact_etl.districts import load_county
    from pact_etl.domain.working_days import working_day_on_or_after
    from pact_etl.simulator.vendor import SimulatedVendor

    off = load_county(settings.config).vendor.days_off
    vendor = SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys, days_off=off)
    for day in (as_of, working_day_on_or_after(as_of + timedelta(days=1), off)):
        vendor.visit(day)


def _reminder_day(settings: Settings, as_of: date) -> date:
    """A week before the first evening that tonight's letters can invite to."""
    from pact_etl.districts import load_county

    county = load_county(settings.config)
    earliest = as_of + timedelta(days=county.mailing.lead_days)
    evening = min(m.date for m in county.meetings if m.date >= earliest)
    return evening - timedelta(days=max(county.emails.reminder_days))
