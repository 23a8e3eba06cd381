"""Notices of a meeting with the District Attorney: prepared, issued and served, what forbids it, and crashes."""

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from pact_etl.domain.access import Role
from pact_etl.domain.case import Entry, Kind, Party, Result, Way
from pact_etl.domain.county import ApproversNeeded
from pact_etl.domain.disclosure import Disclosure
from pact_etl.domain.errors import UsageError
from pact_etl.domain.letter import MeetingInvitation
from pact_etl.domain.served_notice import Withdrawal
from pact_etl.domain.service import Manner
from pact_etl.steps.case import enter, show
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.export import export_student
from pact_etl.steps.plan import plan
from pact_etl.steps.retain import retain
from pact_etl.steps.served_evidence import make_served_evidence
from pact_etl.steps.served_notice import prepare, withdraw
from pact_etl.steps.served_notice_issue import issue
from pact_etl.steps.served_notice_result import NoticeResult
from pact_etl.steps.served_notice_watch import watch
from pact_etl.steps.service import enter_service, retract_service
from pact_etl.steps.tasks import list_tasks
from pact_etl.wiring import Collaborators
from tests.factories import ladder, marks, record_submission, roster
from tests.integration.steps.letters import MISSED, NIGHT, excuse, one

pytestmark = pytest.mark.integration

MEETING = MeetingInvitation(
    date=NIGHT + timedelta(days=20),
    starts=time(9, 0),
    ends=time(10, 0),
    place="Room 4, Office of the District Attorney",
    street="901 G St",
    city="Sacramento CA 95814",
)
DAY = timedelta(days=1)
LAST_DAY = MEETING.date - 5 * DAY
RECEIPT = "9407 1000 0000 0000 0000 01"


def start(using: Collaborators, guardians: pd.DataFrame | None = None, **student: object) -> None:
    """Two students over the line on the newest night."""
    frames = roster(["01", "02"]) | {"marks": marks(dict.fromkeys(["01", "02"], MISSED))}
    frames["students"] = frames["students"].assign(**student)
    if guardians is not None:
        frames["guardians"] = guardians
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)


def adults(*changes: dict[str, object]) -> pd.DataFrame:
    """The first student's adults, one for each set of changes, and the second student's one."""
    [own, other] = roster(["01", "02"])["guardians"].to_dict("records")
    rows = [own | {"guardian_id": f"G{n}"} | change for n, change in enumerate(changes)]
    return pd.DataFrame([*rows, other])


def refer(using: Collaborators, student: str = "01", **changes: object) -> str:
    [case] = show(using, f"oak-grove:{student}", NIGHT)
    referral = Entry(
        kind=Kind.REFERRAL,
        day=NIGHT,
        way=Way.DA_MEETING,
        whom=Party.PROBATION,
        entered_by="dana",
    )
    made = enter(using, str(case["case"]), replace(referral, **changes), NIGHT)  # type: ignore[arg-type]
    return f"C{made.ids['case']}-{made.ids['entry']}"


def act(using: Collaborators, about: str, kind: Kind, **values: object) -> None:
    entry = Entry(kind=kind, entered_by="dana", **({"day": NIGHT} | values))  # type: ignore[arg-type]
    enter(using, about, entry, NIGHT)


def prepared(using: Collaborators, as_of: date = NIGHT, **changes: object) -> NoticeResult:
    return prepare(using, refer(using), replace(MEETING, **changes), as_of, "dana")  # type: ignore[arg-type]


def issued(using: Collaborators) -> None:
    prepared(using)
    assert issue(using, "N1001", NIGHT, "alex").status == "issued"


def serve(using: Collaborators, person: int, on: date) -> str:
    done = enter_service(using, "N1001", person, Manner.PERSONAL, on, on, "sam")
    return done.state.word


def files(using: Collaborators) -> dict[str, bytes]:
    root = using.settings.served
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def deadline(using: Collaborators) -> object:
    """When the notice was served, as the case's deadline has it."""
    [case] = show(using, "oak-grove:01", MEETING.date)
    [found] = [d for d in case["deadlines"] if d["name"] == "da_meeting_notice_served"]
    assert found["on"] == LAST_DAY.isoformat()
    return found["done_on"]


def tasks(using: Collaborators) -> list[str]:
    return sorted(
        f"{row['notice']} {row['reason']}" for row in list_tasks(using, NIGHT) if row["notice"]
    )


