"""A process that is killed at any boundary of a release, and run again, ends as one that was not."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from sqlalchemy import Connection, Engine

from pact_etl.steps import release
from pact_etl.steps.release import release_batch
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators
from tests.integration.steps.release_packages import (
    Killed,
    Start,
    books,
    check_whole,
    pieces_out,
    run,
)

pytestmark = pytest.mark.integration

# A release changes nothing else; putting it back is much quicker than another database for each boundary.
SAVE = (
    "CREATE TABLE saved_notice AS SELECT * FROM notice",
    "CREATE TABLE saved_event AS SELECT id FROM notice_event",
    "CREATE TABLE saved_batch AS SELECT * FROM batch",
)
RESTORE = (
    "ALTER TABLE disclosure DISABLE TRIGGER USER",
    "ALTER TABLE notice_event DISABLE TRIGGER USER",
    "DELETE FROM disclosure",
    "DELETE FROM notice_event WHERE id NOT IN (SELECT id FROM saved_event)",
    """UPDATE notice n SET status = s.status, content = s.content, record_as_of = s.record_as_of, pages = s.pages,
       first_page = s.first_page, package_id = s.package_id FROM saved_notice s WHERE s.id = n.id""",
    "DELETE FROM package",
    "UPDATE batch b SET status = s.status, released_as_of = s.released_as_of FROM saved_batch s WHERE s.id = b.id",
    "ALTER TABLE disclosure ENABLE TRIGGER USER",
    "ALTER TABLE notice_event ENABLE TRIGGER USER",
)


class Boundaries:
    """Every commit, before and after, and every file half written, written, renamed and removed; kills at one."""

    def __init__(self, kill_at: int) -> None:
        self.passed: list[str] = []
        self._kill_at = kill_at

    def __call__(self, what: str) -> None:
        self.passed.append(what)
        if len(self.passed) == self._kill_at:
            raise Killed(what)

    @contextmanager
    def transaction(self, engine: Engine, name: str) -> Iterator[Connection]:
        with slice_transaction(engine, name) as connection:
            yield connection
            self("before a commit")
        self("after a commit")

    def around(self, name: str) -> Callable[..., Any]:
        whole = getattr(LocalFileSystem, name)

        def step(fs: LocalFileSystem, *given: Any, **named: Any) -> Any:
            if name == "pipe_file":
                whole(fs, given[0], given[1][: len(given[1]) // 2], *given[2:], **named)
                self("half a file")
            done = whole(fs, *given, **named)
            self(f"after {name}")
            return done

        return step


def killed_at(using: Collaborators, boundary: int) -> list[str]:
    """Release until a boundary; what was passed, ending with where the process was killed."""
    boundaries = Boundaries(boundary)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(release, "slice_transaction", boundaries.transaction)
        for name in ("pipe_file", "mv", "rm_file"):
            patched.setattr(LocalFileSystem, name, boundaries.around(name))
        try:
            release_batch(using, 1)
        except Killed:
            return boundaries.passed
    return []


@pytest.mark.usefixtures("set_once")
def test_a_run_killed_at_any_boundary_of_three_packages_ends_as_an_unbroken_one(
    start: Start,
) -> None:
    using = start()
    for statement in SAVE:
        run(using, statement)
    before = books(using)
    released = release_batch(using, 1)
    check_whole(using, 5)
    expected, out = books(using), pieces_out(using)
    assert (released.counts["packages"], [len(p) for p in out.values()]) == (3, [2, 2, 1])

    killed = []
    while True:
        for statement in RESTORE:
            run(using, statement)
        shutil.rmtree(using.settings.vendor)
        assert books(using) == before
        passed = killed_at(using, len(killed) + 1)
        if not passed:
            break
        killed.append(passed[-1])
        assert release_batch(using, 1) == released, killed
        assert books(using) == expected, killed
        assert pieces_out(using) == out, killed
        check_whole(using, 5)
    assert {what: killed.count(what) for what in killed} == {
        "before a commit": 8,  # the dealing, two for each package, and the end
        "after a commit": 8,
        "half a file": 6,
        "after pipe_file": 6,
        "after mv": 6,
    }
