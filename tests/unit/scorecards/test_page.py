"""The page set for real and read back: tags, pages, words, bytes."""

import io
from collections.abc import Mapping
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pytest

from pact_etl.letters.fonts import FONTS
from pact_etl.scorecards.drawing import draw
from pact_etl.scorecards.figures import Attendance, Clearing, Deliveries, Rate, Scorecard
from pact_etl.scorecards.page import page
from pact_etl.scorecards.typesetting import compile_page
from tests.scorecard_factories import OCTOBER, card, night, schooldays, worst_month


def drawn(spec: Mapping[str, Any]) -> str:
    return draw(spec, FONTS)


def made(one: Scorecard) -> bytes:
    return compile_page(page(one, "County Office, PACT", drawn), FONTS)


def texts(pdf: bytes) -> list[str]:
    document = pdfium.PdfDocument(pdf)
    try:
        found = []
        for sheet in document:
            text = sheet.get_textpage()
            found.append(" ".join(text.get_text_range().split()))
            text.close()
            sheet.close()
        return found
    finally:
        document.close()


@pytest.fixture(scope="module")
def worst() -> bytes:
    return made(worst_month())


def test_the_worst_month_with_the_longest_names_stays_on_two_pages(worst: bytes) -> None:
    assert len(texts(worst)) == 2


def test_the_footer_numbers_the_pages_and_the_last_page_keeps_its_notes(worst: bytes) -> None:
    first, second = texts(worst)

    assert first.count("1 of 2") == 1
    assert "docs/scorecard.md" in second


def test_the_page_is_tagged_titled_archival_and_its_pictures_have_words(worst: bytes) -> None:
    with pikepdf.open(io.BytesIO(worst)) as pdf:
        root = pdf.Root
        assert root.MarkInfo.Marked
        assert str(root.Lang).startswith("en")
        assert root.ViewerPreferences.DisplayDocTitle
        metadata = str(pdf.open_metadata())
        alts = [
            str(o.get("/Alt"))
            for o in pdf.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"
        ]

    assert 'pdfuaid:part="1"' in metadata or "<pdfuaid:part>1" in metadata
    assert 'pdfaid:part="2"' in metadata or "<pdfaid:part>2" in metadata
    assert len(alts) == 5
    assert any("Half came within 9 days" in alt for alt in alts)


def test_the_same_figures_give_the_same_bytes(worst: bytes) -> None:
    assert made(worst_month()) == worst


def test_figures_stand_on_the_page() -> None:
    text = " ".join(texts(made(card())))

    assert "Oak Grove, October 2026" in text
    assert "Your data came the same night on 22 of 22 schooldays in October." in text
    assert "Students were absent on 6.4 % of their days, after 4.5 % in September." in text
    assert "Days absent, any reason 6.4 % 4.5 % 6.0 %" in text
    assert "Nothing this month." in text
    assert "Mailed this month: 40." in text


def test_a_hidden_share_says_so_and_its_chart_is_left_out() -> None:
    small = Attendance(students=30, absent=Rate(is_hidden=True))
    one = card(
        weeks=[(m, small) for m in OCTOBER.mondays],
        weeks_before=[],
        attendance=small,
        attendance_before=Attendance(),
        mailed=None,
        clearing=Clearing(is_hidden=True),
    )
    text = " ".join(texts(made(one)))

    assert "Days absent, any reason not shown –" in text
    assert "Single weeks are too small to show." in text
    assert "Mailed this month: under 11." in text
    assert "concern fewer than 11 students" in text


def test_a_district_that_never_sent_anything_gets_an_honest_page() -> None:
    one = card(
        first_night=None,
        now=Deliveries(),
        before=Deliveries(),
        weeks=[(m, Attendance()) for m in OCTOBER.mondays],
        weeks_before=[],
        attendance=Attendance(),
        attendance_before=Attendance(),
        mailed=0,
    )
    (text,) = texts(made(one))

    assert "so this page has no figures" in text
    assert "Send a first delivery." in text
    assert "There is no attendance data to show for these two months." in text
    assert "0.0 %" not in text


def test_a_district_that_joined_within_the_month_is_told_since_when() -> None:
    late = [d for d in schooldays() if d.day >= 14]
    one = card(first_night=late[0], now=Deliveries(nights=[night(d) for d in late]))

    assert "Your first delivery was taken over on Oct 14." in texts(made(one))[0]


def test_markup_in_a_schools_name_stays_text() -> None:
    held = [
        {"name": "#panic() $x$ *Oak*", "reason": "unknown_code", "rows": 1, "since": OCTOBER.first}
    ]

    assert "#panic() $x$ *Oak*" in " ".join(texts(made(card(schools=held))))
