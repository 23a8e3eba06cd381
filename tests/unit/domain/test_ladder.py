"""The ladder, read like the statute: who is a truant, again, habitually, chronically, and what is not documented."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.ladder import (
    Channel,
    LadderStep,
    Stage,
    Step,
    derive_reports,
    explain_ladder,
    stage_of,
)
from tests.policies import STATUTES

LAW = STATUTES.ladder_on(date(2026, 11, 20))
DAYS = [date(2026, 9, 1) + timedelta(days=n) for n in range(9)]


def told(step: Step, section: str, day: date, proof: str = "ledger") -> LadderStep:
    return LadderStep(step=step, section=section, date=day, channel=Channel.MAIL, proof=proof)


REPORTS = [
    told(Step.REPORT, "48260", DAYS[2]),
    told(Step.REPORT, "48261", DAYS[3]),
    told(Step.REPORT, "48261", DAYS[4]),
]
NOTICE = told(Step.FAMILY_NOTICE, "48260.5", DAYS[3])
CONFERENCE = told(Step.CONFERENCE_EFFORT, "48262", DAYS[5])
REFERRAL = told(Step.REVIEW_BOARD_REFERRAL, "48263", DAYS[6])
COMPLAINT = told(Step.COMPLAINT_INVESTIGATED, "48291", DAYS[7])
WHOLE_LADDER = [*REPORTS, NOTICE, CONFERENCE, REFERRAL, COMPLAINT]


@pytest.mark.parametrize(
    ("occasions", "stage", "reports"),
    [
        (0, Stage.NONE, 0),
        (2, Stage.NONE, 0),
        (3, Stage.TRUANT, 1),  # the third occasion makes a truant: the first report
        (4, Stage.AGAIN_TRUANT, 2),  # one further day: again a truant
        (5, Stage.AGAIN_TRUANT, 3),  # three reports, but nobody derives a conference
        (9, Stage.AGAIN_TRUANT, 7),
    ],
)
def test_where_the_district_tells_nothing_reports_are_derived_and_marked(
    occasions: int, stage: Stage, reports: int
) -> None:
    standing = stage_of([], DAYS[:occasions], LAW, ratio_met=True)

    assert (standing.stage, len(standing.reports)) == (stage, reports)
    assert standing.is_derived == (reports > 0)
    assert all(s.is_derived and not s.is_documented for s in standing.steps)
    assert not standing.may_be_called_chronic_truant
    assert not standing.may_go_to_juvenile_court


def test_derived_reports_are_dated_by_the_days_that_call_for_them() -> None:
    reports = derive_reports(DAYS[:5], LAW)

    assert [(r.date, r.section) for r in reports] == [
        (DAYS[2], "48260"),
        (DAYS[3], "48261"),
        (DAYS[4], "48261"),
    ]


def test_three_reports_and_an_effort_to_confer_make_a_habitual_truant() -> None:
    standing = stage_of([*REPORTS, CONFERENCE], DAYS[:5], LAW, ratio_met=True)

    assert standing.stage is Stage.HABITUAL_TRUANT
    assert standing.missing == ("48260.5", "48263", "48291")


def test_an_effort_to_confer_before_any_report_is_not_the_one_that_counts() -> None:
    early = replace(CONFERENCE, date=DAYS[0])

    assert stage_of([*REPORTS, early], DAYS, LAW, ratio_met=False).stage is Stage.AGAIN_TRUANT


def test_a_chronic_truant_is_one_whose_district_took_every_step() -> None:
    standing = stage_of(WHOLE_LADDER, DAYS, LAW, ratio_met=True)

    assert standing.stage is Stage.CHRONIC_TRUANT
    assert standing.missing == ()
    assert standing.may_be_called_chronic_truant


def test_with_the_whole_ladder_but_under_ten_per_cent_nobody_is_a_chronic_truant() -> None:
    assert stage_of(WHOLE_LADDER, DAYS, LAW, ratio_met=False).stage is Stage.HABITUAL_TRUANT


@pytest.mark.parametrize(
    ("left_out", "section"),
    [
        (NOTICE, "48260.5"),
        (REPORTS[2], "48262"),
        (CONFERENCE, "48262"),
        (REFERRAL, "48263"),
        (COMPLAINT, "48291"),
    ],
)
def test_without_one_step_nobody_is_a_chronic_truant(left_out: LadderStep, section: str) -> None:
    standing = stage_of([s for s in WHOLE_LADDER if s != left_out], DAYS, LAW, ratio_met=True)

    assert not standing.may_be_called_chronic_truant
    assert section in standing.missing


@pytest.mark.parametrize("place", range(len(WHOLE_LADDER)))
def test_a_step_that_nobody_can_show_is_not_documented(place: int) -> None:
    steps = list(WHOLE_LADDER)
    steps[place] = replace(steps[place], proof=" ")

    assert not stage_of(steps, DAYS, LAW, ratio_met=True).may_be_called_chronic_truant


def test_a_section_that_nobody_knows_how_to_document_is_missing() -> None:
    stricter = replace(LAW, chronic_sections=(*LAW.chronic_sections, "48299"))

    assert stage_of(WHOLE_LADDER, DAYS, stricter, ratio_met=True).missing == ("48299",)


def test_the_fourth_report_of_the_district_itself_may_lead_to_the_juvenile_court() -> None:
    fourth = told(Step.REPORT, "48261", DAYS[8])

    assert not stage_of(REPORTS, DAYS, LAW, ratio_met=False).may_go_to_juvenile_court
    assert stage_of([*REPORTS, fourth], DAYS, LAW, ratio_met=False).may_go_to_juvenile_court


@pytest.mark.parametrize("step", [s for s in Step if s is not Step.REPORT])
def test_nothing_but_a_report_can_be_derived(step: Step) -> None:
    with pytest.raises(ValueError, match="derived"):
        LadderStep(step=step, section="48262", date=DAYS[0], is_derived=True)


def test_an_explanation_carries_no_proof_text() -> None:
    explained = explain_ladder(stage_of(WHOLE_LADDER, DAYS, LAW, ratio_met=True))

    assert explained["stage"] == "chronic_truant"
    assert "ledger" not in repr(explained)


steps = st.lists(
    st.builds(
        told,
        st.sampled_from(list(Step)),
        st.sampled_from(["48260", "48260.5", "48261", "48262", "48263", "48291"]),
        st.sampled_from(DAYS),
        st.sampled_from(["", "ledger"]),
    ),
    max_size=12,
)
ORDER = list(Stage)


@given(told_steps=steps, occasions=st.sets(st.sampled_from(DAYS)), ratio=st.booleans())
def test_one_more_step_told_never_takes_a_student_down_the_ladder(
    told_steps: list[LadderStep], occasions: set[date], ratio: bool
) -> None:
    known = [REPORTS[0], *told_steps]
    before = stage_of(known[:-1] or known, sorted(occasions), LAW, ratio_met=ratio)
    after = stage_of(known, sorted(occasions), LAW, ratio_met=ratio)

    assert ORDER.index(after.stage) >= ORDER.index(before.stage)


@given(told_steps=steps, occasions=st.sets(st.sampled_from(DAYS)), ratio=st.booleans())
def test_the_order_in_which_steps_are_told_does_not_matter(
    told_steps: list[LadderStep], occasions: set[date], ratio: bool
) -> None:
    one = stage_of(told_steps, sorted(occasions), LAW, ratio_met=ratio)

    assert one == stage_of(told_steps[::-1], sorted(occasions, reverse=True), LAW, ratio_met=ratio)


@given(told_steps=steps)
def test_only_with_ten_per_cent_and_nothing_missing_a_letter_may_say_chronic_truant(
    told_steps: list[LadderStep],
) -> None:
    standing = stage_of(told_steps, DAYS, LAW, ratio_met=True)

    assert standing.may_be_called_chronic_truant == (not standing.missing)
    assert not stage_of(told_steps, DAYS, LAW, ratio_met=False).may_be_called_chronic_truant
