"""What a trial says of holds that a source does not speak of."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd

from pact_etl.domain.district import CharterAgreement
from pact_etl.steps.source_cautions import SPOKEN_OF, silences_of
from pact_etl.validation import Validated
from tests.factories import district


def came(**cells: object) -> Validated:
    """One student with one adult at one school, of whom only these cells were filled."""
    frames: dict[str, Any] = {}
    for table in ("students", "guardians", "schools"):
        columns = [column for of, column in SPOKEN_OF if of == table]
        frames[table] = pd.DataFrame([{column: cells.get(column) for column in columns}])
    return cast(Validated, SimpleNamespace(**frames))


def test_each_hold_that_nobody_is_said_to_need_is_named_with_the_way_it_comes_then() -> None:
    said = silences_of(district(), came(foster=False, homeless=True, safe_at_home="1234"))

    assert len(said) == len(SPOKEN_OF) - 3
    assert not any("foster" in one or "homeless" in one for one in said)
    [pending] = [one for one in said if "support_pending" in one]
    assert "pact hold add --reason support_pending" in pending
    assert all(one.rpartition("; ")[2] for one in said)


def test_charters_that_the_settings_name_need_no_word_of_the_source() -> None:
    listed = replace(district(), charters=[CharterAgreement(school_code="0000001")])

    assert any("charter" in one for one in silences_of(district(), came()))
    assert not any("charter" in one for one in silences_of(listed, came()))
