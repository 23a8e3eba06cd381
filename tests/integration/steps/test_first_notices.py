"""First notices that are set for a district: made once, held and listed, taken back, written again after a kill."""

import csv
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pypdfium2 as pdfium
import pytest

from pact_etl.domain.district import DistrictStatus, Letterhead
from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.first_notice_rule import FirstNoticeRule
from pact_etl.domain.volume import VolumeBrake
from pact_etl.steps import first_notices as step
from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.first_notices import district_notices, first_notices
from pact_etl.steps.retain import retain
from pact_etl.steps.status import county_status
from pact_etl.steps.volume import confirm
from pact_etl.steps.why import explain
from pact_etl.wiring import Collaborators
from tests.acceptance.killing import Boundary, Killed, Killer
from tests.factories import district, ladder, marks, record_submission, roster
from tests.integration.steps.letters import DAYS, MISSED, NEXT_NIGHT, NIGHT, excuse, one

pytestmark = pytest.mark.integration

SLUG = "oak-grove"
AFTER = DAYS[31]
STUDENTS = [f"{n:02}" for n in range(1, 7)]
LETTERHEAD = Letterhead(
    return_lines=("Oak Grove", "1 Oak Way", "Sacramento CA 95814"),
    signatory_name="Attendance Office",
    signatory_title="Oak Grove Unified",
)
RULE = FirstNoticeRule(from_=date(2026, 8, 1), set_for_district=True, why="asked for it")

Frames = dict[str, pd.DataFrame]


def setting(using: Collaborators, *rules: FirstNoticeRule, **more: object) -> Collaborators:
    one_district = district(letterhead=LETTERHEAD, first_notices=list(rules), **more)
    return replace(using, districts={SLUG: one_district})


@pytest.fixture
def oak(using: Collaborators) -> Collaborators:
    """The district that has its first notices set."""
    return setting(using, RULE)


def night(
    using: Collaborators, students: list[str], frames: Frames | None = None, on: date = NIGHT
) -> None:
    """Students with enough missed days to be truants, evaluated."""
    known = roster(students) | missed(*students)
    of = using.districts[SLUG]
    record_submission(using.engine, on, known | (frames or {}), of=of, covers_days=60)
    evaluate(using, on)


def missed(*students: str) -> Frames:
    return {"marks": marks(dict.fromkeys(students, MISSED))}


def made(using: Collaborators, on: date = NIGHT) -> Mapping[str, int]:
    return district_notices(using, SLUG, on).counts


def folder(using: Collaborators, on: date = NIGHT) -> Path:
    return using.settings.returns / on.isoformat() / SLUG


def table(using: Collaborators, on: date = NIGHT, name: str = "first_notices") -> list[list[str]]:
    path = folder(using, on) / f"{name}.csv"
    if not path.exists():
        return []
    return list(csv.reader(path.read_text().splitlines()))[1:]


def holds(using: Collaborators, on: date = NIGHT) -> list[list[str]]:
    """Local id, reason and next step of what was not set."""
    return [[row[1], row[6], row[7]] for row in table(using, on) if row[5] == "held"]


def pages(using: Collaborators, on: date = NIGHT, name: str = "first_notices") -> list[str]:
    document = pdfium.PdfDocument(folder(using, on) / f"{name}.pdf")
    found = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return found


def test_each_truant_gets_one_under_the_districts_letterhead_and_never_a_second(
    oak: Collaborators,
) -> None:
    night(oak, ["01", "02"])

    counts = made(oak)

    assert (counts["new_truants"], counts["new_made"], counts["unaccounted"]) == (2, 2, 0)
    assert county_status(oak)["first_notices"][SLUG]["made"] == 2
    told = explain(oak, table(oak)[0][0], NIGHT)["districts"][SLUG]["first_notice"]
    assert told == {"state": "made", "reason": None, "told_on": NIGHT.isoformat()}
    [first, second] = table(oak)
    assert [first[1:], second[1:]] == [
        ["01", "eng", "1", "2", "made", "", "print_and_send"],
        ["02", "eng", "3", "4", "made", "", "print_and_send"],
    ]
    letter = pages(oak)[0]
    assert "Oak Grove" in letter
    assert "is a truant now (Education Code 48260)" in letter
    assert f"{first[0]}, page 1 of 2" in letter
    for word in ("District Attorney", "PACT", "901 G St", "evening", "prosecut"):
        assert word not in letter

    night(oak, ["01", "02"], on=NEXT_NIGHT)
    again = made(oak, NEXT_NIGHT)

    assert (again["pieces"], again["truants"], again["made"]) == (0, 2, 2)
    assert not folder(oak, NEXT_NIGHT).exists()


