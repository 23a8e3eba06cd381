"""`pact what-if` as it is typed and as it is read."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pact_etl.cli.app import app
from pact_etl.cli.what_if import print_what_if
from pact_etl.domain.errors import UsageError

LINE = {"would": 20, "recorded": 24, "same": 20, "earlier": 0, "later": 0, "added": 0, "removed": 4}
REPORT = {
    "from": "2026-08-10",
    "to": "2026-11-20",
    "nights": 70,
    "findings": {"truant": LINE},
    "letters": LINE | {"added_but_held": 0, "sent": 22, "removed_though_sent": 3},
    "letters_by": {
        "district": [
            {"group": "oak-grove", "would": 20, "recorded": 24, "difference": -4},
            {"group": "elm-hill", "would": None, "recorded": None, "difference": None},
        ]
    },
    "known_as_now": {"calendar_days_told_later": 2},
}


def test_a_report_reads_as_tables_with_hidden_figures_starred(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_what_if(REPORT)

    told = capsys.readouterr().out
    lines = {line.split()[1]: line.split() for line in told.splitlines() if line.startswith("│")}
    assert lines["oak-grove"][3::2] == ["20", "24", "-4", *lines["oak-grove"][9::2]]
    assert lines["elm-hill"].count("*") == 3
    assert "70 nights, 2026-08-10 to 2026-11-20" in told
    assert "2 calendar days were told or changed after the first night" in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--publish", "--students"), "cannot be published"),
        (("--from", "2026-12-01"), "--from is after --to"),
    ],
)
def test_wrong_use_is_told_before_anything_is_opened(
    words: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    typed = ["what-if", "--policy", str(tmp_path / "p.yaml"), "--from", "2026-08-10"]

    ended = CliRunner().invoke(app, [*typed, "--to", "2026-11-20", *words])

    assert isinstance(ended.exception, UsageError)
    assert why in str(ended.exception)