def test_a_notice_goes_from_prepared_to_issued_to_served(using: Collaborators) -> None:
    start(using)
    looked = prepared(using)
    assert (looked.status, looked.persons, looked.is_stopped) == ("prepared", 1, False)
    assert list(files(using)) == ["proofs/N1001.pdf"]
    assert one(using, "SELECT count(*) FROM disclosure") == 0

    made = issue(using, "N1001", NIGHT, "alex")
    assert (made.status, made.last_day, made.pages) == ("issued", LAST_DAY, 2)
    assert sorted(files(using)) == [
        "N1001/for_the_office/P8000001001-proof-of-service.pdf",
        "N1001/pieces.csv",
        "N1001/to_serve/P8000001001.pdf",
    ]
    told = "SELECT string_agg(recipient, ' ' ORDER BY recipient) FROM disclosure"
    assert one(using, told) == "district_attorney household"
    assert deadline(using) is None

    done = enter_service(
        using, "N1001", 1, Manner.CERTIFIED_MAIL, LAST_DAY, LAST_DAY, "sam", RECEIPT
    )
    assert (done.state.word, deadline(using)) == ("served", LAST_DAY.isoformat())
    [case] = show(using, "oak-grove:01", MEETING.date)
    [notice] = case["notices"]
    assert (notice["status"], notice["service"]) == ("issued", "served")
    lines = [x["what"] for x in case["timeline"] if x["source"] == "served_notice"]
    assert lines == ["prepare", "issue", "served_certified_mail"]
    assert "Rosa" not in str(case)


def test_no_letter_of_a_night_or_of_a_batch_is_one(using: Collaborators) -> None:
    start(using)
    issued(using)
    plan(using, NIGHT)

    assert one(using, "SELECT count(*) FROM notice WHERE kind = 'meeting_notice'") == 0
    assert one(using, "SELECT count(*) FROM notice") == 2
    assert not (using.settings.var / "vendor").exists()


def test_what_forbids_a_notice_is_told_by_code_and_leaves_nothing(using: Collaborators) -> None:
    start(using)
    referral = refer(using)

    def forbidden(about: str = referral, as_of: date = NIGHT, **changes: object) -> tuple[str, ...]:
        meeting = replace(MEETING, **changes)  # type: ignore[arg-type]
        return prepare(using, about, meeting, as_of, "dana").forbidden_by

    assert forbidden(date=NIGHT) == ("meeting_past",)
    assert forbidden(date=NIGHT + timedelta(days=4)) == ("too_late_to_serve",)
    evening = using.county.meetings[1]
    at_evening = {"date": evening.date, "starts": evening.starts, "ends": evening.ends}
    assert forbidden(**at_evening) == ("meeting_is_pact_evening",)
    assert forbidden(refer(using, whom=Party.DISTRICT)) == (
        "referrer_may_not_notify",
        "ladder_incomplete",
    )
    assert forbidden(refer(using, whom=Party.REVIEW_BOARD)) == ("ladder_incomplete",)
    assert forbidden(refer(using, way=Way.REVIEW_BOARD, whom=Party.PROBATION)) == (
        "not_a_da_referral",
    )
    # The case itself shows now that a review board was asked.
    assert forbidden(refer(using, whom=Party.REVIEW_BOARD)) == ()
    unsaid = replace(using, county=replace(using.county, served_notices=[]))
    assert prepare(unsaid, referral, MEETING, NIGHT, "dana").forbidden_by == (
        "referral_authority_unknown",
    )
    act(using, referral, Kind.MEETING_SET, day=MEETING.date + timedelta(days=1))
    assert forbidden() == ("meeting_moved",)
    act(using, referral, Kind.REFERRAL_ENDED, result=Result.RESOLVED)
    assert "referral_ended" in forbidden()
    act(using, referral, Kind.RETRACTION, result=Result.WRONG_ENTRY)
    assert "referral_retracted" in forbidden()
    act(using, referral.split("-")[0], Kind.CLOSING, result=Result.SERVICES_IN_PLACE)
    assert "case_closed" in forbidden()
    assert one(using, "SELECT count(*) FROM served_notice") == 1  # of the board's own referral


def test_a_county_without_a_board_of_its_own_hears_its_districts(using: Collaborators) -> None:
    start(using)
    [rules] = using.county.served_notices
    alone = replace(rules, county_review_board=False)
    without = replace(using, county=replace(using.county, served_notices=[alone]))
    referral = refer(using, whom=Party.DISTRICT)

    looked = prepare(without, referral, MEETING, NIGHT, "dana")
    assert (looked.forbidden_by, looked.missing) == (("ladder_incomplete",), ("family_notice",))
    told = ladder(("01", "family_notice", "48260.5", max(MISSED), "mail", "copy kept"))
    same = {"marks": marks(dict.fromkeys(["01", "02"], MISSED))}
    record_submission(using.engine, NIGHT + timedelta(days=1), told | same)
    later = NIGHT + timedelta(days=6)  # the pause after a letter of the district's is over
    assert prepare(without, referral, MEETING, later, "dana").forbidden_by == ()


