"""Make the pictures of the README from a running demo: the night in Airflow, the waiting question, a letter's page.

Usage: make demo, then `.venv/bin/python scripts/make_images.py docs/images [--var var/demo] [--chromium PATH]`.
Needs a Chromium on this machine and `pip install playwright`; neither is needed for anything else.
"""

import argparse
import shutil
from pathlib import Path

import pypdfium2 as pdfium
from playwright.sync_api import Page, sync_playwright

from pact_etl.installation.airflow import password
from pact_etl.settings import Settings

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PAGES = {
    "airflow-home": "/",
    "airflow-dags": "/dags",
    "airflow-night": "/dags/county_night/runs/{night}",
    "airflow-approval": "/dags/letter_batch/runs/{batch}/tasks/approve/required_actions",
    "airflow-required-actions": "/required_actions",
}


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--var", type=Path, default=Settings().var / "demo")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    parser.add_argument("--night", default="demo-2026-11-20")
    parser.add_argument("--batch", default="")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    letter_page(options.var, options.out / "letter.png", page=0)
    letter_page(options.var, options.out / "record.png", page=1)
    scorecard_page(options.var, options.out / "scorecard.png")
    base = f"http://127.0.0.1:{Settings().airflow_port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        sign_in(page, base, password(options.var, "operator"))
        for name, path in PAGES.items():
            page.goto(base + path.format(night=options.night, batch=options.batch))
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(2500)
            page.screenshot(path=options.out / f"{name}.png")
        browser.close()


def scorecard_page(var: Path, path: Path) -> None:
    """The first page of the largest scorecard, if any was made: `pact scorecard --month ...` makes them."""
    made = sorted((var / "returns").glob("*/*/scorecard-*.pdf"), key=lambda p: p.stat().st_size)
    if made:
        page = pdfium.PdfDocument(made[-1].read_bytes())[0].render(scale=1.25).to_pil()
        page.quantize(32).save(path, optimize=True)


def sign_in(page: Page, base: str, secret: str) -> None:
    """Fill the form as an operator would."""
    page.goto(base)
    page.fill("input[name=username]", "operator")
    page.fill("input[name=password]", secret)
    page.click("button[type=submit]")
    page.wait_for_load_state("networkidle")


def letter_page(var: Path, path: Path, page: int) -> None:
    """One page of the newest package's PDF."""
    document = pdfium.PdfDocument(var / "opened" / "letters.pdf")
    document[page].render(scale=1.25).to_pil().save(path)


if __name__ == "__main__":
    main()
