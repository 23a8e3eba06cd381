"""The Intelligent Mail barcode of a letter: drawn when a batch is shown, kept from then on, never twice."""

import io
from csv import DictReader
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.intelligent_mail import MailerIdentity, bars
from pact_etl.letters.barcodes import find_barcode
from pact_etl.letters.plain_pdf import found, read_objects, referred, stream
from pact_etl.steps.approve import propose
from pact_etl.steps.release import release_batch
from pact_etl.wiring import Collaborators
from tests.integration.steps.letters import approve_planned, one, planned_batch
from tests.vendor import open_package, sealed_packages

pytestmark = pytest.mark.integration


def as_mailer(using: Collaborators, mailer_id: str = "567094") -> Collaborators:
    identity = MailerIdentity(from_=date(2020, 7, 1), mailer_id=mailer_id, service_type="300")
    mailing = replace(using.county.mailing, intelligent_mail=[identity])
    return replace(using, county=replace(using.county, mailing=mailing))


def barcodes(using: Collaborators) -> list[tuple[int, str]]:
    with using.engine.connect() as connection:
        rows = connection.execute(text("SELECT imb_serial, imb FROM notice ORDER BY id"))
        return [tuple(row) for row in rows]  # type: ignore[misc]


def test_every_letter_shown_to_an_approver_has_its_own_barcode(using: Collaborators) -> None:
    mailer = as_mailer(using)
    batch = planned_batch(mailer, ["01", "02"])
    assert barcodes(mailer) == [(None, None), (None, None)]

    shown = propose(mailer, batch)

    assert barcodes(mailer) == [
        (1, "0030056709400000000195814"),
        (2, "0030056709400000000295814"),
    ]
    assert "no Intelligent Mail barcode" not in shown.body


def test_showing_a_batch_again_draws_nothing_new(using: Collaborators) -> None:
    mailer = as_mailer(using)
    batch = planned_batch(mailer, ["01"])
    propose(mailer, batch)
    first = barcodes(mailer)

    propose(mailer, batch)

    assert barcodes(mailer) == first


def test_the_barcode_that_was_drawn_is_the_one_in_the_vendors_pdf(using: Collaborators) -> None:
    mailer = as_mailer(using)
    planned_batch(mailer, ["01", "02"])
    release_batch(mailer, approve_planned(mailer))

    [sealed] = sealed_packages(Path(mailer.settings.vendor))
    with open_package(mailer.settings.vendor_keys, sealed) as package:
        objects, trailer = read_objects(package.read("letters.pdf"))
        manifest = package.read("manifest.csv").decode()
    pages = objects[
        int(found(rb"/Pages (\d+) 0 R", objects[int(found(rb"/Root (\d+) 0 R", trailer))]))
    ]
    contents = [
        stream(objects[int(found(rb"/Contents (\d+) 0 R", objects[page]))])
        for page in referred(found(rb"/Kids\[([^\[\]]*)\]", pages))
    ]
    printed = [barcode.bars for barcode in map(find_barcode, contents) if barcode is not None]
    assert printed == [bars(imb) for _, imb in barcodes(mailer)]
    assert [row["imb"] for row in DictReader(io.StringIO(manifest))] == [
        imb for _, imb in barcodes(mailer)
    ]
    assert one(mailer, "SELECT count(*) FROM notice WHERE content->>'imb' = imb") == 2


def test_a_county_without_a_mailer_id_prints_none_and_the_approver_is_told(
    using: Collaborators,
) -> None:
    batch = planned_batch(using, ["01"])

    shown = propose(using, batch)

    assert barcodes(using) == [(None, None)]
    assert "**1 letters carry no Intelligent Mail barcode**" in shown.body


def test_a_mailer_id_in_force_later_draws_nothing_yet(using: Collaborators) -> None:
    later = MailerIdentity(from_=date(2027, 7, 1), mailer_id="567094", service_type="300")
    mailing = replace(using.county.mailing, intelligent_mail=[later])
    not_yet = replace(using, county=replace(using.county, mailing=mailing))

    propose(not_yet, planned_batch(not_yet, ["01"]))

    assert barcodes(not_yet) == [(None, None)]


@pytest.mark.parametrize(("days_ago", "is_refused"), [(90, True), (91, False)])
def test_a_serial_number_comes_again_only_when_its_time_is_over(
    using: Collaborators, days_ago: int, is_refused: bool
) -> None:
    mailer = as_mailer(using, "901234567")
    batch = planned_batch(mailer, ["01", "02"])
    with mailer.engine.begin() as connection:
        older = connection.execute(
            text(
                "INSERT INTO batch (as_of, status) SELECT as_of - CAST(:ago AS int), 'released' FROM batch "
                "WHERE id = :batch RETURNING id"
            ),
            {"ago": days_ago, "batch": batch},
        ).scalar_one()
        # The second letter left in a batch of its own, with the serial number that the first draws a round later.
        connection.execute(
            text(
                "UPDATE notice SET batch_id = :older, status = 'mailed', imb_serial = 7, imb = :imb "
                "WHERE id = (SELECT max(id) FROM notice)"
            ),
            {"older": older, "imb": "00300901234567000007" + "95814"},
        )
        connection.execute(text("SELECT setval('imb_serial', 1000006)"))

    if is_refused:
        with pytest.raises(InvariantBroken, match="a further mailer id is needed"):
            propose(mailer, batch)
        assert one(mailer, "SELECT count(*) FROM notice WHERE imb_serial = 1000007") == 0
    else:
        propose(mailer, batch)
        assert one(mailer, "SELECT min(imb) FROM notice WHERE imb_serial = 1000007") == (
            "0030090123456700000795814"
        )
