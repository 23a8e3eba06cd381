"""Invariant 5: a planted name is in the letters and in nothing else that leaves the record."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pypdfium2 as pdfium
import pytest
from sqlalchemy import create_engine, inspect, text

from pact_etl.districts import load_districts
from pact_etl.domain.district import Letterhead
from pact_etl.domain.first_notice_rule import FirstNoticeRule
from pact_etl.emails.capture_server import CaptureServer
from pact_etl.settings import Settings
from pact_etl.simulator import Fault, simulate
from pact_etl.simulator.vendor import SimulatedVendor
from pact_etl.simulator.vendor_keys import make_throwaway_keys
from pact_etl.steps.approve import decide_on, propose
from pact_etl.steps.back_report import report_back
from pact_etl.steps.case import count_due, due, show
from pact_etl.steps.night import run_night
from pact_etl.steps.outcomes import publish_outcomes
from pact_etl.steps.reconcile import reconcile_vendor
from pact_etl.steps.release import release_batch
from pact_etl.steps.remind import send_reminders
from pact_etl.steps.status import county_status
from pact_etl.steps.why import explain
from pact_etl.wiring import Collaborators, build
from tests.conftest import ROOT
from tests.vendor import open_package, sealed_packages

pytestmark = [pytest.mark.acceptance, pytest.mark.integration]

CANARY = "Zyxquillfeather"
NIGHTS = date(2026, 11, 18), date(2026, 11, 19)
PLANTED = ("san-juan-unified", "twin-rivers-unified", "center-joint-unified")
FAULTS = (
    "unknown_students:san-juan-unified:2026-11-19",
    "duplicate_rows:twin-rivers-unified:2026-11-19",
    "ids_mangled:center-joint-unified:2026-11-19",
)


def plant(drop: Path) -> None:
    """Everybody in three districts gets the canary's name, and every family lives in its street."""
    for path in drop.glob("2026-*/*/*.csv"):
        if path.parent.name not in PLANTED or path.name not in {"STU.csv", "CON.csv"}:
            continue
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        frame["FN"] = frame["LN"] = CANARY
        if "AD" in frame:
            frame["AD"] = frame["AD"].where(frame["AD"] == "", f"12 {CANARY} St")
        frame.to_csv(path, index=False, encoding="utf-8-sig")


def words_of(records: list[logging.LogRecord]) -> str:
    return "\n".join(f"{r.getMessage()} {r.__dict__} {r.exc_info}" for r in records)