def test_what_holds_a_letter_holds_a_notice_with_a_task(using: Collaborators) -> None:
    people: list[tuple[str, list[dict[str, object]]]] = [
        ("language_without_template", [{"language": "rus"}]),
        ("safe_at_home", [{}, {"safe_at_home": "1234"}]),
        ("restrained_adult", [{}, {"restrained": True, "first_name": "Olaf"}]),
        ("no_address", [{}, {"street": ""}]),
        ("foster_youth", [{}]),
        ("homeless_youth", [{}]),
    ]
    names = [f"0{n}" for n in range(1, 7)]
    frames = roster(names) | {"marks": marks(dict.fromkeys(names, MISSED))}
    frames["students"] = frames["students"].assign(
        foster=[n == "05" for n in names], homeless=[n == "06" for n in names]
    )
    [base, *_] = frames["guardians"].to_dict("records")
    frames["guardians"] = pd.DataFrame(
        base | {"local_id": name, "guardian_id": f"G{name}{n}", "last_name": name} | change
        for name, (_, changes) in zip(names, people, strict=True)
        for n, change in enumerate(changes)
    )
    record_submission(using.engine, NIGHT, frames, covers_days=60)
    evaluate(using, NIGHT)

    looked = [prepare(using, refer(using, name), MEETING, NIGHT, "dana") for name in names]

    assert [one.held_by for one in looked] == [(reason,) for reason, _ in people]
    assert {(one.status, one.persons) for one in looked} == {("held", 0)}
    assert tasks(using) == [f"N{1001 + n} {reason}" for n, (reason, _) in enumerate(people)]
    assert files(using) == {}
    with pytest.raises(UsageError, match="N1003 is held"):
        issue(using, "N1003", NIGHT, "alex")


def test_without_a_legal_basis_of_the_day_there_is_no_notice(using: Collaborators) -> None:
    start(using)
    known: list[Disclosure] = [
        d for d in using.county.disclosures if d.recipient != "district_attorney"
    ]
    without = replace(using, county=replace(using.county, disclosures=known))

    assert prepared(without).held_by == ("no_legal_basis",)
    # The print vendor sees nothing of a notice and needs no basis for one.
    others = [d for d in using.county.disclosures if d.recipient != "print_vendor"]
    unprinted = replace(using, county=replace(using.county, disclosures=others))
    again = prepared(unprinted)
    assert (again.status, again.notice, tasks(using)) == ("prepared", 1001, [])


def test_a_correction_between_prepare_and_issue_is_caught(using: Collaborators) -> None:
    start(using)
    prepared(using)
    excuse(using, "01")

    stopped = issue(using, "N1001", NIGHT + timedelta(days=3), "alex")

    assert (stopped.status, stopped.forbidden_by) == ("withdrawn", ("finding_not_standing",))
    assert one(using, "SELECT count(*) FROM disclosure") == 0
    assert files(using) == {}


def test_a_hold_between_prepare_and_issue_is_caught(using: Collaborators) -> None:
    start(using)
    prepared(using)
    frames = roster(["01", "02"])
    frames["students"] = frames["students"].assign(foster=True)
    frames["marks"] = marks(dict.fromkeys(["01", "02"], MISSED))
    record_submission(using.engine, NIGHT + timedelta(days=3), frames, covers_days=60)
    evaluate(using, NIGHT + timedelta(days=3))

    stopped = issue(using, "N1001", NIGHT + timedelta(days=3), "alex")
    assert (stopped.status, stopped.held_by) == ("held", ("foster_youth",))
    assert tasks(using) == ["N1001 foster_youth"]


