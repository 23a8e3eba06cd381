"""What a transaction says when its server cannot go on."""

import logging

import pytest
from sqlalchemy import Engine, text

from pact_etl.domain.errors import Retryable
from pact_etl.store.session import slice_transaction

pytestmark = pytest.mark.integration

FULL = "DO $$ BEGIN RAISE EXCEPTION 'canary' USING ERRCODE = 'disk_full'; END $$"


def book(store: Engine) -> None:
    with slice_transaction(store, "release") as connection:
        connection.execute(text("CREATE TABLE half_done (id int)"))
        connection.execute(text(FULL))


def test_a_full_disk_of_the_server_undoes_everything_and_is_told_without_its_text(
    store: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(Retryable) as told:
        book(store)

    assert "canary" not in f"{told.value}{caplog.text}"
    assert [record.runbook for record in caplog.records] == ["database-full"]  # type: ignore[attr-defined]
    with store.connect() as connection:
        assert connection.execute(text("SELECT to_regclass('half_done')")).scalar() is None
