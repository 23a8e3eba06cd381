"""A simulated month, run night by night as a county would: the process that the acceptance test kills.

Usage: python -m tests.acceptance.month FIRST LAST, everything else from PACT_* as for any installation.
A finished night leaves a marker, so that a process started again goes on with the night that was cut off.
"""

import sys
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import text

from pact_etl.settings import Settings
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.simulator.vendor_keys import make_throwaway_keys
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.night import run_night
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators, build

HABITS = VendorHabits(spoiled=0.05, returned=0.1)


def run_one(using: Collaborators, as_of: date) -> None:
    """One night and the morning after it."""
    run_night(using, as_of)
    with using.engine.connect() as connection:
        waiting = connection.execute(
            text("SELECT id, status FROM batch WHERE as_of = :night"), {"night": as_of}
        ).one()
    if waiting.status in {"open", "proposed"}:
        propose(using, waiting.id)
        decide_on(using, waiting.id, approved=True, by="acceptance", reason="")
    keys = make_throwaway_keys(using.settings.vendor_keys)
    release_batch(using, waiting.id)
    SimulatedVendor(using.settings.vendor, seed=7, keys=keys, habits=HABITS).visit(as_of)
    reconcile_vendor(using, as_of)


def main() -> None:
    """Run every night that is not finished."""
    first, last = (date.fromisoformat(text) for text in sys.argv[1:3])
    settings = Settings()
    using = build(settings)
    markers = Path(settings.var) / "finished"
    markers.mkdir(parents=True, exist_ok=True)
    night = first
    while night <= last:
        marker = markers / night.isoformat()
        if not marker.exists():
            run_one(using, night)
            marker.touch()
        night += timedelta(days=1)


if __name__ == "__main__":
    main()
