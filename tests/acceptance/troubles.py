"""What can go wrong on the way to a served district's data, by name: some of it heals within the night, some loses it.

What can be wrong with the files themselves is the simulator's fault menu.
"""

import random
from collections.abc import Callable

from pact_etl.simulator.servers.aeries_server import AeriesServer, AeriesTrouble
from pact_etl.simulator.servers.edfi_server import EdfiServer
from pact_etl.simulator.servers.edfi_state import EVENTS
from pact_etl.simulator.servers.sftp_server import SftpFaults, SftpServer

Server = EdfiServer | AeriesServer | SftpServer

STUDENTS = "students"
MOVED_PAGES = 20


def trouble(
    server: Server, dice: random.Random, *, may_lose: bool, losing_share: float
) -> list[str]:
    """Undo yesterday's trouble and make tonight's; the names of what was made.

    Args:
        server: of one district.
        dice: what decides.
        may_lose: whether the night may be lost altogether.
        losing_share: how often it then is.
    """
    calm(server)
    loses = may_lose and dice.random() < losing_share
    heals, losing = MENUS[type(server)]
    names = [name for name in sorted(heals) if dice.random() < 1 / 3]
    names += [dice.choice(sorted(losing))] if loses else []
    for name in names:
        make(server, name)
    return names


def make(server: Server, name: str) -> None:
    """One trouble of a server's menu."""
    heals, losing = MENUS[type(server)]
    (heals | losing)[name](server)


def calm(server: Server) -> None:
    """Nothing goes wrong any more."""
    if isinstance(server, AeriesServer):
        server.relent()
    elif isinstance(server, EdfiServer):
        server.faults.token_lives = server.faults.throttle_every = server.faults.fail_every = 0
        server.faults.break_every = server.faults.total_off = 0
        server.faults.on_page, server.faults.repeats = None, ""
        server.faults.forbidden, server.faults.bodies = set(), {}
    else:
        server.faults = SftpFaults()
        server.listen()


def _edfi(**faults: object) -> Callable[[EdfiServer], None]:
    def make_it(server: EdfiServer) -> None:
        for name, value in faults.items():
            setattr(server.faults, name, value)

    return make_it


def _move_rows(server: EdfiServer) -> None:
    """Rows are written to while they are read, so that the window moves under the reader."""
    left = [MOVED_PAGES]

    def move(turn: int) -> None:
        with server.lock:
            rows = sorted(server.state.resources[EVENTS].rows)
            if left[0] and rows:
                left[0] -= 1
                server.state.touch(EVENTS, rows[turn % len(rows)])

    server.faults.on_page = move


def _aeries(times: int | None = 1, **what: object) -> Callable[[AeriesServer], None]:
    trouble = AeriesTrouble(**what)  # type: ignore[arg-type]
    return lambda server: server.expect(trouble, times=times)


def _sftp(**faults: object) -> Callable[[SftpServer], None]:
    def make_it(server: SftpServer) -> None:
        server.faults = SftpFaults(**faults)  # type: ignore[arg-type]

    return make_it


_AT_ONCE = {"Retry-After": "0"}
MENUS: dict[type, tuple[dict[str, Callable], dict[str, Callable]]] = {
    EdfiServer: (
        {
            "token expires": _edfi(token_lives=7),
            "told to wait": _edfi(throttle_every=11),
            "server error": _edfi(fail_every=13),
            "answer breaks off": _edfi(break_every=17),
            "rows move": _move_rows,
        },
        {
            "refused": _edfi(forbidden={STUDENTS}),
            "page repeats": _edfi(repeats=STUDENTS),
            "totals differ": _edfi(total_off=1),
            "truncated JSON": _edfi(bodies={STUDENTS: b'[{"studentUniqueId": "1"'}),
        },
    ),
    AeriesServer: (
        {
            "told to wait": _aeries(status=429, headers=_AT_ONCE),
            "server error": _aeries(status=500, headers=_AT_ONCE),
            "unavailable": _aeries(status=503, headers=_AT_ONCE),
            "hangs up": _aeries(hang_up=True),
        },
        {
            "refused": _aeries(status=403, times=None),
            "truncated JSON": _aeries(body=b'[{"SchoolCode": 1', times=None),
            "attendance breaks off": _aeries(on="attendance", body=b'[{"StudentID": 1', times=None),
        },
    ),
    SftpServer: (
        {},
        {
            "connection refused": SftpServer.stop_listening,
            "another host key": lambda server: server.listen(as_another=True),
            "login refused": _sftp(refuse=True),
            "breaks off in a file": _sftp(cut_after_bytes=100),
            "file being written": _sftp(grows=True),
        },
    ),
}
"""By kind of server: what the night outlives, and what loses it."""
