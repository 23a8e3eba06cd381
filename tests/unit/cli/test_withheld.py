"""An error that is not our own leaves the command line with its kind and place; its text may quote a row."""

import pytest

from pact_etl.cli import app as commands
from pact_etl.domain.errors import InvariantBroken
from pact_etl.store import letter_values


def test_a_text_that_is_not_ours_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError("Rosa Canary, 12 Oak St")

    monkeypatch.setattr(commands, "app", fail)

    with pytest.raises(SystemExit) as ended:
        commands.main()

    said = "".join(capsys.readouterr())
    assert ended.value.code == 1
    assert "ValueError" in said
    assert "Canary" not in said


def test_a_frozen_letter_that_cannot_be_read_is_not_quoted() -> None:
    torn = {"piece_id": "P0000001001", "recipient": {"name": "Rosa Canary"}}

    with pytest.raises(InvariantBroken) as error:
        letter_values._thawed(torn)

    assert "recipient.lines" in str(error.value)
    assert "Canary" not in str(error.value)
