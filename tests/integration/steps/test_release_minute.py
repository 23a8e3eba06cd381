"""A correction in the very minute of a release: caught before the hand-over or void after it, never both or neither."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pact_etl.delivery import VendorFolder
from pact_etl.steps import recheck as rechecking
from pact_etl.steps import release_package
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.vendor_balance import vendor_balance
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import MISSED, NEXT_NIGHT, approved_batch, excuse, one
from tests.vendor import open_package, sealed_packages

pytestmark = pytest.mark.integration

# Whoever waits for the release's own locks goes on when the release ends.
PATIENCE_SECONDS = 1.5


class Crash(BaseException):
    """Stands for a process that is gone."""


class Correction:
    """The excuse of one student, recorded and evaluated by another process, once."""

    def __init__(self, using: Collaborators) -> None:
        self._thread = threading.Thread(target=lambda: excuse(using, "01"))
        self.has_come = False

    def comes(self) -> None:
        """Let it come; go on at once if it has to wait for us."""
        if not self.has_come:
            self.has_come = True
            self._thread.start()
            self._thread.join(PATIENCE_SECONDS)

    def ends(self) -> None:
        """Wait for it."""
        self.comes()
        self._thread.join(60)
        assert not self._thread.is_alive()


# Where it comes: between which two deeds of the release, in their order.
MOMENTS: dict[str, tuple[Any, str, bool]] = {
    "once the days are counted": (rechecking, "students_over", False),
    "after the re-check": (release_package, "recheck", False),
    "once the letters are frozen": (release_package, "freeze", False),
    "before the letters are set": (release_package, "render_batch", True),
    "before the hand-over": (VendorFolder, "hand_over", True),
    "after the hand-over": (VendorFolder, "hand_over", False),
}


@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_correction_in_the_minute_of_release_is_caught_or_makes_void_and_never_both(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch, moment: str, dies: bool
) -> None:
    batch = approved_batch(using, ["01", "02"])
    correction = Correction(using)
    owner, name, is_before = MOMENTS[moment]
    whole: Callable[..., Any] = getattr(owner, name)

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        if correction.has_come:
            return whole(*args, **kwargs)
        if is_before:
            correction.comes()
        result = None if is_before and dies else whole(*args, **kwargs)
        correction.comes()
        if dies:
            raise Crash
        return result

    monkeypatch.setattr(owner, name, interrupted)
    if dies:
        with pytest.raises(Crash):
            release_batch(using, batch)
    else:
        release_batch(using, batch)
    correction.ends()
    release_batch(using, batch)
    reconcile_vendor(using, NEXT_NIGHT)

    excused, other = letters(using)
    out = pieces_out(using)
    is_caught = excused["status"] == "withdrawn" and excused["piece"] not in out
    is_void = excused["status"] == "void" and excused["piece"] in out
    assert is_caught is not is_void
    # What was frozen is what the re-check saw: never a letter that tells of fewer days than it was judged by.
    assert is_caught or excused["days"] == len(MISSED)
    assert (other["status"], other["days"]) == ("packaged", len(MISSED))
    assert other["piece"] in out
    assert one(using, "SELECT count(DISTINCT notice_id) FROM disclosure") == len(out)
    found: Any = vendor_balance(using, NEXT_NIGHT)
    assert found["broken_packages"] == found["missing_numbers"] == []
    # A correction that was recorded before anything was sealed never reaches a mailbox.
    if dies and moment != "after the hand-over":
        assert is_caught


def letters(using: Collaborators) -> list[dict[str, Any]]:
    """By student: state, piece, and of how many days the frozen letter tells."""
    query = """SELECT n.status, 'P' || lpad(n.id::text, 10, '0') AS piece,
                      jsonb_array_length(n.content #> '{students,0,unexcused_days}') AS days
               FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
               JOIN finding f ON f.id = i.finding_id JOIN student_record r ON r.student_id = f.student_id
               ORDER BY r.local_id"""
    with using.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def pieces_out(using: Collaborators) -> set[str]:
    """What the vendor finds in the packages that are announced."""
    found = set()
    for path in sealed_packages(Path(using.settings.vendor)):
        if path.with_name(path.name.replace(".zip.pgp", ".trg")).exists():
            with open_package(using.settings.vendor_keys, path) as package:
                rows = package.read("manifest.csv").decode().splitlines()[1:]
            found |= {row.split(",")[0] for row in rows}
    return found