def test_the_files_are_proved_by_their_hashes_and_the_same_on_repetition(
    oak: Collaborators,
) -> None:
    night(oak, ["01"])
    made(oak)
    before = {path.name: path.read_bytes() for path in folder(oak).iterdir()}

    made(oak)

    assert {path.name: path.read_bytes() for path in folder(oak).iterdir()} == before
    assert set(before) == {"first_notices.pdf", "first_notices.csv", "first_notices.sha256"}
    for line in before["first_notices.sha256"].decode().splitlines():
        sha256, name = line.split("  ")
        assert hashlib.sha256(before[name]).hexdigest() == sha256
    kept = "SELECT pdf_sha256 FROM first_notice_set"
    assert one(oak, kept) == hashlib.sha256(before["first_notices.pdf"]).hexdigest()
    assert not list(folder(oak).parent.glob(".*"))


def test_a_run_that_dies_before_its_files_are_in_place_is_finished_by_the_next(
    oak: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(oak, ["01", "02"])

    def die(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, "write_files", die)
        with pytest.raises(KeyboardInterrupt):
            made(oak)
    assert not folder(oak).exists()
    for part in folder(oak).parent.glob(".*.part"):
        part.unlink()  # as on another machine: what was frozen is enough

    counts = made(oak)

    assert (counts["made"], counts["pieces"], len(pages(oak))) == (2, 0, 4)
    sha256 = hashlib.sha256((folder(oak) / "first_notices.pdf").read_bytes()).hexdigest()
    assert one(oak, "SELECT pdf_sha256 FROM first_notice_set") == sha256


def test_a_run_that_dies_anywhere_ends_as_one_that_did_not(oak: Collaborators) -> None:
    night(oak, ["01", "02"])
    killer = Killer()
    # Each run gets one deed further than the one before: the booking, then PDF, index and hashes.
    deeds = [("first_notices", "commit"), *[("first_notice_files", "rename")] * 3]
    with killer.watching(oak.engine):
        for step_and_deed, when in itertools.product(deeds, ("before", "after")):
            killer.arm(Boundary(*step_and_deed, when), 1)
            with pytest.raises(Killed):
                made(oak)
            oak.engine.dispose()
        killer.spare()
        counts = made(oak)

    assert (counts["truants"], counts["made"], counts["sets"]) == (2, 2, 1)
    files = {path.name: path.read_bytes() for path in folder(oak).iterdir()}
    assert set(files) == {"first_notices.pdf", "first_notices.csv", "first_notices.sha256"}
    sha256 = hashlib.sha256(files["first_notices.pdf"]).hexdigest()
    assert one(oak, "SELECT pdf_sha256 FROM first_notice_set") == sha256
    assert not list(folder(oak).parent.glob(".*"))


def test_a_family_is_given_back_to_the_district_and_never_printed(oak: Collaborators) -> None:
    frames = roster(["01", "02"])
    foster = frames["students"].assign(foster=[True, False])
    hidden = frames["guardians"].assign(safe_at_home=["", "1234"])
    night(oak, ["01", "02"], {"students": foster, "guardians": hidden})

    counts = made(oak)

    assert (counts["new_held"], counts["pieces"]) == (2, 0)
    assert holds(oak) == [
        ["01", "family_reason", "send_by_hand"],
        ["02", "family_reason", "send_by_hand"],
    ]
    assert not (folder(oak) / "first_notices.pdf").exists()

    plain = {"students": frames["students"], "guardians": frames["guardians"]}
    night(oak, ["01", "02"], plain, on=NEXT_NIGHT)

    assert (
        made(oak, NEXT_NIGHT)["held"] == 2
    )  # the district was asked to write; ours could be a second
    assert table(oak, NEXT_NIGHT) == []


@pytest.mark.parametrize(
    ("adult", "reason"),
    [
        ({"restrained": True}, "family_reason"),
        ({"has_rights": False}, "family_reason"),
        ({"street": ""}, "no_address"),
        ({"zip": "10001", "state": "NY"}, "out_of_county"),
        ({"language": "rus"}, "language_without_template"),
    ],
)
def test_the_holds_of_every_letter_are_the_districts_to_answer(
    oak: Collaborators, adult: dict[str, object], reason: str
) -> None:
    night(oak, ["01"], {"guardians": roster(["01"])["guardians"].assign(**adult)})

    result = district_notices(oak, SLUG, NIGHT)

    assert result.reasons == {reason: 1}
    assert holds(oak) == [["01", reason, "send_by_hand"]]
    assert one(oak, "SELECT count(*) FROM first_notice_piece") == 0


def test_a_school_with_an_unknown_code_waits(oak: Collaborators) -> None:
    row = {"table": "attendance", "file": "att.csv", "row": 9, "reason": "unknown_code"}
    aside = row | {"field": "code", "local_id": "01", "school_code": "0000001", "code": "ZZ"}
    frames = roster(["01"]) | missed("01")
    record_submission(oak.engine, NIGHT, frames, covers_days=60, quarantined=[aside])
    evaluate(oak, NIGHT)

    made(oak)

    assert holds(oak) == [["01", "school_held_unknown_code", "wait"]]


def test_a_jump_in_new_truants_waits_until_a_person_has_looked(oak: Collaborators) -> None:
    brake = VolumeBrake(ratio=2.0, least=3, nights=20, least_nights=4)
    strict = replace(oak, county=replace(oak.county, volume_brake=brake))
    # Lateness makes truants and no candidates, so the invitation line knows of no jump.
    late = {"marks": marks({key: dict.fromkeys(MISSED, "partial_unexcused") for key in STUDENTS})}
    for quiet in DAYS[20:24]:
        night(strict, STUDENTS, {"marks": marks({})}, on=quiet)
    night(strict, STUDENTS, late)
    assert district_notices(strict, SLUG, NIGHT).reasons == {"volume_jump": 6}

    confirm(strict, SLUG, NIGHT, "a supervisor", "a new school joined")

    assert (made(strict)["made"], holds(strict)[0][2]) == (6, "wait")
    assert len(pages(strict, name="first_notices-2")) == 12


def test_what_only_waits_is_listed_once_and_made_when_its_reason_is_gone(
    using: Collaborators,
) -> None:
    testing = setting(using, RULE, status=DistrictStatus.TESTING)
    night(testing, ["01"])
    made(testing)
    assert holds(testing) == [["01", "district_testing", "wait"]]

    night(testing, ["01"], on=NEXT_NIGHT)
    counts = made(testing, NEXT_NIGHT)
    assert (table(testing, NEXT_NIGHT), counts["standing_held"]) == ([], 1)

    active = setting(using, RULE)
    night(active, ["01"], on=AFTER)
    counts = made(active, AFTER)
    assert (counts["made"], counts["held"], counts["unaccounted"]) == (1, 0, 0)
    assert [row[5] for row in table(active, AFTER)] == ["made"]


def test_nobody_gets_one_whose_ladder_tells_of_a_notice(oak: Collaborators) -> None:
    told = ladder(("01", "family_notice", "48260.5", DAYS[28], "mail", "letter 1"))
    night(oak, ["01", "02"], told)

    counts = made(oak)

    assert (counts["new_already_noticed"], counts["new_made"]) == (1, 1)
    assert [row[1] for row in table(oak)] == ["02"]


def test_a_notice_that_the_district_does_not_tell_of_is_overdue(oak: Collaborators) -> None:
    late = DAYS[36]
    night(oak, ["01", "02"])
    made(oak)
    told = ladder(("01", "family_notice", "48260.5", NEXT_NIGHT, "mail", "letter 1"))
    night(oak, ["01", "02"], told, on=late)

    assert made(oak, late)["not_told_sent"] == 1


def test_a_late_excuse_before_the_notice_was_made_withdraws_it_and_after_it_is_told_once(
    oak: Collaborators,
) -> None:
    frames = roster(["01", "02"])
    flagged = frames["students"].assign(foster=[False, True])
    night(oak, ["01", "02"], {"students": flagged})
    made(oak)
    [piece] = [row[0] for row in table(oak) if row[0]]
    excuse(oak, "01", "02")

    counts = made(oak, NEXT_NIGHT)

    assert (counts["undone"], counts["made"], counts["withdrawn"]) == (1, 1, 1)
    night_made = NIGHT.isoformat()
    assert table(oak, NEXT_NIGHT, "first_notices_undone") == [
        [piece, "01", "undone", night_made, "corrected"],
        ["", "02", "withdrawn", night_made, "corrected"],
    ]
    record_submission(oak.engine, AFTER, {})
    evaluate(oak, AFTER)
    made(oak, AFTER)
    assert table(oak, AFTER, "first_notices_undone") == []

    again = DAYS[32]
    night(oak, ["01", "02"], on=again)
    made(oak, again)
    assert [row[:2] for row in holds(oak, again)] == [
        ["01", "stands_again"],
        ["02", "stands_again"],
    ]


def test_children_of_one_adult_come_in_one_envelope(oak: Collaborators) -> None:
    mother = {"guardian_id": "G1", "first_name": "Rosa", "last_name": "Lopez"}
    night(oak, ["01", "02"], {"guardians": roster(["01", "02"])["guardians"].assign(**mother)})

    counts = made(oak)

    assert (counts["made"], counts["pieces"], counts["pages"]) == (2, 1, 3)
    assert [row[1:5] for row in table(oak)] == [["01 02", "eng", "1", "3"]]
    assert "By that rule each of them is a truant now" in pages(oak)[0]


def test_a_second_home_that_cannot_be_reached_is_listed_beside_the_first(
    oak: Collaborators,
) -> None:
    guardians = roster(["01"])["guardians"]
    father = guardians.assign(
        guardian_id="G2", first_name="Luis", street="", contact_order=2, email=""
    )
    night(oak, ["01"], {"guardians": pd.concat([guardians, father], ignore_index=True)})

    made(oak)

    assert [row[5] for row in table(oak)] == ["made", "held"]
    assert holds(oak) == [["01", "no_address", "send_by_hand"]]


def test_a_student_who_was_late_and_missed_no_day_is_told_so(oak: Collaborators) -> None:
    late = {"marks": marks({"01": dict.fromkeys(MISSED, "partial_unexcused")})}
    night(oak, ["01"], late)

    made(oak)

    assert "was late or away more than 30 minutes on 4 of" in pages(oak)[0]


def test_a_further_run_of_a_night_makes_a_further_set_and_prints_nothing_again(
    oak: Collaborators,
) -> None:
    night(oak, ["01"])
    made(oak)
    first = (folder(oak) / "first_notices.pdf").read_bytes()
    night(oak, ["01", "02"])  # the same night again, after the district sent more

    made(oak)

    assert (folder(oak) / "first_notices.pdf").read_bytes() == first
    assert [row[1] for row in table(oak, name="first_notices-2")] == ["02"]
    assert len(pages(oak, name="first_notices-2")) == 2


def test_a_district_makes_its_own_before_its_rule_and_without_one(using: Collaborators) -> None:
    own = replace(using, districts={SLUG: district()})
    night(own, ["01"])
    assert first_notices(own, NIGHT).counts == {"districts": 0}

    later = setting(using, replace(RULE, from_=NEXT_NIGHT))
    night(later, ["01", "02"], on=NEXT_NIGHT)

    counts = made(later, NEXT_NIGHT)

    assert (counts["truants"], counts["made"]) == (1, 1)
    assert [row[1] for row in table(later, NEXT_NIGHT)] == ["02"]


def test_a_child_whose_statewide_id_arrives_late_keeps_its_notice(oak: Collaborators) -> None:
    night(oak, ["01"])
    made(oak)
    elm = district("elm-creek", cd_code="3488888")
    known = {"77": "1000000001"}
    record_submission(oak.engine, NIGHT, roster(["77"], ssids=known), of=elm)
    night(oak, ["01"], roster(["01"], ssids={"01": known["77"]}) | missed("01"), on=NEXT_NIGHT)

    counts = made(oak, NEXT_NIGHT)

    assert one(oak, "SELECT count(DISTINCT student_id) FROM student_record") == 1
    assert (counts["truants"], counts["made"], counts["pieces"]) == (1, 1, 0)


def test_notices_go_with_the_clock_of_letters_and_their_attendance_stays_so_long(
    oak: Collaborators,
) -> None:
    year_later, letters_due = date(2028, 6, 30), date(2029, 12, 30)
    gone = {"exits": {"01": date(2027, 5, 28)}}
    night(oak, ["01"], roster(["01"], **gone) | missed("01"))  # type: ignore[arg-type]
    made(oak)
    for last, left in ((year_later, 1), (letters_due, 0)):
        record_submission(oak.engine, last, {})
        retain(oak, last)
        tables = [f"first_notice{part}" for part in ("", "_set", "_event", "_piece", "_student")]
        counted = [one(oak, f"SELECT count(*) FROM {name}") for name in (*tables, "student")]
        assert counted == [left] * 6
        assert (one(oak, "SELECT count(*) FROM mark") == 0) == (left == 0)


def test_a_truant_who_got_lost_stops_the_district_and_no_other(
    oak: Collaborators, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(oak, ["01"])
    monkeypatch.setattr(step, "book_decisions", lambda *_: None)
    monkeypatch.setattr(step, "book_set", lambda *_: None)

    with pytest.raises(InvariantBroken, match="1 of 1 truants"):
        made(oak)

    result = first_notices(oak, NIGHT)
    assert (result.status, result.reasons) == ("late", {"InvariantBroken": 1})
    assert not folder(oak).exists()
