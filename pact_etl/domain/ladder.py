"""The ladder: reports to the attendance supervisor and notices to the family, kept apart, and how far up a student is.

A *report* (EC 48260, 48261) goes to the attendance supervisor or superintendent; a *notice* (48260.5) goes to the
family. The statutes count reports. A district that keeps its own ladder is believed; of any other, reports are derived
from the days of truancy and marked as derived. A derived report documents nothing: with it alone nobody is a chronic
truant, however many days were missed.

How many days were missed is counted elsewhere; who is invited to PACT is `truancy`'s and the county's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pact_etl.domain.policy import LadderLaw


class Step(StrEnum):
    """What a district did about a student. Stored by value."""

    REPORT = "report"  # to the attendance supervisor or superintendent, EC 48260 and 48261
    FAMILY_NOTICE = "family_notice"  # EC 48260.5
    CONFERENCE_EFFORT = "conference_effort"  # at least one attempt, EC 48262
    REVIEW_BOARD_REFERRAL = "review_board_referral"  # family told in writing, EC 48263
    COMPLAINT_INVESTIGATED = "complaint_investigated"  # EC 48290 and 48291


class Channel(StrEnum):
    """How a step reached whom it was for. Stored by value."""

    MAIL = "mail"
    CERTIFIED_MAIL = "certified_mail"
    EMAIL = "email"
    PHONE = "phone"
    IN_PERSON = "in_person"
    SYSTEM = "system"  # inside the district's own records


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderStep:
    """One step of one student.

    Attributes:
        section: section of the Education Code that the step was taken under, such as `48260.5`.
        proof: where the district can show it, in its own words; empty where it named nothing.
        is_derived: worked out here from days of truancy, not told by the district.
    """

    step: Step
    date: date
    section: str
    channel: Channel | None = None
    proof: str = ""
    is_derived: bool = False

    def __post_init__(self) -> None:
        """Nobody can derive that a family was written to or called."""
        if self.is_derived and self.step is not Step.REPORT:
            raise ValueError("only a report can be derived")

    @property
    def is_documented(self) -> bool:
        """Told by the district, and the district says where it can be seen."""
        return not self.is_derived and bool(self.proof.strip())


class Stage(StrEnum):
    """How far up the ladder a student is in one school year and district."""

    NONE = "none"
    TRUANT = "truant"  # EC 48260
    AGAIN_TRUANT = "again_truant"  # EC 48261
    HABITUAL_TRUANT = "habitual_truant"  # EC 48262
    CHRONIC_TRUANT = "chronic_truant"  # EC 48263.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a student stands, and on what.

    Attributes:
        steps: oldest first; derived reports among them only where the district tells of no step at all.
        is_derived: the stage rests on a report that was derived.
        ratio_met: ten per cent of the schooldays were missed without excuse, whatever the ladder.
        missing: sections of EC 48263.6 that the district has not documented.
        may_go_to_juvenile_court: enough reports that the district made itself (WIC 601(b), In re A.N.).
    """

    stage: Stage
    steps: tuple[LadderStep, ...]
    is_derived: bool
    ratio_met: bool
    missing: tuple[str, ...]
    may_go_to_juvenile_court: bool

    @property
    def reports(self) -> tuple[LadderStep, ...]:
        """Reports, oldest first."""
        return tuple(s for s in self.steps if s.step is Step.REPORT)

    @property
    def may_be_called_chronic_truant(self) -> bool:
        """Whether a letter may use the statute's words; without the ladder the student is a PACT candidate at most."""
        return self.stage is Stage.CHRONIC_TRUANT


