"""A small district whose files the connector tests write themselves."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pact_etl.domain.attendance import Status
from pact_etl.domain.district import (
    AttendanceLayout,
    CodeMapping,
    District,
    DistrictStatus,
    FileLayout,
    Form,
    Office,
)

MakeDistrict = Callable[..., District]


@pytest.fixture(scope="session")
def make_district() -> MakeDistrict:
    def make(**changes: Any) -> District:
        files = {
            "students": FileLayout(
                name="STU.csv", columns={"local_id": "ID", "last_name": "LN", "first_name": "FN"}
            ),
            "attendance": FileLayout(
                name="ATT.csv",
                columns={"local_id": "ID", "school_code": "SC", "date": "DT", "code": ["ST", "EX"]},
            ),
        }
        settings: dict[str, Any] = {
            "slug": "test-unified",
            "name": "Test Unified",
            "cd_code": "3467000",
            "level": "unified",
            "status": DistrictStatus.TESTING,
            "sis": "None",
            "enrollment": 10,
            "office": Office(name="Office", phone="(916) 555-0199", email="office@test.example"),
            "dialect": "test",
            "connector": "files",
            "path": "{as_of}/{slug}",
            "exit_day": "inclusive",
            "date_format": "%Y-%m-%d",
            "attendance": AttendanceLayout(form=Form.DAILY, covers_days=14),
            "files": files,
            "codes": [
                CodeMapping(code="A:U", status=Status.ABSENT_UNEXCUSED, from_=date(2020, 7, 1))
            ],
        }
        return District(**(settings | changes))

    return make
