"""The statutes as dated data: the day before and the day of each change, and files that may not pass for law."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pact_etl.domain.errors import SettingsError
from pact_etl.domain.wording import unlawful_words
from pact_etl.law import load_statutes
from pact_etl.law.parameters import PupilConsequences, SarbReferral
from pact_etl.law.statutes import CALIFORNIA
from tests.policies import amended

STATUTES = load_statutes()
DAY = date(2026, 11, 20)
PROSECUTION = {"parent_may_be_prosecuted", "pupil_may_be_prosecuted"}


def unlawful(text: str, day: date, *, chronic: bool = False) -> tuple[str, ...]:
    wording = STATUTES.wording_on(day)
    return unlawful_words(text, wording, every_student_is_chronic_truant=chronic)


def test_no_letter_may_mention_the_repealed_misdemeanor_from_2026_on() -> None:
    threat = "Under Penal Code 270.1 this is a misdemeanor."

    assert unlawful(threat, date(2025, 12, 31)) == ()
    assert unlawful(threat, date(2026, 1, 1)) == ("270.1", "misdemeanor")


def test_a_threat_in_spanish_is_found_across_a_line_break() -> None:
    assert unlawful("Es un DELITO\n menor.", DAY) == ("delito menor",)


def test_only_of_a_chronic_truant_may_a_letter_say_so() -> None:
    assert unlawful("Ana is a Chronic Truant.", DAY) == ("chronic truant",)
    assert unlawful("Ana is a Chronic Truant.", DAY, chronic=True) == ()


def test_the_first_notice_threatens_prosecution_until_june_2025_and_never_after() -> None:
    before = STATUTES.first_notice_on(date(2025, 6, 30))
    after = STATUTES.first_notice_on(date(2025, 7, 1))

    assert set(before.items) >= PROSECUTION
    assert len(after.items) == 7
    assert set(after.never) >= PROSECUTION
    assert not set(after.items) & set(after.never)


def test_a_chronic_absentee_may_be_referred_to_the_board_since_2021() -> None:
    def grounds(day: date) -> tuple[str, ...]:
        return STATUTES.parameters("sarb_referral", SarbReferral, day).grounds

    assert "chronic_absentee" not in grounds(date(2020, 12, 31))
    assert "chronic_absentee" in grounds(date(2021, 1, 1))


def test_the_fourth_report_may_lead_to_the_juvenile_court() -> None:
    consequences = STATUTES.parameters("pupil_consequences", PupilConsequences, DAY)

    assert consequences.by_report[4] == "juvenile_court"
    assert STATUTES.ladder_on(DAY).court_reports == 4


def test_every_section_is_cited_and_says_what_is_to_be_confirmed_unless_its_text_was_read() -> None:
    for name, section in STATUTES.sections.items():
        assert section.citation, name
        assert section.says.endswith("."), name
        assert section.confirm or section.source == "statute", name


def test_what_is_known_from_memory_alone_decides_no_count() -> None:
    remembered = {name for name, s in STATUTES.sections.items() if s.source == "memory"}

    assert remembered == {"board_report", "contributing_to_delinquency"}


def test_the_law_names_the_newest_entry_as_its_version() -> None:
    assert STATUTES.on(DAY).version == "california:2011-01-01"


def test_every_school_day_since_2011_has_a_law() -> None:
    for year in range(2011, 2040):
        assert STATUTES.on(date(year, 2, 28)).truant_occasions == 3


def _without_citation(law: dict[str, Any]) -> None:
    law["truant"]["citation"] = ""


def _unknown_parameter(law: dict[str, Any]) -> None:
    law["truant"]["entries"][0]["minuets"] = 30


def _missing_parameter(law: dict[str, Any]) -> None:
    del law["chronic_truant"]["entries"][0]["tenths"]


def _unknown_key(law: dict[str, Any]) -> None:
    law["truant"]["note"] = "see above"


def _unknown_section(law: dict[str, Any]) -> None:
    law["tardiness"] = law["truant"]


def _section_missing(law: dict[str, Any]) -> None:
    del law["truant"]


def _overlap(law: dict[str, Any]) -> None:
    law["first_notice"]["entries"][0]["to"] = date(2025, 7, 1)


def _same_start(law: dict[str, Any]) -> None:
    law["truant"]["entries"] *= 2


def _gap(law: dict[str, Any]) -> None:
    law["first_notice"]["entries"][0]["to"] = date(2025, 6, 29)


def _backwards(law: dict[str, Any]) -> None:
    law["truant"]["entries"][0]["to"] = date(2009, 1, 1)


def _without_start(law: dict[str, Any]) -> None:
    del law["truant"]["entries"][0]["from"]


def _nothing_to_confirm(law: dict[str, Any]) -> None:
    law["chronic_truant"]["confirm"] = ""


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_citation, "truant: needs a citation"),
        (_unknown_parameter, "truant: minuets"),
        (_missing_parameter, "chronic_truant: tenths"),
        (_unknown_key, "truant: note"),
        (_unknown_section, "tardiness: unknown section"),
        (_section_missing, "truant: section is missing"),
        (_overlap, "first_notice: entries overlap at 2010-07-01"),
        (_same_start, "truant: entries overlap"),
        (_gap, "first_notice: nothing is in force after 2025-06-29"),
        (_backwards, "truant: entries overlap"),
        (_without_start, "truant: from"),
        (_nothing_to_confirm, "chronic_truant: says nothing of what is to be confirmed"),
    ],
)
def test_a_file_with_a_slip_of_the_pen_is_refused_by_the_name_of_the_section(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], None], message: str
) -> None:
    law = yaml.safe_load(CALIFORNIA.read_text(encoding="utf-8"))
    spoil(law)
    path = tmp_path / "california.yaml"
    path.write_text(yaml.safe_dump(law), encoding="utf-8")

    with pytest.raises(SettingsError, match=message):
        load_statutes(path)


def test_a_day_is_read_by_the_ages_and_minutes_of_that_day() -> None:
    october = date(2026, 10, 1)
    statutes = amended(
        {
            "compulsory_age": {"from": october, "from_age": 5, "until_age": 18},
            "truant": {"from": october, "occasions": 3, "more_than_minutes": 20},
        }
    )
    five_years_old = date(2021, 5, 5)

    today = statutes.on(DAY)

    assert not today.binds(five_years_old, date(2026, 9, 30))
    assert today.binds(five_years_old, date(2026, 10, 1))
    assert statutes.occasion_limits().on(date(2026, 9, 30)) == 30
    assert statutes.occasion_limits().on(date(2026, 10, 1)) == 20