def test_a_planted_name_reaches_the_letters_and_nothing_else(
    tmp_path: Path,
    fresh_database: Callable[[str], str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    drop, var = tmp_path / "drop", tmp_path / "var"
    districts = list(load_districts(ROOT / "config").values())
    faults = [Fault.parse(fault) for fault in FAULTS]
    simulate(drop, districts, scale=0.01, seed=3, first=NIGHTS[0], last=NIGHTS[1], faults=faults)
    plant(drop)
    settings = Settings(
        var=var,
        drop_url=str(drop),
        database_url=fresh_database("canary"),
        warehouse_url=fresh_database("canary_warehouse"),
    )
    caplog.set_level(logging.DEBUG)
    said: list[object] = []
    using = with_first_notices(build(settings), "san-juan-unified")
    make_throwaway_keys(settings.vendor_keys)
    for night in NIGHTS:
        said.append(run_night(using, night))
        with using.engine.connect() as connection:
            batch = connection.execute(
                text("SELECT id FROM batch WHERE as_of = :n"), {"n": night}
            ).scalar_one()
        said.append(propose(using, batch))
        said.append(decide_on(using, batch, approved=True, by="operator", reason="").as_dict())
        said.append(release_batch(using, batch).as_dict())
    vendor = SimulatedVendor(settings.vendor, seed=1, keys=settings.vendor_keys)
    vendor_day = date(2026, 11, 23)
    for day in (NIGHTS[1], date(2026, 11, 20), vendor_day):
        vendor.visit(day)
        said.append(reconcile_vendor(using, day).as_dict())
    with CaptureServer(var / "mails", key="SG.test") as server:
        mailing = replace(
            using,
            settings=settings.model_copy(
                update={"sendgrid_url": server.url, "sendgrid_key": "SG.test"}
            ),
        )
        reminded = send_reminders(mailing, date(2026, 11, 26))
        said += [reminded.as_dict(), server.mails]
    said.append(publish_outcomes(using, date(2026, 11, 20)).as_dict())
    said.append(county_status(using))
    with using.engine.connect() as connection:
        student = connection.execute(text("SELECT min(student_id) FROM finding")).scalar_one()
    said.append(explain(using, f"S{student}", NIGHTS[1]))
    for slug in PLANTED:
        told = report_back(using, slug, NIGHTS[0], vendor_day, vendor_day, by="operator")
        said.append(told.as_dict())
    with using.engine.connect() as connection:
        cases = connection.execute(text("SELECT 'C' || id FROM case_file ORDER BY id LIMIT 50"))
        said += [show(using, code, vendor_day) for (code,) in cases]
    said += [due(using, vendor_day), count_due(using, vendor_day).as_dict()]
    using.close()

    printed = capfd.readouterr()
    places = {
        "logs": words_of(caplog.records),
        "terminal": printed.out + printed.err,
        "results, proposals and emails": repr(said) + json.dumps(said, default=str),
        "warehouse": dump(str(settings.warehouse_url)),
        "returns to districts": read_all(var / "returns", but="first_notices*.pdf"),
        "vendor's manifests": manifests(var),
        "vendor's answers": read_all(var / "vendor" / "in"),
        "file names": "\n".join(str(p) for p in var.rglob("*")),
    }
    assert reminded.counts["accepted"] > 0
    assert CANARY.casefold() in letters(var).casefold(), "the canary was never planted"
    notices = [text_of(path.read_bytes()) for path in (var / "returns").rglob("first_notices*.pdf")]
    assert CANARY.casefold() in "".join(notices).casefold(), "no first notice was set"
    leaks = [place for place, words in places.items() if CANARY.casefold() in words.casefold()]
    assert not leaks
    assert not [place for place, words in places.items() if not words and place != "terminal"]


def dump(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        dumped = "\n".join(
            str(row)
            for table in inspect(connection).get_table_names()
            for row in connection.execute(text(f'SELECT t::text FROM "{table}" t'))
        )
    engine.dispose()
    return dumped


def with_first_notices(using: Collaborators, slug: str) -> Collaborators:
    """One of the planted districts has its first notices set."""
    letterhead = Letterhead(return_lines=("A", "B"), signatory_name="C", signatory_title="D")
    rule = FirstNoticeRule(from_=date(2026, 8, 1), set_for_district=True, why="the canary")
    noticed = replace(using.districts[slug], letterhead=letterhead, first_notices=[rule])
    return replace(using, districts=using.districts | {slug: noticed})


def read_all(folder: Path, but: str = "") -> str:
    return "\n".join(
        p.read_text(encoding="utf-8", errors="replace")
        for p in folder.rglob("*")
        if p.is_file() and not (but and p.match(but))
    )


def manifests(var: Path) -> str:
    found = []
    for path in sealed_packages(var / "vendor"):
        with open_package(var / "secrets" / "vendor", path) as package:
            found += [package.read(n).decode() for n in package.namelist() if n != "letters.pdf"]
    return "\n".join(found)


def letters(var: Path) -> str:
    found = []
    for path in sealed_packages(var / "vendor"):
        with open_package(var / "secrets" / "vendor", path) as package:
            found.append(text_of(package.read("letters.pdf")))
    return "\n".join(found)


def text_of(pdf: bytes) -> str:
    document = pdfium.PdfDocument(pdf)
    return "\n".join(document[i].get_textpage().get_text_range() for i in range(len(document)))
