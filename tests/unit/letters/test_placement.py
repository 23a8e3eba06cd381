"""The set sheet against the double-window envelope: where every mark of ink stands, measured by a stranger.

Characters are measured by PDFium's own boxes, bars by PDFium's picture of the page.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pytest
import typst

from pact_etl.domain.intelligent_mail import bars
from pact_etl.domain.letter import Letter, Recipient
from pact_etl.letters import LettersUnfit, render_batch, render_proof, rendering
from pact_etl.letters.checks import find_faults
from pact_etl.letters.typesetting import FONTS, TEMPLATES
from tests.intelligent_mail_reader import read_bars
from tests.letter_factories import SENDER, letter

ADDRESS = (0.5, 2.042, 4.0, 2.917)
RETURN = (0.5, 0.5, 4.0, 1.375)
CLEAR = 0.125
DOTS = 600

IMB = "0027056709498765432195742"
LONGEST = (
    "MAXIMILIANO-ALEJANDRO HERNÁNDEZ-GUTIÉRREZ DE LOS S",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "UNIT 12345 BLDG 77",
    "12345 NORTHEAST MARTIN LUTHER KING JUNIOR BLVD ÇÑQ",
    "RANCHO CORDOVA CA 95742-1234",
)


def to(*lines: str, imb: str = "", number: int = 1, language: str = "eng") -> Letter:
    recipient = Recipient(name="Jane Doe", lines=lines)
    return letter(number, recipient=recipient, imb=imb, language=language)


LETTERS = (
    to("JANE DOE", "1 A ST", "ELK GROVE CA 95624", imb=IMB, number=1),
    to(*LONGEST, imb=IMB, number=2),
    to(*LONGEST, number=3),
    to(*LONGEST[1:], imb=IMB, number=4, language="spa"),
)
LONG_SENDER = replace(
    SENDER,
    program="Partners Against Chronic Truancy in Sacramento County",
    office="Office of the District Attorney of the County of Sacramento",
    return_lines=tuple("WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW" for _ in range(5)),
)


@cache
def whole() -> bytes:
    return render_batch(LETTERS, LONG_SENDER).pdf


@cache
def first_pages() -> tuple[int, ...]:
    return tuple(p.first_page - 1 for p in render_batch(LETTERS, LONG_SENDER).pieces)


def characters(page: int) -> list[tuple[str, float, float, float, float]]:
    """Every visible character and its box: left, top, right, bottom in inches from the sheet's upper left corner."""
    document = pdfium.PdfDocument(whole())
    text = document[page].get_textpage()
    found = []
    for index in range(text.count_chars()):
        character = text.get_text_range(index, 1)
        left, bottom, right, top = (points / 72 for points in text.get_charbox(index))
        if character.strip():
            found.append((character, left, 11 - top, right, 11 - bottom))
    document.close()
    return found


def ink(page: int, area: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    """The page as printed in black and white, cut to an area."""
    document = pdfium.PdfDocument(whole())
    picture = document[page].render(scale=DOTS / 72, grayscale=True).to_numpy().squeeze()
    document.close()
    left, top, right, bottom = (round(inches * DOTS) for inches in area)
    return picture[top:bottom, left:right] < 128


def grown(area: tuple[float, float, float, float], by: float) -> tuple[float, float, float, float]:
    left, top, right, bottom = area
    return (left - by, top - by, right + by, bottom + by)


def is_inside(
    box: tuple[str, float, float, float, float], area: tuple[float, float, float, float]
) -> bool:
    _, left, top, right, bottom = box
    return left >= area[0] and top >= area[1] and right <= area[2] and bottom <= area[3]


def touches(
    box: tuple[str, float, float, float, float], area: tuple[float, float, float, float]
) -> bool:
    _, left, top, right, bottom = box
    return left < area[2] and right > area[0] and top < area[3] and bottom > area[1]


@pytest.mark.parametrize("number", range(len(LETTERS)))
def test_both_addresses_stand_inside_their_windows_and_nothing_else_does(number: int) -> None:
    boxes = characters(first_pages()[number])
    expected = {
        ADDRESS: "".join(LETTERS[number].recipient.lines),
        RETURN: "".join(LONG_SENDER.return_lines),
    }

    for zone, lines in expected.items():
        near = [box for box in boxes if touches(box, grown(zone, CLEAR))]
        assert "".join(box[0] for box in near) == lines.replace(" ", "")
        assert [box[0] for box in near if not is_inside(box, zone)] == []


@pytest.mark.parametrize("number", range(len(LETTERS)))
def test_no_ink_of_any_kind_stands_in_the_clear_zones(number: int) -> None:
    for zone in (ADDRESS, RETURN):
        around = ink(first_pages()[number], grown(zone, CLEAR))
        edge = round(CLEAR * DOTS) - 2  # the two dots at the edge may be the block's own rounding
        inner = around[edge:-edge, edge:-edge]
        assert inner.any()
        assert around.sum() == inner.sum()


def drawn_bars(number: int) -> list[tuple[int, int, int, int]]:
    """Left, right, top and bottom of each bar in the picture, in dots."""
    strip = ink(first_pages()[number], (0.4, 2.03, 4.1, 2.042 + 0.17))
    columns = strip.any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], columns, [False])).astype(int)))
    found = []
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        rows = np.flatnonzero(strip[:, left:right].any(axis=1))
        found.append((int(left), int(right), int(rows[0]), int(rows[-1]) + 1))
    return found


