"""The county's own policy and identity as values: thresholds, meetings, sender, gates, costs.

Read from `config/county.yaml` by `pact_etl.districts`. Statute is not here; see `pact_etl/law`.
"""

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from pact_etl.domain.back_report_schedule import BackReportSchedule
from pact_etl.domain.disclosure import Disclosure
from pact_etl.domain.errors import SettingsError
from pact_etl.domain.follow_up import FollowUpRules
from pact_etl.domain.intelligent_mail import MailerIdentity
from pact_etl.domain.letter import MeetingInvitation, Sender
from pact_etl.domain.policy import Choice, Counting, DaysThreshold, PactThreshold
from pact_etl.domain.reasons import AFTER_MAILING, FOLLOW_UP_HOLDS, HOLDS, SERVED_NOTICES, Reason
from pact_etl.domain.retention import RecordClass
from pact_etl.domain.served_notice import ServedNoticeRules
from pact_etl.domain.suppression import RoutingRules
from pact_etl.domain.timers import Timer
from pact_etl.domain.vendor import Vendor
from pact_etl.domain.vetting import Review, Unvetted
from pact_etl.domain.void_brake import VoidBrake
from pact_etl.domain.volume import UsualVolume, VolumeBrake


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One PACT evening."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    slug: str
    date: date
    starts: time
    ends: time
    place: str
    street: str
    city: str
    rooms: dict[str, str] = field(default_factory=dict)
    parking: dict[str, str] = field(default_factory=dict)
    childcare: dict[str, str] = field(default_factory=dict)
    interpreter: dict[str, str] = field(default_factory=dict)

    def invitation(self) -> MeetingInvitation:
        """The meeting as a letter prints it."""
        return MeetingInvitation(
            date=self.date,
            starts=self.starts,
            ends=self.ends,
            place=self.place,
            street=self.street,
            city=self.city,
            rooms=self.rooms,
            parking=self.parking,
            childcare=self.childcare,
            interpreter=self.interpreter,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenAsDelivered:
    """After how many calendar days without a return a mailed letter counts as delivered, by the day of mailing."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    from_: date
    days: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproversNeeded:
    """Who must say yes to a batch, from one night on.

    Attributes:
        count: how many different persons, 1 or 2.
        why: who says so.
        persons: the only ones who may answer, as Airflow names its users; empty for everybody whom Airflow lets answer.
        reason_for_yes: whether a yes needs a reason too.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    from_: date
    count: int
    why: str
    persons: list[str] = field(default_factory=list)
    reason_for_yes: bool = False

    def __post_init__(self) -> None:
        """Refuse what the question cannot ask."""
        if self.count not in {1, 2}:
            raise ValueError("one or two approvers, no other number")
        if self.persons and len({name.strip().lower() for name in self.persons}) < self.count:
            raise ValueError("fewer persons are named than must approve")


ONE_APPROVER = ApproversNeeded(from_=date.min, count=1, why="where the county says nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """When letters may leave and in which languages."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    lead_days: int  # calendar days between the night and the meeting, at least
    last_mailing_dates: dict[str, date]  # by school year: no invitation after it
    cooldown_weeks: int  # between one mailed invitation of a student and the next
    languages: list[str]  # languages to mail in, once somebody has vetted the words
    dispute_days: int  # calendar days before the meeting by which a record should be disputed
    usual_volume: UsualVolume
    void_brake: list[VoidBrake]
    unvetted: Unvetted = Unvetted.HOLD
    reviews: list[Review] = field(default_factory=list)
    intelligent_mail: list[MailerIdentity] = field(default_factory=list)
    taken_as_delivered: list[TakenAsDelivered] = field(default_factory=list)
    approvers_needed: list[ApproversNeeded] = field(default_factory=list)

    def approvers_on(self, night: date) -> ApproversNeeded:
        """Who must say yes to the letters of a night."""
        in_force = [one for one in self.approvers_needed if one.from_ <= night]
        return max(in_force, key=lambda one: one.from_, default=ONE_APPROVER)

    def identity_on(self, day: date) -> MailerIdentity | None:
        """Who the county is to the post office on a day; None where no barcode may be printed."""
        in_force = [one for one in self.intelligent_mail if one.from_ <= day]
        return max(in_force, key=lambda one: one.from_, default=None)

    def void_brake_on(self, day: date) -> VoidBrake:
        """How many letters of a district may become void at once on a day.

        Raises:
            SettingsError: the county has not said for that day.
        """
        in_force = [one for one in self.void_brake if one.from_ <= day]
        if not in_force:
            raise SettingsError(f"county.yaml: no void_brake in force on {day}")
        return max(in_force, key=lambda one: one.from_)

    def delivered_on(self, mailed_on: date) -> date | None:
        """From when on a letter that has not come back counts as delivered; None where silence says nothing."""
        in_force = [one for one in self.taken_as_delivered if one.from_ <= mailed_on]
        rule = max(in_force, key=lambda one: one.from_, default=None)
        return None if rule is None else mailed_on + timedelta(days=rule.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffDuty:
    """Who works on a hold or on a letter that is out, for how many calendar days, and why so."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    owner: str
    due_days: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """Whose work each hold is, and what happens to a letter that is out, from one day on; names every one there is."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    from_: date
    holds: dict[Reason, StaffDuty]

    def __post_init__(self) -> None:
        """Refuse duties that leave work to nobody.

        Raises:
            ValueError: names the reasons.
        """
        all_work = HOLDS | AFTER_MAILING | FOLLOW_UP_HOLDS | SERVED_NOTICES
        if missing := sorted(all_work - set(self.holds)):
            raise ValueError(f"nobody's work: {', '.join(missing)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one letter costs, in US dollars; staff time is per letter, meetings are not in it."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    from_: date
    postage: float
    sheet: float
    envelope: float
    staff: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings:
    """Who the reminder emails come from."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    sender_address: str
    sender_name: str
    unsubscribe_group: int
    reminder_days: list[int]  # days before the meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long the county keeps what, within what the law allows (`pact_etl/law/retention.yaml`).

    Attributes:
        months: of each class, after the school year that a record speaks of.
        max_days_after_newest_night: a purge for a later date than this is refused, for it is a date mistyped.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    months: dict[RecordClass, int]
    max_days_after_newest_night: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackReports:
    """What the county takes for a referral that EC 48297 speaks of.

    Attributes:
        invitations_are_referrals: whether a student who was written to counts as referred by the district.
        schedule: when districts are told by the program itself; empty, and every report is made by hand.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    invitations_are_referrals: Choice
    schedule: list[BackReportSchedule] = field(default_factory=list)

    def schedule_on(self, day: date) -> BackReportSchedule | None:
        """The schedule in force on a day, or None where reports are made by hand."""
        in_force = [one for one in self.schedule if one.from_ <= day]
        return max(in_force, key=lambda one: one.from_, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """Everything one county decides for itself."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    slug: str
    name: str
    time_zone: str
    sender: Sender
    thresholds: list[PactThreshold | DaysThreshold]
    counting: list[Counting]
    timers: list[Timer]
    mailing: Mailing
    meetings: list[Meeting]
    routing: list[RoutingRules]
    duties: list[Duties]
    gates: dict[str, float]
    volume_brake: VolumeBrake
    vendor: Vendor
    costs: list[Costs]
    emails: EmailSettings
    disclosures: list[Disclosure]
    retention: Retention
    back_reports: BackReports
    follow_ups: list[FollowUpRules] = field(default_factory=list)
    served_notices: list[ServedNoticeRules] = field(default_factory=list)

    def may_still_invite(self, meeting: str, night: date) -> bool:
        """Whether a letter with a night's record may still ask to an evening, by its slug.

        Not to one that the county no longer names, nor so late that the letter's own day for disputing the record is
        past: approved letters can have waited for long.
        """
        evening = next((one.date for one in self.meetings if one.slug == meeting), None)
        return evening is not None and night < evening - timedelta(days=self.mailing.dispute_days)

    def threshold_on(self, day: date) -> PactThreshold | DaysThreshold:
        """The invitation threshold in force on a day.

        Raises:
            SettingsError: the county has not set one for that day.
        """
        in_force = [t for t in self.thresholds if t.from_ <= day]
        if not in_force:
            raise SettingsError(f"county.yaml: no threshold in force on {day}")
        return max(in_force, key=lambda t: t.from_)

    def counting_on(self, day: date) -> Counting:
        """How the county counts on a day where the statutes leave it open.

        Raises:
            SettingsError: the county has not said for that day.
        """
        in_force = [c for c in self.counting if c.from_ <= day]
        if not in_force:
            raise SettingsError(f"county.yaml: no counting in force on {day}")
        return max(in_force, key=lambda c: c.from_)

    def routing_on(self, day: date) -> RoutingRules:
        """The rules for holding letters in force on a day.

        Raises:
            SettingsError: the county has not set any for that day.
        """
        in_force = [r for r in self.routing if r.from_ <= day]
        if not in_force:
            raise SettingsError(f"county.yaml: no routing in force on {day}")
        return max(in_force, key=lambda r: r.from_)

    def follow_ups_on(self, day: date) -> FollowUpRules | None:
        """Which letters follow an evening, by the rules in force on a day; None where none do."""
        in_force = [r for r in self.follow_ups if r.from_ <= day]
        return max(in_force, key=lambda r: r.from_, default=None)

    def served_notices_on(self, day: date) -> ServedNoticeRules | None:
        """What the county says of notices of a meeting on a day; None where it has not said, and none is made."""
        in_force = [r for r in self.served_notices if r.from_ <= day]
        return max(in_force, key=lambda r: r.from_, default=None)

    def duty_on(self, reason: Reason, day: date) -> tuple[str, date]:
        """Who works on a hold, or on a letter that is out, that began on a day, and until when.

        Raises:
            SettingsError: the county has not set any duties for that day.
        """
        in_force = [d for d in self.duties if d.from_ <= day]
        if not in_force:
            raise SettingsError(f"county.yaml: no duties in force on {day}")
        duty = max(in_force, key=lambda d: d.from_).holds[reason]
        return duty.owner, day + timedelta(days=duty.due_days)

    def costs_on(self, day: date) -> Costs:
        """The cost figures in force on a day.

        Raises:
            SettingsError: the county has not set any for that day.
        """
        in_force = [c for c in self.costs if c.from_ <= day]
        if not in_force:
            raise SettingsError(f"county.yaml: no costs in force on {day}")
        return max(in_force, key=lambda c: c.from_)