def test_a_run_that_dies_before_its_files_is_completed_with_the_same_bytes(
    using: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(using, adults({"language": "spa"}))
    prepared(using)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for place in ("log_served_notice", "lay_out"):  # before the commit, and after it
        with monkeypatch.context() as dying:
            dying.setattr(f"pact_etl.steps.served_notice_issue.{place}", die)
            with pytest.raises(KeyboardInterrupt):
                issue(using, "N1001", NIGHT, "alex")
    assert one(using, "SELECT status FROM served_notice") == "issued"
    # Whatever the county's letterhead has become since, the family gets what was said yes to.
    moved = replace(using.county, sender=replace(using.county.sender, phone="(916) 555-0177"))
    issue(replace(using, county=moved), "N1001", NIGHT, "alex")
    first = files(using)
    issue(using, "N1001", NIGHT + timedelta(days=1), "kim")

    assert len(first) == 3
    assert files(using) == first
    assert one(using, "SELECT count(*) FROM disclosure") == 2
    assert one(using, "SELECT count(*) FROM served_notice_event") == 2
    # What was never laid out is looked at like anything else before it is.
    excuse(using, "01")
    with pytest.raises(UsageError, match="withdraw it"):
        issue(using, "N1001", NIGHT + timedelta(days=3), "alex")


def test_each_parent_of_two_homes_is_served_and_the_last_one_meets_the_deadline(
    using: Collaborators,
) -> None:
    start(using, adults({}, {"first_name": "Olaf", "street": "9 Elm St", "language": "spa"}))
    issued(using)
    assert len(files(using)) == 5

    assert serve(using, 1, LAST_DAY - timedelta(days=2)) == "served_in_part"
    assert deadline(using) is None
    assert serve(using, 2, LAST_DAY) == "served"
    assert deadline(using) == LAST_DAY.isoformat()
    assert serve(using, 2, LAST_DAY) == "served"
    assert one(using, "SELECT count(*) FROM service") == 2


def test_a_service_that_was_entered_wrongly_is_taken_back_with_what_followed(
    using: Collaborators,
) -> None:
    start(using)
    issued(using)
    done = enter_service(using, "N1001", 1, Manner.PERSONAL, LAST_DAY, LAST_DAY, "sam")

    for _ in "ab":
        back = retract_service(using, "N1001", done.entry, LAST_DAY, "sam")
    assert (back.state.word, back.entered, deadline(using)) == ("not_served", 0, None)
    assert serve(using, 1, LAST_DAY) == "served"
    assert deadline(using) == LAST_DAY.isoformat()
    with using.engine.begin() as connection, pytest.raises(DBAPIError):
        connection.execute(text("DELETE FROM service"))


def test_a_service_after_the_last_day_is_a_task_and_meets_nothing(using: Collaborators) -> None:
    start(using)
    issued(using)

    assert serve(using, 1, LAST_DAY + timedelta(days=1)) == "served_too_late"
    assert tasks(using) == ["N1001 served_too_late"]
    assert deadline(using) is None


def test_what_cannot_be_a_service_is_refused(using: Collaborators) -> None:
    start(using)
    issued(using)
    mail, hand, day = Manner.CERTIFIED_MAIL, Manner.PERSONAL, LAST_DAY

    for person, how, on, receipt in (
        (1, mail, day, ""),
        (1, hand, day, RECEIPT),
        (1, mail, day, "no. 7"),
        (2, hand, day, ""),
        (1, hand, NIGHT - timedelta(days=1), ""),
        (1, hand, day + timedelta(days=1), ""),
    ):
        with pytest.raises(UsageError):
            enter_service(using, "N1001", person, how, on, day, "sam", receipt)
    [case] = show(using, "oak-grove:01", NIGHT)
    about = case["notices"][0]["referral"]
    with pytest.raises(UsageError, match="case notice served N1001"):
        act(using, about, Kind.NOTICE_GIVEN, way=Way.IN_PERSON)
    assert one(using, "SELECT count(*) FROM service") == 0


def test_a_county_that_wants_two_persons_gets_two(using: Collaborators) -> None:
    start(using)
    two = ApproversNeeded(from_=NIGHT, count=2, why="a test")
    mailing = replace(using.county.mailing, approvers_needed=[two])
    using = replace(using, county=replace(using.county, mailing=mailing))
    prepared(using)

    with pytest.raises(UsageError, match="another person"):
        issue(using, "N1001", NIGHT, " Dana ")
    assert issue(using, "N1001", NIGHT, "alex").status == "issued"


def test_one_notice_for_a_referral_and_day_until_it_is_withdrawn(using: Collaborators) -> None:
    start(using)
    issued(using)
    referral = refer(using)

    with pytest.raises(UsageError, match="N1001 is issued"):
        prepare(using, referral, MEETING, NIGHT, "dana")
    same = "case_id, referral_id, meeting_on, starts, ends, place, street, city, prepared_by"
    second = f"INSERT INTO served_notice (status, {same}) SELECT 'held', {same} FROM served_notice"
    with using.engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(text(second))
    for _ in "ab":
        withdraw(using, "N1001", Withdrawal.MEETING_CANCELLED, NIGHT, "alex")
    assert files(using) == {}
    with pytest.raises(UsageError, match="N1001 is withdrawn"):
        serve(using, 1, LAST_DAY)
    again = prepare(using, referral, MEETING, NIGHT, "dana")
    assert (again.status, again.notice == 1001) == ("prepared", False)
    assert one(using, "SELECT count(*) FROM disclosure") == 2


def test_a_notice_that_is_out_and_undone_is_a_task_once(using: Collaborators) -> None:
    start(using)
    issued(using)
    assert watch(using, NIGHT)["notices_undone"] == 0
    excuse(using, "01")

    soon = NIGHT + timedelta(days=3)
    assert [watch(using, soon)["notices_undone"] for _ in "ab"] == [1, 0]
    assert tasks(using) == ["N1001 served_notice_undone"]


def test_silence_is_told_and_what_nobody_issued_expires(using: Collaborators) -> None:
    start(using)
    issued(using)
    prepare(using, refer(using), replace(MEETING, date=MEETING.date + DAY), NIGHT, "dana")
    with using.engine.begin() as connection:  # the meeting of the first was set again
        assert connection.execute(text("SELECT count(*) FROM served_notice")).scalar_one() == 1
    second = refer(using, day=NIGHT - DAY)
    assert prepare(using, second, MEETING, NIGHT, "dana").status == "prepared"

    assert watch(using, LAST_DAY)["notices_expired"] == 0
    late = LAST_DAY + DAY
    assert watch(using, late) == {
        "notices_expired": 1,
        "notices_undone": 0,
        "notices_unserved": 1,
    }
    assert watch(using, late)["notices_unserved"] == 0
    assert tasks(using) == ["N1001 notice_not_served"]
    # Somebody enters late what was done in time.
    enter_service(using, "N1001", 1, Manner.PERSONAL, LAST_DAY, late, "sam")
    assert tasks(using) == []
    watch(using, MEETING.date + DAY)
    assert files(using) == {}


def test_a_home_that_moved_before_it_was_served_is_a_task(using: Collaborators) -> None:
    start(using, adults({}))
    issued(using)
    frames = roster(["01", "02"]) | {"marks": marks(dict.fromkeys(["01", "02"], MISSED))}
    frames["guardians"] = adults({"street": "77 Birch St"})
    record_submission(using.engine, NIGHT + 3 * DAY, frames, covers_days=60)
    evaluate(using, NIGHT + 3 * DAY)

    assert watch(using, NIGHT + 3 * DAY)["notices_undone"] == 1


def test_an_export_holds_the_piece_of_who_asks_and_a_clock_takes_all_of_it(
    using: Collaborators, tmp_path: Path
) -> None:
    start(using, adults({}, {"first_name": "Olaf", "street": "9 Elm St"}))
    issued(using)
    serve(using, 1, LAST_DAY)
    enter_service(using, "N1001", 2, Manner.PERSONAL, LAST_DAY + DAY, LAST_DAY + DAY, "sam")

    def exported(role: Role, asks: str) -> tuple[list[str], str]:
        export_student(
            using,
            "oak-grove:01",
            tmp_path / role,
            LAST_DAY + DAY,
            role=role,
            requested_by=asks,
            handled_by="kim",
            reason="asked",
        )
        [made] = (tmp_path / role).iterdir()
        with ZipFile(made) as opened:
            letters = [name for name in opened.namelist() if name.startswith("letters/")]
            return letters, opened.read("record.json").decode()

    letters, record = exported(Role.PARENT, "oak-grove:G0")
    assert letters == ["letters/P8000001001.pdf"]
    assert "N1001" in record
    assert not [word for word in ("Olaf", "alex", "dana") if word in record]
    assert len(exported(Role.CUSTODIAN, "kim")[0]) == 2

    pack = make_served_evidence(
        using, "P8000001002", tmp_path, LAST_DAY + DAY, by="kim", reason="asked"
    )
    assert pack.counts == {"files": 13, "marks": 4, "reproduced": 1}
    record_submission(using.engine, date(2029, 12, 1), {})
    retain(using, date(2029, 12, 30))
    tables = ("served_notice", "served_piece", "served_notice_event", "service", "case_file")
    assert [one(using, f"SELECT count(*) FROM {name}") for name in tables] == [0] * 5
    assert one(using, "SELECT count(*) FROM disclosure") == 0
