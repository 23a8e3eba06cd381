"""`pact case notice` refuses what can be refused before anything is opened."""

import pytest
from typer.testing import CliRunner

from pact_etl.cli.app import app
from pact_etl.domain.errors import UsageError

PREPARE = ("case", "notice", "prepare", "C1-1", "--meeting-on", "2026-10-20", "--starts", "5pm")
WHERE = ("--ends", "18:00", "--place", "Room 4", "--street", "901 G St", "--city", "Sacramento")
WHO = ("--as-of", "2026-10-01", "--by", "dana")


def test_ordinary_mail_is_no_way_to_serve() -> None:
    served = ("case", "notice", "served", "N1", "--person", "1", "--how", "mail")

    result = CliRunner().invoke(app, [*served, "--on", "2026-10-01", *WHO])

    assert result.exit_code == 2
    assert "certified_mail" in result.output


def test_a_time_is_written_with_its_minutes() -> None:
    result = CliRunner().invoke(app, [*PREPARE, *WHERE, *WHO])

    assert isinstance(result.exception, UsageError)
    with pytest.raises(UsageError, match="17:00"):
        raise result.exception
