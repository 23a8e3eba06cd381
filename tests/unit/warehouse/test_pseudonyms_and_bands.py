"""Keys and bands: what a student becomes before anything is loaded."""

from datetime import date

import pandas as pd
import pytest

from pact_etl.domain.attendance import ABSENT_ANY_REASON
from pact_etl.domain.errors import InvariantBroken, SettingsError
from pact_etl.domain.notice import LetterStatus
from pact_etl.warehouse.bands import age_bands, grade_bands
from pact_etl.warehouse.frames import checked, date_key, date_keys
from pact_etl.warehouse.keys import Pseudonyms
from pact_etl.warehouse.tables import ABSENCES, MILESTONES

SECRET = bytes(range(32))


def test_a_key_is_the_documented_keyed_hash() -> None:
    # printf 'student|1234567890' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102..1f,
    # its first 16 bytes in base32 without padding.
    key = Pseudonyms(secret=SECRET).key("student", "1234567890")

    assert key == "RNJZPH5HKYYAB7VSXP5PAIYIKI"
    assert len(key) == 26


def test_kind_and_secret_both_change_the_key() -> None:
    keys = {
        Pseudonyms(secret=secret).key(kind, 1)
        for secret in (SECRET, SECRET[::-1])
        for kind in ("student", "letter")
    }

    assert len(keys) == 4


def test_a_column_gets_the_same_keys_as_its_values() -> None:
    pseudonyms = Pseudonyms(secret=SECRET)

    keys = pseudonyms.keys("letter", pd.Series([7, 8, 7]))

    assert keys.tolist() == [pseudonyms.key("letter", n) for n in (7, 8, 7)]


def test_a_missing_id_is_no_person() -> None:
    with pytest.raises(InvariantBroken, match="1 rows without a student"):
        Pseudonyms(secret=SECRET).keys("student", pd.Series(["1", None]))


def test_a_short_secret_is_refused_and_no_secret_is_ever_shown() -> None:
    with pytest.raises(SettingsError):
        Pseudonyms(secret=b"short")
    assert "secret" not in repr(Pseudonyms(secret=SECRET))


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("2013-11-23", "13_15"),  # thirteen today
        ("2013-11-24", "10_12"),  # thirteen tomorrow
        ("2008-11-23", "18_and_over"),
        ("2022-01-01", "under_6"),
        (None, "unknown"),
    ],
)
def test_an_age_band_changes_on_the_birthday(born: str | None, band: str) -> None:
    births = pd.Series([pd.NaT if born is None else pd.Timestamp(born)])

    assert age_bands(births, date(2026, 11, 23)).tolist() == [band]


def test_grades_fall_into_the_funding_spans() -> None:
    grades = pd.Series(["TK", "03", "04", "07", "12", "UE", None])

    assert grade_bands(grades).tolist() == [
        "tk_3",
        "tk_3",
        "4_6",
        "7_8",
        "9_12",
        "unknown",
        "unknown",
    ]


def test_a_date_key_is_the_date_as_a_number() -> None:
    assert date_key(date(2026, 1, 9)) == 20260109
    assert date_keys(pd.Series([date(2026, 1, 9), None])).tolist() == [20260109, pd.NA]
    assert date_keys(pd.Series([None, None])).isna().all()


def test_the_schema_speaks_the_domains_words() -> None:
    assert set(ABSENCES) == {status.value for status in ABSENT_ANY_REASON}
    assert set(MILESTONES) <= {status.value for status in LetterStatus}


def test_an_error_about_a_frame_names_columns_and_never_a_value() -> None:
    frame = pd.DataFrame({"district": ["Canary Person"], "name": ["Canary"]})

    with pytest.raises(InvariantBroken, match=r"lacks \['status'\] and has \['name'\] too many"):
        checked(frame, ("district", "status"), words=())
    with pytest.raises(InvariantBroken, match=r"^warehouse: 1 values of district are no single"):
        checked(frame, ("district", "name"), words=("district",))
