"""A database server of the benchmarks' own, and databases in a known state to repeat a night from."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.context import Context
from benchmarks.measuring import Run, run
from pact_etl.installation.postgres import EmbeddedPostgres, ensure_running, stop
from pact_etl.store.schema import migrate

EMPTY, NIGHT = "bench_empty", "bench_night"
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """A fresh embedded server."""

    context: Context
    var: Path
    server: EmbeddedPostgres
    pid: int

    def prepare_empty(self) -> str:
        """A migrated database without a row in it; its name."""
        self.create(EMPTY)
        migrate(self.server.url(EMPTY))
        return EMPTY

    def prepare_history(self, drop: Path, as_of: date) -> str:
        """A database that holds the year to date, loaded from the first night of a drop; its name."""
        name = f"bench_ready_{as_of:%Y%m%d}"
        self.context.say(f"loading the year to {as_of} ...")
        loaded = self.night(self.prepare_empty(), drop, as_of, keep=name)
        self.context.say(f"  {loaded.seconds:.0f} s, {loaded.result['rows']:,} rows")
        return name

    def night(
        self,
        template: str,
        drop: Path,
        as_of: date,
        *,
        keep: str | None = None,
        profile: Path | None = None,
        options: Sequence[str] = (),
    ) -> Run:
        """Run one night in a process of its own, on a copy of a database.

        Args:
            template: the database to copy.
            drop: where the night's files are.
            as_of: the night.
            keep: name under which the database that comes of it is kept; without one it is dropped.
            profile: file to write a profile to; such a run is slower.
            options: more words for `benchmarks.night_run`.
        """
        name = keep or NIGHT
        self.create(name, template)
        var = self.context.folder("var", f"{next(_numbers)}")
        profiled = [] if profile is None else ["--profile", str(profile)]
        measured = run(
            ["-m", "benchmarks.night_run", as_of.isoformat(), *options, *profiled],
            environment={
                "PACT_VAR": str(var),
                "PACT_CONFIG": str(self.context.config),
                "PACT_DATABASE_URL": self.server.url(name),
                "PACT_DROP_URL": str(drop),
            },
            database_pid=self.pid,
        )
        shutil.rmtree(var)
        if keep is None:
            self._drop(name)
        else:
            self._settle(name)
        return measured

    def create(self, name: str, template: str = "template1") -> None:
        """A new database as a copy of another, in the place of one of that name."""
        self._drop(name)
        with psycopg.connect(self.server.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )

    def _drop(self, name: str) -> None:
        with psycopg.connect(self.server.conninfo("postgres"), autocommit=True) as connection:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(name)))

    def _settle(self, name: str) -> None:
        """What the server's own housekeeping does between two nights, but at once."""
        with psycopg.connect(self.server.conninfo(name), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")


@contextmanager
def fresh_server(context: Context) -> Iterator[Databases]:
    """A new embedded server with nothing in it; stopped and removed at the end."""
    var = context.folder("server")
    server = ensure_running(var)
    try:
        pid = int((var / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        yield Databases(context=context, var=var, server=server, pid=pid)
    finally:
        stop(var)
        shutil.rmtree(var, ignore_errors=True)
