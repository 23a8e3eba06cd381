"""The Intelligent Mail barcode against the post office's own samples, other encoders' vectors, and a reader."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_etl.domain.intelligent_mail import MailerIdentity, barcode_digits, bars
from tests.conftest import ROOT
from tests.intelligent_mail_reader import read_bars

VECTORS = ROOT.parent / "shared" / "data" / "imb-vectors" / "imb_vectors.json"

TRACKING = "01234567094987654321"


def mailer(mailer_id: str = "567094", **overrides: str) -> MailerIdentity:
    plain = {"service_type": "270", "barcode_id": "00"} | overrides
    return MailerIdentity(from_=date(2020, 7, 1), mailer_id=mailer_id, **plain)


@pytest.mark.parametrize(
    ("routing", "expected"),
    [
        ("", "ATTFATTDTTADTAATTDTDTATTDAFDDFADFDFTFFFFFTATFAAAATDFFTDAADFTFDTDT"),
        ("01234", "DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT"),
        ("012345678", "ADFTTAFDTTTTFATTADTAAATFTFTATDAAAFDDADATATDTDTTDFDTDATADADTDFFTFA"),
        ("01234567891", "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA"),
    ],
)
def test_the_samples_of_the_specification_come_out_bar_for_bar(routing: str, expected: str) -> None:
    assert bars(TRACKING + routing) == expected


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not on this machine")
def test_vectors_on_which_three_other_encoders_agree_come_out_bar_for_bar() -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))

    assert len(vectors) == 100
    for vector in vectors:
        assert bars(vector["tracking"] + vector["routing"]) == vector["bars"]
        assert read_bars(vector["bars"]) == vector["tracking"] + vector["routing"]


@given(
    first=st.integers(0, 9),
    second=st.integers(0, 4),
    rest=st.text("0123456789", min_size=18, max_size=18),
    routing=st.sampled_from([0, 5, 9, 11]).flatmap(
        lambda n: st.text("0123456789", min_size=n, max_size=n)
    ),
)
def test_what_is_written_is_read_back(first: int, second: int, rest: str, routing: str) -> None:
    digits = f"{first}{second}{rest}{routing}"

    assert read_bars(bars(digits)) == digits


@pytest.mark.parametrize(
    "digits",
    [
        "",
        TRACKING[:-1],
        TRACKING + "1",
        TRACKING + "123456",
        "05" + TRACKING[2:],
        "٠" + TRACKING[1:],
    ],
)
def test_digits_that_no_barcode_carries_are_refused(digits: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        bars(digits)


@pytest.mark.parametrize(
    ("mailer_id", "number", "last_line", "digits"),
    [
        ("567094", 987654321, "SACRAMENTO CA 95814", "0027056709498765432195814"),
        ("567094", 7, "SACRAMENTO CA 95812-1679", "00270567094000000007958121679"),
        ("901234567", 7, "SACRAMENTO CA 95814", "0027090123456700000795814"),
        ("901234567", 1_000_007, "nowhere", "00270901234567000007"),
    ],
)
def test_the_digits_are_the_mailer_the_serial_and_the_zip_code(
    mailer_id: str, number: int, last_line: str, digits: str
) -> None:
    assert barcode_digits(mailer(mailer_id), number, last_line) == digits


@given(
    mailer_id=st.sampled_from(["567094", "901234567"]),
    number=st.integers(0, 10**12),
    apart=st.integers(1, 10**6 - 1),
)
def test_two_numbers_meet_in_one_barcode_only_a_whole_round_apart(
    mailer_id: str, number: int, apart: int
) -> None:
    one = mailer(mailer_id)
    round_later = barcode_digits(one, number + one.serial_count, "CA 95814")

    assert barcode_digits(one, number, "CA 95814") == round_later
    assert barcode_digits(one, number + apart, "CA 95814") != round_later


@pytest.mark.parametrize(
    "wrong",
    [
        {"mailer_id": "56709"},
        {"mailer_id": "912345"},
        {"mailer_id": "123456789"},
        {"service_type": "27"},
        {"barcode_id": "05"},
    ],
)
def test_a_mailer_the_post_office_cannot_have_named_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="digits"):
        mailer(**wrong)
