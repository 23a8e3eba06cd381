"""A case: which entries there are, which stand, when it is closed, and what is due."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.back_report import COLUMNS, Act, invitation_back, referrals_back, rows_of
from pact_etl.domain.case import (
    FORMS,
    Entry,
    Kind,
    Party,
    Result,
    Way,
    check_entry,
    closing_of,
    standing_entries,
)
from pact_etl.domain.case_deadlines import FULFILLED_BY, CaseFacts, Told, deadlines
from pact_etl.domain.errors import UsageError
from tests.policies import COUNTY, STATUTES

DAY = date(2026, 11, 20)
TIMERS = [*COUNTY.timers, *STATUTES.timers_on(DAY)]
DAYS = st.dates(date(2026, 7, 1), date(2027, 6, 30))


def entry(kind: Kind, number: int, day: date = DAY, **more: object) -> Entry:
    values = {"as_of": day, "entered_by": "dana"} | more
    return Entry(kind=kind, id=number, day=day, **values)  # type: ignore[arg-type]


def referral(number: int = 1, day: date = DAY, **more: object) -> Entry:
    values = {"way": Way.DA_MEETING, "whom": Party.DISTRICT} | more
    return entry(Kind.REFERRAL, number, day, **values)


def facts(*entries: Entry, **more: object) -> CaseFacts:
    return CaseFacts(case_id=1, district="oak-grove", entries=entries, **more)  # type: ignore[arg-type]


def test_every_kind_of_entry_has_a_form_and_every_form_can_be_filled() -> None:
    assert set(FORMS) == set(Kind)
    for kind, form in FORMS.items():
        filled = entry(
            kind,
            0,
            way=min(form.ways, default=None),
            whom=min(form.parties, default=None),
            result=min(form.results, default=None),
        )
        check_entry(filled, None if form.stands_alone else min(form.about), DAY)


@given(
    kind=st.sampled_from(Kind),
    way=st.none() | st.sampled_from(Way),
    whom=st.none() | st.sampled_from(Party),
    result=st.none() | st.sampled_from(Result),
    about=st.none() | st.sampled_from(Kind),
)
def test_an_entry_is_taken_exactly_where_its_form_has_its_values(
    kind: Kind, way: Way | None, whom: Party | None, result: Result | None, about: Kind | None
) -> None:
    form = FORMS[kind]
    fits = (
        (way in form.ways if form.ways else way is None)
        and (whom in form.parties if form.parties else whom is None)
        and (result in form.results if form.results else result is None)
        and (about in form.about if about is not None else form.stands_alone)
    )
    said = entry(kind, 0, way=way, whom=whom, result=result)

    if fits:
        check_entry(said, about, DAY)
    else:
        with pytest.raises(UsageError):
            check_entry(said, about, DAY)


def test_only_a_meeting_may_lie_ahead() -> None:
    ahead = DAY + timedelta(days=9)
    check_entry(entry(Kind.MEETING_SET, 0, ahead), Kind.REFERRAL, DAY)

    with pytest.raises(UsageError, match="lies after"):
        check_entry(entry(Kind.MEETING, 0, ahead, result=Result.ATTENDED), Kind.REFERRAL, DAY)


def test_a_code_never_speaks_of_offences_courts_or_sentences() -> None:
    words = {value for kinds in (Kind, Way, Party, Result) for value in kinds}

    assert not [w for w in words for bad in ("court", "offen", "crim", "jail", "fine") if bad in w]


def test_with_a_referral_everything_about_it_is_taken_back() -> None:
    met = entry(Kind.MEETING, 2, about=1, result=Result.ATTENDED)
    alone = entry(Kind.SERVICES, 3, result=Result.ACCEPTED)
    taken = entry(Kind.RETRACTION, 4, about=1, result=Result.WRONG_STUDENT)

    assert standing_entries([referral(), met, alone, taken]) == (alone,)


@given(closed=DAYS, found=st.none() | DAYS)
def test_a_case_is_closed_until_a_later_finding_opens_it(closed: date, found: date | None) -> None:
    closing = entry(Kind.CLOSING, 1, closed, result=Result.YEAR_OVER)

    assert (closing_of([closing], found) is None) == (found is not None and found > closed)
    assert closing_of([], found) is None


def test_every_timer_that_a_case_can_set_can_be_met() -> None:
    settable = {"became_truant", "review_board_meeting", "da_meeting", "referral_ended"}

    assert {t.name for t in TIMERS if t.event in settable} == set(FULFILLED_BY)


def test_a_notice_of_the_first_date_is_none_of_the_new_one() -> None:
    meeting = DAY + timedelta(days=20)
    entries = [
        referral(),
        entry(Kind.MEETING_SET, 2, meeting, about=1),
        entry(Kind.NOTICE_GIVEN, 3, about=1, way=Way.IN_PERSON),
    ]
    moved = entry(Kind.MEETING_SET, 4, meeting + timedelta(days=7), about=1)

    [served] = deadlines(facts(*entries), TIMERS)
    [again] = deadlines(facts(*entries, moved), TIMERS)

    assert (served.on, served.done_on) == (meeting - timedelta(days=5), DAY)
    assert (again.on, again.done_on) == (served.on + timedelta(days=7), None)
    assert again.subject == 1


@given(
    entered=st.integers(0, 60),
    first=st.integers(0, 60),
    length=st.integers(0, 60),
    agency=st.sampled_from([Party.DISTRICT, Party.PROBATION]),
)
def test_an_outcome_is_told_by_a_report_to_its_agency_about_the_day_it_was_entered(
    entered: int, first: int, length: int, agency: Party
) -> None:
    def on(days: int) -> date:
        return DAY + timedelta(days=days)

    ended = entry(Kind.REFERRAL_ENDED, 2, about=1, result=Result.RESOLVED, as_of=on(entered))
    told = Told(agency=agency, first=on(first), last=on(first + length), on=on(200))
    [deadline] = deadlines(facts(referral(), ended, told=(told,)), TIMERS)

    is_in = agency is Party.DISTRICT and first <= entered <= first + length
    assert (deadline.done_on is not None) == is_in
    reported = referrals_back(1, [referral(), ended], agency, told.first, told.last)
    assert not is_in or reported


def test_a_team_of_the_districts_own_is_not_reported_back_to_it() -> None:
    own = referral(way=Way.REVIEW_TEAM)

    assert referrals_back(1, [own], Party.DISTRICT, DAY, DAY) == []
    assert deadlines(facts(own), TIMERS) == ()


@given(
    days=st.lists(st.integers(0, 30), min_size=1, max_size=8),
    cut=st.integers(0, 31),
)
def test_two_reports_that_follow_each_other_leave_no_entry_out(days: list[int], cut: int) -> None:
    entries = [referral(as_of=DAY)] + [
        entry(
            Kind.AGREEMENT,
            n + 2,
            about=1,
            result=Result.KEPT,
            as_of=DAY + timedelta(days=after),
        )
        for n, after in enumerate(days)
    ]
    middle, end = DAY + timedelta(days=cut), DAY + timedelta(days=31)
    told = set()
    for first, last in ((DAY, middle), (middle + timedelta(days=1), end)):
        known = [e for e in entries if e.as_of <= last]
        for one in referrals_back(1, known, Party.DISTRICT, first, last):
            told |= {act.entered_on for act in one.acts}

    assert told == {e.as_of for e in entries[1:]}


def test_an_invitation_of_which_no_letter_was_mailed_refers_nobody() -> None:
    met = entry(Kind.MEETING, 1, result=Result.ATTENDED)

    assert invitation_back(1, [met], [], DAY, DAY, DAY) == []
    mailed = Act(action="letter_mailed", day=DAY, entered_on=DAY)
    [one] = invitation_back(1, [met], [mailed], DAY, DAY, DAY)
    rows = rows_of([one], {1: "01"}, {(1, None): "C1"})
    assert [row["action"] for row in rows] == ["letter_mailed", "meeting"]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert {row["local_id"] for row in rows_of([one], {}, {(1, None): "C1"})} == {""}
