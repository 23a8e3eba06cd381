"""Who shares an envelope: one adult with rights, at one address, in one language, with every child of that adult."""

from dataclasses import replace

import pandas as pd
import pytest
from sqlalchemy import text

from pact_etl.steps.evaluate import evaluate
from pact_etl.steps.plan import plan
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.factories import district, marks, record_submission, roster
from tests.integration.steps.letters import MISSED, NIGHT, approve_planned

pytestmark = pytest.mark.integration

Frames = dict[str, pd.DataFrame]
ELM = district("elm-creek", cd_code="3488888")


@pytest.fixture
def both(using: Collaborators) -> Collaborators:
    """Two districts of one county."""
    return replace(using, districts={**using.districts, "elm-creek": ELM})


def family(*students: str, **adult: object) -> Frames:
    """Children who missed school, with one mother."""
    frames = roster(list(students))
    plain: dict[str, object] = {"guardian_id": "G1", "first_name": "Rosa", "last_name": "Lopez"}
    return frames | {
        "guardians": frames["guardians"].assign(**(plain | adult)),
        "marks": marks(dict.fromkeys(students, MISSED)),
    }


def with_adult(frames: Frames, student: str, **adult: object) -> Frames:
    """The same children, one of them with one adult more."""
    guardians = frames["guardians"]
    more = (
        guardians[guardians["local_id"] == student].head(1).assign(**({"contact_order": 2} | adult))
    )
    return frames | {"guardians": pd.concat([guardians, more], ignore_index=True)}


def planned(
    using: Collaborators, oak: Frames, elm: Frames | None = None
) -> list[tuple[str, list[str]]]:
    """Each envelope's recipient and whose record goes into it, by district and local id."""
    record_submission(using.engine, NIGHT, oak, covers_days=60)
    if elm is not None:
        record_submission(using.engine, NIGHT, elm, of=ELM, covers_days=60)
    evaluate(using, NIGHT)
    plan(using, NIGHT)
    query = """
        SELECT n.recipient, array_agg(d.slug || ' ' || r.local_id ORDER BY d.slug, r.local_id) AS students
        FROM notice n JOIN notice_student s ON s.notice_id = n.id JOIN invitation i ON i.id = s.invitation_id
        JOIN student_record r ON r.student_id = i.student_id JOIN district d ON d.id = r.district_id
        GROUP BY n.id ORDER BY n.recipient, students
    """
    with using.engine.connect() as connection:
        return [(row.recipient, row.students) for row in connection.execute(text(query))]


def test_siblings_in_two_districts_share_one_envelope_to_their_mother(both: Collaborators) -> None:
    elm = family(
        "77", guardian_id="E-900", first_name="ROSA", last_name="LÓPEZ", street="12 Oak Street"
    )

    assert planned(both, family("01"), elm) == [("Rosa Lopez", ["elm-creek 77", "oak-grove 01"])]


def test_an_envelope_for_siblings_holds_one_page_of_record_each(both: Collaborators) -> None:
    planned(both, family("01", "02"), family("77", guardian_id="E-900"))

    released = release_batch(both, approve_planned(both))

    assert (released.counts["pieces"], released.counts["pages"]) == (1, 1 + 3)


@pytest.mark.parametrize(
    "other",
    [
        {"first_name": "Luisa"},
        {"street": "14 Oak St"},
        {"unit": "Apt 2"},
        {"zip": "95815"},
        {"language": "spa"},
    ],
)
def test_in_two_districts_less_than_name_address_and_language_joins_nobody(
    both: Collaborators, other: dict[str, object]
) -> None:
    envelopes = planned(both, family("01"), family("77", **({"guardian_id": "E-900"} | other)))

    assert [students for _, students in envelopes] in (
        [["elm-creek 77"], ["oak-grove 01"]],
        [["oak-grove 01"], ["elm-creek 77"]],
    )


def test_the_same_guardian_id_in_two_districts_means_nothing(both: Collaborators) -> None:
    envelopes = planned(both, family("01"), family("77", first_name="Carmen", last_name="Diaz"))

    assert envelopes == [("Carmen Diaz", ["elm-creek 77"]), ("Rosa Lopez", ["oak-grove 01"])]


def test_two_homes_of_one_child_get_an_envelope_each(using: Collaborators) -> None:
    father = {"guardian_id": "G2", "first_name": "Luis", "street": "7 Elm St"}

    assert planned(using, with_adult(family("01"), "01", **father)) == [
        ("Luis Lopez", ["oak-grove 01"]),
        ("Rosa Lopez", ["oak-grove 01"]),
    ]


def test_two_adults_of_one_home_get_an_envelope_each(using: Collaborators) -> None:
    father = {"guardian_id": "G2", "first_name": "Luis"}

    assert planned(using, with_adult(family("01"), "01", **father)) == [
        ("Luis Lopez", ["oak-grove 01"]),
        ("Rosa Lopez", ["oak-grove 01"]),
    ]


def test_no_adult_of_a_home_reads_of_a_child_whose_rights_another_holds(
    using: Collaborators,
) -> None:
    father_of_one = with_adult(family("01", "02"), "01", guardian_id="G2", first_name="Luis")

    assert planned(using, father_of_one) == [
        ("Luis Lopez", ["oak-grove 01"]),
        ("Rosa Lopez", ["oak-grove 01", "oak-grove 02"]),
    ]


def test_a_third_adult_of_a_home_is_not_forgotten(using: Collaborators) -> None:
    frames = with_adult(family("01"), "01", guardian_id="G2", first_name="Luis")
    frames = with_adult(frames, "01", guardian_id="G3", first_name="Ines", contact_order=3)

    recipients = [recipient for recipient, _ in planned(using, frames)]
    assert recipients == ["Ines Lopez", "Luis Lopez", "Rosa Lopez"]


def test_an_adult_whom_a_district_lists_twice_gets_one_envelope(using: Collaborators) -> None:
    twice = with_adult(family("01"), "01", guardian_id="G2", street="12 Oak Street", email="")

    assert planned(using, twice) == [("Rosa Lopez", ["oak-grove 01"])]


def test_families_at_one_address_never_share_an_envelope(using: Collaborators) -> None:
    mothers = family("01", "02")
    mothers["guardians"] = mothers["guardians"].assign(
        guardian_id=["G1", "G2"], first_name=["Rosa", "Carmen"], last_name=["Lopez", "Diaz"]
    )

    assert planned(using, mothers) == [
        ("Carmen Diaz", ["oak-grove 02"]),
        ("Rosa Lopez", ["oak-grove 01"]),
    ]