@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_barcode_is_read_back_from_the_picture_of_the_page(number: int) -> None:
    shapes = drawn_bars(number)
    top, bottom = min(s[2] for s in shapes), max(s[3] for s in shapes)
    third = (bottom - top) / 6

    states = [
        {(True, True): "F", (True, False): "A", (False, True): "D", (False, False): "T"}[
            upper - top < third, bottom - lower < third
        ]
        for _, _, upper, lower in shapes
    ]

    assert "".join(states) == bars(IMB)
    assert read_bars("".join(states)) == IMB


def test_the_bars_have_the_measures_of_the_specification() -> None:
    shapes = drawn_bars(0)
    widths = [(right - left) / DOTS for left, right, _, _ in shapes]
    heights = sorted({bottom - top for _, _, top, bottom in shapes})
    pitch = (shapes[-1][0] - shapes[0][0]) / 64 / DOTS

    assert len(shapes) == 65
    assert all(0.015 <= width <= 0.025 for width in widths)
    assert 20 <= 1 / pitch <= 24
    assert 0.039 <= heights[0] / DOTS <= 0.057
    assert 0.125 <= heights[-1] / DOTS <= 0.165
    assert 2.667 <= (shapes[-1][1] - shapes[0][0]) / DOTS <= 3.225


def test_no_text_comes_nearer_to_the_barcode_than_it_may() -> None:
    for number in (0, 1, 3):
        lowest = 2.03 + max(shape[3] for shape in drawn_bars(number)) / DOTS
        strip = ink(first_pages()[number], (0.4, lowest + 0.002, 4.1, lowest + 0.028))
        assert not strip.any()


def test_a_letter_without_a_barcode_has_none() -> None:
    assert LETTERS[2].imb == ""
    assert len(drawn_bars(2)) != 65


def test_a_barcode_of_another_letter_is_found() -> None:
    pdf = render_batch([LETTERS[0]], SENDER).pdf

    for imb in ("", IMB[:-1] + "9"):
        other = replace(LETTERS[0], imb=imb)
        assert find_faults(pdf, [other], SENDER) == {"P0000000001": "barcode_wrong"}


def test_a_return_address_that_is_not_in_its_window_is_found() -> None:
    pdf = render_batch([LETTERS[0]], SENDER).pdf
    moved = replace(SENDER, return_lines=("1 Elsewhere St",))

    assert find_faults(pdf, [LETTERS[0]], moved) == {"P0000000001": "return_address_outside_window"}


@pytest.mark.parametrize(
    ("measure", "moved", "fault"),
    [
        ("top: 2.042in", "top: 2.3in", "address_outside_window"),
        ("top: 2.042in", "top: 1.95in", "barcode_outside_window"),
        ("body-top = 3.375in", "body-top = 2.95in", "clear_zone_not_empty"),
        ("left: 0.5in, top: 0.5in", "left: 0.5in, top: 0.3in", "return_address_outside_window"),
        (
            "dx: address-zone.left - side, dy: address-zone.top - body-top, barcode",
            "dx: address-zone.left - side + 1in, dy: address-zone.top - body-top, barcode",
            "barcode_outside_window",
        ),
    ],
)
def test_a_sheet_whose_parts_leave_their_places_is_refused(
    measure: str,
    moved: str,
    fault: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shifted = shifted_compiler(measure, moved, tmp_path_factory)
    monkeypatch.setattr(rendering, "compile_slice", shifted)

    with pytest.raises(LettersUnfit) as refused:
        render_batch([LETTERS[0], LETTERS[1]], SENDER)

    assert fault in refused.value.faults.values()


def shifted_compiler(
    measure: str, moved: str, folders: pytest.TempPathFactory
) -> Callable[[str], bytes]:
    """The typesetter over templates with one measure changed."""
    root = folders.mktemp("shifted") / "templates"
    shutil.copytree(TEMPLATES, root)
    sheet = root / "shared" / "sheet.typ"
    text = sheet.read_text(encoding="utf-8")
    assert measure in text
    sheet.write_text(text.replace(measure, moved), encoding="utf-8")

    def compile_shifted(payload: str) -> bytes:
        compiler = typst.Compiler(
            input=str(root / "main.typ"),
            root=str(root),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
        )
        made = compiler.compile(
            format="pdf", sys_inputs={"data": payload}, pdf_standards=["a-2a", "ua-1"]
        )
        assert isinstance(made, bytes)
        return made

    return compile_shifted


def test_a_proof_carries_the_barcode_too_and_passes_the_same_checks() -> None:
    assert render_proof(LETTERS[:1], SENDER).pages == 2