def derive_reports(occasions: Sequence[date], law: LadderLaw) -> tuple[LadderStep, ...]:
    """The reports that days of truancy call for, one on the day that makes a truant and one for each further day.

    EC 48261 also speaks of a tardiness of any length after the first report. That part is known from memory only, so a
    further day is an occasion here, which errs towards the family.

    Args:
        occasions: days of one school year in one district that count under EC 48260(a).
        law: of the date.
    """
    days = sorted(set(occasions))
    first = law.truant_occasions - 1
    made = days[first :: law.further_days]
    return tuple(
        LadderStep(
            step=Step.REPORT,
            date=day,
            section="48261" if place else "48260",
            channel=Channel.SYSTEM,
            is_derived=True,
        )
        for place, day in enumerate(made)
    )


def stage_of(
    steps: Sequence[LadderStep], occasions: Sequence[date], law: LadderLaw, *, ratio_met: bool
) -> Standing:
    """Where a student stands.

    Args:
        steps: what the district told of the student in the school year; none where it keeps no ladder.
        occasions: days that count under EC 48260(a), in the same year and district.
        law: of the date.
        ratio_met: whether ten per cent of the schooldays were missed without excuse (`truancy.meets_ratio`).
    """
    told = tuple(sorted(steps, key=lambda s: (s.date, s.step, s.section, s.proof, s.channel or "")))
    used = told or derive_reports(occasions, law)
    reports = [s for s in used if s.step is Step.REPORT]
    missing = tuple(s for s in law.chronic_sections if not _is_documented(s, told, law))
    if ratio_met and not missing:
        stage = Stage.CHRONIC_TRUANT
    elif len(reports) >= law.habitual_reports and _efforts(told, reports) >= law.conference_efforts:
        stage = Stage.HABITUAL_TRUANT
    elif len(reports) > 1:
        stage = Stage.AGAIN_TRUANT
    else:
        stage = Stage.TRUANT if reports else Stage.NONE
    return Standing(
        stage=stage,
        steps=used,
        is_derived=any(s.is_derived for s in reports),
        ratio_met=ratio_met,
        missing=missing,
        may_go_to_juvenile_court=sum(not s.is_derived for s in reports) >= law.court_reports,
    )


def _efforts(told: Sequence[LadderStep], reports: Sequence[LadderStep]) -> int:
    """Efforts to hold a conference after a report was made (EC 48262); only the district can tell of one."""
    first = min(s.date for s in reports)
    return sum(s.step is Step.CONFERENCE_EFFORT and s.date >= first for s in told)


def _is_documented(section: str, told: Sequence[LadderStep], law: LadderLaw) -> bool:
    """Whether the district documents that it complied with a section that EC 48263.6 names."""
    proven = [s for s in told if s.is_documented]
    reports = [s for s in proven if s.step is Step.REPORT]
    done = {step for step in Step if any(s.step is step for s in proven)}
    if section == "48262":
        enough = len(reports) >= law.habitual_reports
        return enough and _efforts(proven, reports) >= law.conference_efforts
    asked = {
        "48260": bool(reports),
        "48260.5": Step.FAMILY_NOTICE in done,
        "48261": len(reports) > 1,
        "48263": Step.REVIEW_BOARD_REFERRAL in done,
        "48291": Step.COMPLAINT_INVESTIGATED in done,
    }
    # A section nobody here knows how to document is never taken for documented.
    return asked.get(section, False)


def explain_ladder(standing: Standing) -> dict[str, object]:
    """A standing as JSON-safe words, for showing why: dates and sections, no proof text."""
    return {
        "stage": standing.stage.value,
        "is_derived": standing.is_derived,
        "ratio_met": standing.ratio_met,
        "not_documented": list(standing.missing),
        "may_be_called_chronic_truant": standing.may_be_called_chronic_truant,
        "may_go_to_juvenile_court": standing.may_go_to_juvenile_court,
        "steps": [
            {
                "step": one.step.value,
                "date": one.date.isoformat(),
                "section": one.section,
                "channel": one.channel.value if one.channel else None,
                "documented": one.is_documented,
                "derived": one.is_derived,
            }
            for one in standing.steps
        ],
    }
