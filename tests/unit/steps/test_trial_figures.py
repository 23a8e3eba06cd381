"""The figures a person looks at first in a trial."""

from datetime import date

import pandas as pd
import pytest

from pact_etl.domain.scope import Scope
from pact_etl.steps.trial_figures import address_faults, newest_shares, without_rights_holder
from pact_etl.validation import Reference, Validated

NIGHT = date(2026, 11, 20)
DAYS = pd.Series(pd.to_datetime(["2026-11-18", "2026-11-19", "2026-11-20"])).astype("datetime64[s]")
HOME = {"street": "12 Oak Ave", "unit": "", "city": "Galt", "state": "CA", "zip": "95632"}


def texts(name: str, *values: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values, dtype="str")})


def adult(student: str, *, rights: bool, restrained: bool = False, **address: str):
    return {
        "local_id": student,
        "has_rights": rights,
        "restrained": restrained,
        "safe_at_home": "",
        **HOME,
        **address,
    }


def judged(*adults: dict[str, object], absent_on_last: int = 0) -> Validated:
    """Four students of school 1 and one of school 2; school 2 keeps no school on the last day."""
    students = texts("local_id", "a", "b", "c", "d", "e")
    enrollments = students.assign(
        school_code=pd.Series(["1", "1", "1", "1", "2"], dtype="str"),
        entry_date=pd.Timestamp("2026-08-10"),
        exit_date=pd.NaT,
    ).astype({"entry_date": "datetime64[s]", "exit_date": "datetime64[s]"})
    calendar = pd.concat(
        [
            pd.DataFrame({"school_code": "1", "date": DAYS, "instructional": True}),
            pd.DataFrame({"school_code": "2", "date": DAYS, "instructional": [True, True, False]}),
        ],
        ignore_index=True,
    ).astype({"school_code": "str"})
    marks = texts("local_id", *"abcd"[:absent_on_last]).assign(
        school_code=pd.Series(["1"] * absent_on_last, dtype="str"),
        date=pd.Series([DAYS[2]] * absent_on_last, dtype="datetime64[s]"),
        status=pd.Series(["absent_excused"] * absent_on_last, dtype="str"),
    )
    none = pd.DataFrame()
    return Validated(
        schools=none,
        students=students,
        enrollments=enrollments,
        guardians=pd.DataFrame(adults or [adult("a", rights=True)]),
        calendar=calendar,
        marks=marks,
        present_rows=0,
        quarantined=none,
        received={},
        covered=(date(2026, 11, 19), NIGHT),
        silent_schools=(),
        suites={},
    )


def test_shares_are_of_the_days_taught_in_the_window_and_largest_school_first():
    first, second = newest_shares(judged(absent_on_last=3), Reference(), Scope(), NIGHT)

    assert (first.school_code, first.enrolled) == ("1", 4)
    assert first.absent == {"2026-11-19": 0.0, "2026-11-20": 0.75}
    assert (second.school_code, second.absent) == ("2", {"2026-11-19": 0.0})


@pytest.mark.parametrize(
    ("adults", "count"),
    [
        ([adult(s, rights=True) for s in "abcde"], 0),
        ([adult(s, rights=True) for s in "abcd"], 1),
        ([adult(s, rights=s != "a") for s in "abcde"], 1),
        ([adult(s, rights=True, restrained=s == "a") for s in "abcde"], 1),
        ([adult("a", rights=False), *(adult(s, rights=True) for s in "abcde")], 0),
    ],
)
def test_students_whom_nobody_may_be_written_to_about(adults: list[dict[str, object]], count: int):
    assert without_rights_holder(judged(*adults), Reference(), Scope()) == count


def test_of_a_student_the_record_knows_and_whose_adults_were_not_sent_nothing_is_said():
    known = Reference(students=texts("local_id", "e"))
    found = judged(*(adult(s, rights=True) for s in "abcd"))

    assert without_rights_holder(found, known, Scope()) == 0
    assert without_rights_holder(found, known, Scope(whole_roster=True)) == 1
    assert without_rights_holder(found, known, Scope(rosters_of=frozenset({"e"}))) == 1


def test_addresses_are_counted_once_and_only_of_those_who_would_be_written_to():
    found = address_faults(
        judged(
            adult("a", rights=True, zip="1"),
            adult("b", rights=True, zip="1"),
            adult("c", rights=True, street=""),
            adult("d", rights=False, zip="2"),
            adult("e", rights=True, restrained=True, zip="3"),
            adult("e", rights=True),
        )
    )

    assert found == {"zip_invalid": 1, "street_missing": 1}
