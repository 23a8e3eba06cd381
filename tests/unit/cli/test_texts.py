"""`pact letters`: the texts checked, listed and printed without a database."""

import json
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from typer.testing import CliRunner

from pact_etl.cli.app import app
from pact_etl.steps import letter_texts
from tests.policies import CONFIG

runner = CliRunner()


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACT_CONFIG", str(CONFIG))


def test_the_lint_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every page is set by the tests of the letters.
    monkeypatch.setattr(letter_texts, "page_faults", lambda code, kind, own: [])

    result = runner.invoke(app, ["letters", "lint"])

    assert (result.exit_code, result.stdout) == (0, "")


def test_a_faulty_text_is_named_and_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_texts, "wording_faults", lambda code, kind, own: ["nature: empty"])
    monkeypatch.setattr(letter_texts, "page_faults", lambda code, kind, own: [])

    result = runner.invoke(app, ["letters", "lint"])

    assert result.exit_code == 1
    assert "pact_invitation/spa: nature: empty" in result.stdout.splitlines()


def test_a_text_that_nobody_has_read_is_a_machine_draft() -> None:
    told = json.loads(runner.invoke(app, ["letters", "status", "--json"]).stdout)

    unread = {one["language"] for one in told if not one["reviewer"]}
    assert {"rus", "hmn", "yue", "ara", "pus"} <= unread
    assert {"eng", "spa"} & unread == set()
    assert "machine draft, not vetted" in runner.invoke(app, ["letters", "status"]).stdout


def test_a_sample_says_across_every_page_that_nobody_has_vetted_its_words(tmp_path: Path) -> None:
    options = ["--kind", "pact_invitation", "--language", "vie", "--language", "spa"]
    result = runner.invoke(app, ["letters", "sample", "--out", str(tmp_path), *options])

    assert result.exit_code == 0
    for language, word in (("vie", "MACHINE DRAFT, NOT VETTED"), ("spa", "SAMPLE")):
        document = pdfium.PdfDocument(tmp_path / f"pact_invitation-{language}.pdf")
        texts = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
        document.close()
        assert len(texts) == 12  # a usual letter for each count of days, and the longest one
        assert all(word in text for text in texts)
