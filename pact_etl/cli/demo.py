"""`pact demo`: an invented county's whole night through Airflow's real scheduler, with weeks of history behind it.

Lives in a folder of its own below `PACT_VAR`, which it makes anew each time; a real installation is never touched.
"""

import shutil
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from pact_etl.cli.installation import airflow_settings
from pact_etl.cli.output import console
from pact_etl.emails.capture_server import CaptureServer
from pact_etl.installation import services
from pact_etl.installation.airflow import AirflowSettings
from pact_etl.settings import Settings

FIRST, TONIGHT = date(2026, 10, 19), date(2026, 11, 20)
FAULTS = (
    f"unknown_code:folsom-cordova-unified:{TONIGHT}",
    f"file_missing:galt-joint-union-high:{TONIGHT}",
    f"file_truncated:center-joint-unified:{TONIGHT}",
    f"duplicate_rows:san-juan-unified:{TONIGHT}",
)
KEY = "SG.demo"
MARKER = "this-is-a-demo"
RETRY_SECONDS = 3


def register(app: typer.Typer) -> None:
    """Add this module's command to the command tree."""
    app.command()(demo)


def demo(
    scale: Annotated[float, typer.Option(min=0.01, max=1.0, help="Share of the county.")] = 0.02,
    seed: Annotated[int, typer.Option(help="Another seed is another county.")] = 1,
) -> None:
    """Simulate a county, run tonight through Airflow, approve as an operator would, and show it all."""
    from pact_etl.cli.demo_night import run_tonight
    from pact_etl.cli.demo_report import print_report

    began = time.monotonic()
    settings = demo_settings(Settings())
    start_anew(settings)
    say(f"Simulating a county at scale {scale}: 13 districts, nights {FIRST} to {TONIGHT}.")
    simulate_county(settings, scale, seed)
    with CaptureServer(settings.var / "mails", key=KEY) as mail_service:
        settings = settings.model_copy(update={"sendgrid_url": mail_service.url})
        say("Starting PostgreSQL and Airflow.")
        airflow = airflow_of(settings)
        services.start(airflow)
        run_history(settings)
        tonight = run_tonight(settings, airflow, TONIGHT, say)
    print_report(settings, tonight, time.monotonic() - began)


def demo_settings(settings: Settings) -> Settings:
    """The installation's settings with everything of the demo in a folder of its own."""
    var = settings.var / "demo"
    changed = {
        "var": var,
        "database_url": None,
        "warehouse_url": None,
        "drop_url": str(var / "drop"),
        "vendor_url": str(var / "vendor"),
        "vendor_keys_folder": None,
        "county_key_password": None,
        "sendgrid_key": KEY,
    }
    # A copy keeps what was computed from the old values, so the demo's settings are made from the values themselves.
    return Settings.model_construct(**(settings.model_dump() | changed))


def airflow_of(settings: Settings) -> AirflowSettings:
    """Airflow for the demo: asks again for a missing file after seconds, and mails to the capture server."""
    plain = airflow_settings(settings)
    return AirflowSettings(
        var=plain.var,
        port=plain.port,
        retry_seconds=RETRY_SECONDS,
        overrides={
            "PACT_VAR": str(settings.var),
            "PACT_DROP_URL": settings.drop,
            "PACT_VENDOR_URL": settings.vendor,
            "PACT_VENDOR_KEYS_FOLDER": str(settings.vendor_keys),
            "PACT_SENDGRID_URL": settings.sendgrid_url,
            "PACT_SENDGRID_KEY": KEY,
        },
    )


def start_anew(settings: Settings) -> None:
    """Stop and remove an earlier demo, and nothing that is not one."""
    from pact_etl.simulator.vendor_keys import make_throwaway_keys

    services.stop(airflow_settings(settings))
    if settings.var.exists():
        if not (settings.var / MARKER).exists():
            raise typer.BadParameter(f"{settings.var} was not made by a demo; move it away")
        shutil.rmtree(settings.var)
    settings.var.mkdir(parents=True, mode=0o711)
    (settings.var / MARKER).touch()
    make_throwaway_keys(settings.vendor_keys)


def simulate_county(settings: Settings, scale: float, seed: int) -> None:
    """Write what every district would have sent."""
    from pact_etl.districts import load_districts
    from pact_etl.simulator import Fault, simulate

    districts = list(load_districts(settings.config).values())
    faults = [Fault.parse(fault) for fault in FAULTS]
    out = Path(settings.drop)
    simulate(out, districts, scale=scale, seed=seed, first=FIRST, last=TONIGHT, faults=faults)


def run_history(settings: Settings) -> None:
    """The weeks before tonight in this process, each night answered and mailed as it would have been."""
    from pact_etl.domain.results import StepStatus
    from pact_etl.simulator.vendor import SimulatedVendor
    from pact_etl.steps.approve import decide_on, propose
    from pact_etl.steps.night import run_night
    from pact_etl.steps.reconcile import reconcile_vendor
    from pact_etl.steps.release import release_batch
    from pact_etl.wiring import build

    nights = [FIRST + timedelta(days=n) for n in range((TONIGHT - FIRST).days)]
    weekdays = [night for night in nights if night.weekday() < 5]
    using = build(settings)
    vendor = SimulatedVendor(
        settings.vendor,
        seed=1,
        keys=settings.vendor_keys,
        days_off=using.county.vendor.days_off,
    )
    for night in track(weekdays, description="The weeks before, in one process", console=console):
        batch = run_night(using, night)["batch"]
        if batch is not None:
            propose(using, batch)
            decide_on(using, batch, approved=True, by="demo", reason="history")
            assert release_batch(using, batch).status in {StepStatus.DONE, StepStatus.SKIPPED}
        vendor.visit(night)
        reconcile_vendor(using, night)
    using.close()


def say(text: str) -> None:
    """Tell what is going on."""
    console.print(f"[bold]>[/] {text}", highlight=False)
