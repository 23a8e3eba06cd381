"""What a demo ends with: what happened, in counts, and where everything is."""

import io
import zipfile
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from pact_etl.cli.demo_night import Tonight
from pact_etl.installation.airflow import password
from pact_etl.settings import Settings
from pact_etl.store.overview import overview
from pact_etl.wiring import build, open_warehouse

out = Console(highlight=False)

PRICES = """
SELECT count(*), round(avg(marginal_cost), 2), round(avg(full_cost), 2)
FROM fct_letter WHERE mailed_date_key IS NOT NULL
"""
CHANGE = """
SELECT window_days, count(*), round(avg(pre_attendance_rate)::numeric, 1), round(avg(post_attendance_rate)::numeric, 1)
FROM fct_letter_outcome WHERE status = 'complete' GROUP BY window_days ORDER BY window_days
"""


def print_report(settings: Settings, tonight: Tonight, seconds: float) -> None:
    """Tell everything on the terminal."""
    using = build(settings)
    with using.engine.connect() as connection:
        report = overview(connection)
    with open_warehouse(using) as engine, engine.connect() as warehouse:
        letters, marginal, full = warehouse.execute(text(PRICES)).one()
        changes = warehouse.execute(text(CHANGE)).all()
    using.close()
    _districts(report["districts"])
    runs = ("night", "released", "reconciled", "reminded", "published")
    for run in (getattr(tonight, name) for name in runs):
        failed = f", {run.count('failed')} tasks red on purpose" if run.count("failed") else ""
        out.print(f"  {run.dag:14} {run.state}: {run.count('success')} tasks done{failed}")
    out.print()
    for name in ("findings", "letters", "holds", "follow_ups", "emails", "tasks"):
        pairs = ", ".join(f"{key} {n}" for key, n in report[name].items())
        out.print(f"  {name:10} {pairs or 'none'}")
    out.print(f"  cost       {letters} letters mailed, {marginal} dollars each, {full} with staff")
    for window, count, before, after in changes:
        out.print(
            f"  attendance {before} % before and {after} % after, {window} school days each side,"
            f" {count} students (not an effect)"
        )
    _places(settings)
    out.print(f"\nThe demo took {seconds:.0f} s.")


def _districts(rows: list[dict[str, object]]) -> None:
    table = Table("district", "last submission", "status", "received", "quarantined", "reason")
    for row in rows:
        names = ("slug", "as_of", "status", "received", "quarantined", "reason")
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    out.print(table)


def _places(settings: Settings) -> None:
    secret = password(settings.var, "operator")
    out.print(
        f"""
  Airflow          http://127.0.0.1:{settings.airflow_port}   operator / {secret}
  letters          {_opened(settings) or "none"} (the newest package, as the vendor opens it)
  vendor's folder  {settings.vendor}
  proofs           {settings.proofs}
  emails           {settings.var / "mails"}
  reject files     {settings.returns}
  first notices    {_newest_notices(settings) or "none"} (for the district's own printer)
  raw submissions  {settings.archive}
  truth            {settings.drop}/truth
  more             PACT_VAR={settings.var} .venv/bin/pact status
  stop             make down"""
    )


def _newest_notices(settings: Settings) -> Path | None:
    """The newest first notices that were set for a district."""
    return max(settings.returns.glob("*/*/first_notices.pdf"), default=None)


def _opened(settings: Settings) -> Path | None:
    """The newest package opened with the demo's own vendor key, so that its letters can be looked at."""
    from pact_etl.simulator.vendor_keys import open_sealed

    packages = sorted(Path(settings.vendor, "out").glob("*.zip.pgp"))
    if not packages:
        return None
    content = open_sealed(settings.vendor_keys, packages[-1].read_bytes())
    folder = settings.var / "opened"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder / "letters.pdf"
