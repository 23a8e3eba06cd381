"""A notice of a meeting: which days are in time, what forbids it, and who counts as served."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.case import Party, Way
from pact_etl.domain.ladder import LadderStep, Step
from pact_etl.domain.letter import MeetingInvitation
from pact_etl.domain.notice import UnfitEvent
from pact_etl.domain.served_notice import (
    OPEN,
    SERVED_NOTICE,
    Evening,
    NoticeEvent,
    NoticeStatus,
    Refusal,
    Request,
    ServedNoticeRules,
    after_refusal,
    dispute_by,
    judge,
)
from pact_etl.domain.service import Manner, Service, service_state
from tests.policies import STATUTES

TODAY = date(2026, 10, 5)
LAW = STATUTES.service_on(TODAY)
DAY = timedelta(days=1)
RULES = ServedNoticeRules(from_=date(2026, 7, 1), county_review_board=True, why="a test")
MEETING = MeetingInvitation(
    date=TODAY + 5 * DAY,
    starts=time(9),
    ends=time(10),
    place="Room 4",
    street="901 G St",
    city="Sacramento CA 95814",
)
REQUEST = Request(
    way=Way.DA_MEETING,
    referred_by=Party.PROBATION,
    referred_on=TODAY,
    is_retracted=False,
    is_ended=False,
    is_open=True,
    meeting=MEETING,
    meeting_set=None,
    ladder=(),
    boarded=False,
    stands=True,
)


def refused(
    request: Request = REQUEST, rules: ServedNoticeRules | None = RULES, as_of: date = TODAY
) -> tuple[str, ...]:
    return judge(request, LAW, rules, LAW, as_of).refusals


def told(step: Step, day: date = TODAY, proof: str = "copy kept") -> LadderStep:
    return LadderStep(step=step, date=day, section="48260.5", proof=proof)


def service(person: int, on: date, number: int, how: Manner = Manner.PERSONAL) -> Service:
    return Service(id=number, person=person, how=how, on=on)


def test_five_days_before_the_meeting_is_the_last_day() -> None:
    assert LAW.last_day(date(2026, 10, 20)) == date(2026, 10, 15)
    assert LAW.last_day(date(2027, 3, 4)) == date(2027, 2, 27)


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (-1, ("meeting_past",)),
        (0, ("meeting_past",)),
        (1, ("too_late_to_serve",)),
        (4, ("too_late_to_serve",)),
        (5, ()),
    ],
)
def test_a_notice_that_cannot_be_served_in_time_is_refused(
    days: int, code: tuple[str, ...]
) -> None:
    meeting = replace(MEETING, date=TODAY + days * DAY)

    assert refused(replace(REQUEST, meeting=meeting)) == code


def test_who_may_name_a_truant_depends_on_the_county_having_a_board() -> None:
    alone = replace(RULES, county_review_board=False)
    district = replace(REQUEST, referred_by=Party.DISTRICT, ladder=(told(Step.FAMILY_NOTICE),))

    assert refused(district) == (Refusal.REFERRER_MAY_NOT_NOTIFY,)
    assert refused(district, alone) == ()
    assert refused(REQUEST, alone) == (Refusal.REFERRER_MAY_NOT_NOTIFY,)
    assert refused(REQUEST, None) == (Refusal.REFERRAL_AUTHORITY_UNKNOWN,)


@pytest.mark.parametrize(
    ("step", "is_enough"),
    [
        (told(Step.REVIEW_BOARD_REFERRAL), True),
        (told(Step.REVIEW_BOARD_REFERRAL, TODAY + DAY), False),
        (told(Step.REVIEW_BOARD_REFERRAL, proof=""), False),
        (told(Step.FAMILY_NOTICE), False),
    ],
)
def test_a_step_counts_that_lies_before_the_referral_and_can_be_shown(
    step: LadderStep, is_enough: bool
) -> None:
    request = replace(REQUEST, referred_by=Party.REVIEW_BOARD, ladder=(step,))
    judged = judge(request, LAW, RULES, LAW, TODAY)

    assert judged.refusals == (() if is_enough else (Refusal.LADDER_INCOMPLETE,))
    assert judged.missing == (() if is_enough else (Step.REVIEW_BOARD_REFERRAL,))
    assert refused(replace(request, ladder=(), boarded=True)) == ()


def test_a_county_can_ask_for_more_steps() -> None:
    more = replace(RULES, after=[Step.CONFERENCE_EFFORT])

    assert judge(REQUEST, LAW, more, LAW, TODAY).missing == (Step.CONFERENCE_EFFORT,)


@pytest.mark.parametrize(
    ("evening", "clashes"),
    [
        (Evening(day=MEETING.date, starts=time(18), ends=time(20), place="room 4 "), True),
        (Evening(day=MEETING.date, starts=time(9, 30), ends=time(11), place="Hall"), True),
        (Evening(day=MEETING.date, starts=time(10), ends=time(11), place="Hall"), False),
        (Evening(day=MEETING.date + DAY, starts=time(9), ends=time(10), place="Room 4"), False),
    ],
)
def test_an_evening_of_the_program_is_no_such_meeting(evening: Evening, clashes: bool) -> None:
    found = refused(replace(REQUEST, evenings=[evening]))

    assert (Refusal.MEETING_IS_PACT_EVENING in found) is clashes


def test_days_that_have_run_do_not_undo_a_notice_that_is_out() -> None:
    late = judge(REQUEST, LAW, RULES, LAW, TODAY + DAY)
    undone = judge(replace(REQUEST, stands=False), LAW, RULES, LAW, TODAY + DAY)

    assert (late.refusals, late.undoing) == ((Refusal.TOO_LATE_TO_SERVE,), ())
    assert undone.undoing == (Refusal.FINDING_NOT_STANDING,)
    assert after_refusal(late.refusals) is NoticeEvent.EXPIRE
    assert after_refusal(undone.refusals) is NoticeEvent.WITHDRAW


def test_the_record_can_be_disputed_after_the_last_day_to_serve() -> None:
    meeting = date(2026, 10, 20)

    assert dispute_by(meeting, 4, LAW) == date(2026, 10, 16)
    assert dispute_by(meeting, 10, LAW) == date(2026, 10, 19)


def test_what_is_over_stays_over_and_what_is_issued_is_not_held_or_expired() -> None:
    over = set(NoticeStatus) - OPEN - {NoticeStatus.ASKED}

    assert all(SERVED_NOTICE.is_final(status) for status in over)
    for event in (NoticeEvent.HOLD, NoticeEvent.EXPIRE, NoticeEvent.PREPARE, NoticeEvent.ISSUE):
        assert isinstance(SERVED_NOTICE.advance(NoticeStatus.ISSUED, event), UnfitEvent)
    assert isinstance(SERVED_NOTICE.advance(NoticeStatus.HELD, NoticeEvent.ISSUE), UnfitEvent)


def test_the_last_person_in_time_is_the_day_of_the_notice() -> None:
    mail = service(2, TODAY, 2, Manner.CERTIFIED_MAIL)
    entries = [service(1, TODAY - DAY, 1), mail]

    assert service_state([1, 2], entries, TODAY).given == (TODAY, Way.CERTIFIED_MAIL)
    assert service_state([1, 2, 3], entries, TODAY).given is None
    assert service_state([1, 2, 3], entries, TODAY).word == "served_in_part"
    late = service_state([1, 2], entries, TODAY - DAY)
    assert (late.word, late.in_time, late.too_late) == ("served_too_late", (1,), (2,))


def test_an_entry_that_was_taken_back_serves_nobody() -> None:
    back = Service(id=2, person=1, how=None, on=None, retracts=1)

    assert service_state([1], [service(1, TODAY, 1), back], TODAY).word == "not_served"
    assert service_state([1], [service(1, TODAY, 1), back, service(1, TODAY, 3)], TODAY).given


@given(
    days=st.lists(st.tuples(st.integers(1, 3), st.integers(-3, 3)), max_size=8),
    taken=st.sets(st.integers(1, 8)),
)
def test_a_notice_is_given_only_when_each_person_was_served_in_time(
    days: list[tuple[int, int]], taken: set[int]
) -> None:
    entries = [service(p, TODAY + n * DAY, i) for i, (p, n) in enumerate(days, start=1)]
    back = [
        Service(id=100 + one.id, person=one.person, how=None, on=None, retracts=one.id)
        for one in entries
        if one.id in taken
    ]
    state = service_state([1, 2, 3], [*entries, *back], TODAY)

    kept = {p for i, (p, n) in enumerate(days, start=1) if n <= 0 and i not in taken}
    assert (state.given is not None) == (kept == {1, 2, 3})
    assert sorted((*state.in_time, *state.too_late, *state.unserved)) == [1, 2, 3]
