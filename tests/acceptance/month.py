"""A simulated month, run night by night as a county would: what the acceptance test kills.

Usage: python -m tests.acceptance.month FIRST LAST, everything else from PACT_* as for any installation.
A finished night leaves a marker, so that a process started again goes on with the night that was cut off.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from pact_etl.domain.reasons import Reason
from pact_etl.settings import Settings
from pact_etl.simulator.vendor import SimulatedVendor, VendorHabits
from pact_etl.simulator.vendor_keys import make_throwaway_keys
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.holds import add, entered, lift
from pact_etl.steps.night import run_night
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.store.letter_values import piece_id
from pact_etl.wiring import Collaborators, build

HABITS = VendorHabits(
    silent=0.05,
    rejected=0.08,
    spoiled=0.05,
    lost=0.03,
    returned=0.1,
    delayed=0.15,
    garbled=0.05,
    miscounted=0.05,
    duplicated=0.05,
    stray=0.1,
    days_late=2,
    days_to_return=2,
)
HELD_ON, LIFTED_ON = date(2026, 10, 7), date(2026, 10, 9)


class SteadyVendor(SimulatedVendor):
    """Treats a letter alike whatever number it has: a run that was cut off skips numbers of the database."""

    def known(self, using: Collaborators) -> "SteadyVendor":
        """Look up which household and night each piece is for."""
        query = """SELECT n.id, h.key, b.as_of FROM notice n JOIN household h ON h.id = n.household_id
                   JOIN batch b ON b.id = n.batch_id"""
        with using.engine.connect() as connection:
            rows = connection.execute(text(query))
            self._names = {piece_id(row.id): f"{row.key} {row.as_of}" for row in rows}
        return self

    def _draw(self, fate: str, subject: str) -> int:
        # A package's name without what depends on the numbers inside.
        return super()._draw(fate, self._names.get(subject, subject.rsplit("-", 1)[0]))


def run_one(
    using: Collaborators, as_of: date, elsewhere: AbstractContextManager[Any] | None = None
) -> None:
    """One night and the morning after it.

    Args:
        using: collaborators.
        as_of: the night.
        elsewhere: around what is not this process's own work.
    """
    run_night(using, as_of)
    with using.engine.connect() as connection:
        waiting = connection.execute(
            text("SELECT id, status FROM batch WHERE as_of = :night"), {"night": as_of}
        ).one()
    if waiting.status in {"open", "proposed"}:
        propose(using, waiting.id)
        decide_on(using, waiting.id, approved=True, by="acceptance", reason="")
    _hold_somebody(using, as_of)
    keys = make_throwaway_keys(using.settings.vendor_keys)
    release_batch(using, waiting.id)
    with elsewhere or nullcontext():
        off = using.county.vendor.days_off
        vendor = SteadyVendor(using.settings.vendor, seed=7, keys=keys, habits=HABITS, days_off=off)
        vendor.known(using).visit(as_of)
    reconcile_vendor(using, as_of)


def _hold_somebody(using: Collaborators, as_of: date) -> None:
    """A hold by hand, between approval and release, on the first whom a night's findings name; days later it ends."""
    query = """SELECT d.slug || ':' || r.local_id FROM finding f JOIN district d ON d.id = f.district_id
               JOIN student_record r ON r.district_id = f.district_id AND r.student_id = f.student_id
               WHERE f.as_of = :night AND f.rule = 'chronic_truant_candidate' ORDER BY 1 LIMIT 1"""
    with using.engine.connect() as connection:
        student = connection.execute(text(query), {"night": HELD_ON}).scalar()
    if student is None:
        return
    if as_of == HELD_ON:
        add(using, student, Reason.SUPPORT_PENDING, as_of, as_of + timedelta(days=60), "acceptance")
    if as_of == LIFTED_ON and entered(using, as_of):
        lift(using, student, Reason.SUPPORT_PENDING, as_of, "acceptance")


def nights(var: Path, first: date, last: date) -> Iterator[tuple[date, Path]]:
    """Nights that are not finished, each with the marker to set when it is."""
    markers = var / "finished"
    markers.mkdir(parents=True, exist_ok=True)
    for number in range((last - first).days + 1):
        night = first + timedelta(days=number)
        marker = markers / night.isoformat()
        if not marker.exists():
            yield night, marker


def main() -> None:
    """Run every night that is not finished."""
    first, last = (date.fromisoformat(text) for text in sys.argv[1:3])
    settings = Settings()
    using = build(settings)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for night, marker in nights(settings.var, first, last):
        run_one(using, night)
        marker.touch()


if __name__ == "__main__":
    main()
