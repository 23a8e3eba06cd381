"""Every language says the same things, in plain words, and threatens nobody."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import fields, replace

import pytest

from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters import lint, template_languages
from pact_etl.letters.fonts import FONTS
from pact_etl.letters.kinds import PARAGRAPHS
from pact_etl.letters.languages import (
    LetterLabels,
    RecordLabels,
    texts_of,
    wording_of,
    written_languages,
)
from pact_etl.letters.lint import page_faults, wording_faults
from pact_etl.letters.samples import longest_letter
from pact_etl.letters.typesetting import TEMPLATES
from tests.letter_factories import MEETING

# PC 270.1 is repealed, the ladder is not documented, and an invitation does not threaten.
UNWELCOME = {
    "eng": "truan chronic 270 jail prison fine misdemeanor crime criminal prosecut penalt arrest charge must violat",
    "spa": "ausentismo crónic 270 cárcel prisión multa delito crimen criminal enjuici castig arrest cargo debe viola",
    "rus": "прогул хронич 270 тюр штраф преступ уголовн арест наказ обязан должны наруш",
    "ukr": "прогул хроніч 270 тюр в’язн штраф злочин кримінал арешт покара зобов мусите повинні поруш",
    "hmn": "khiav 270 nkuaj nplua txhaum",
    "vie": "trốn kinh-niên 270 tù phạt tội hình-phạt bắt-giữ buộc vi-phạm",
    "yue": "逃學 曠課 長期 270 監獄 坐牢 罰 罪 起訴 逮捕 必須 違",
    "cmn": "逃学 旷课 长期 270 监狱 坐牢 罚 罪 起诉 逮捕 必须 违",
    "pan": "ਭਗੌੜਾ 270 ਜੇਲ੍ਹ ਕੈਦ ਜੁਰਮਾਨਾ ਜੁਰਮ ਅਪਰਾਧ ਸਜ਼ਾ ਗ੍ਰਿਫ਼ਤਾਰ ਮੁਕੱਦਮਾ ਲਾਜ਼ਮੀ",
    "ara": "هروب تهرب مزمن 270 سجن السجن غرامة جريمة جنحة عقوبة اعتقال يجب مخالف",
    "fas": "فرار مزمن 270 زندان حبس جریمه جرم مجازات بازداشت باید تخلف",
    "prs": "گریز مزمن 270 زندان محبس جریمه جرم جزا مجازات گرفتار باید تخلف",
    "pus": "تېښته دوامدار 270 زندان بند جریمه جرم سزا نیول باید سرغړون",
}


def used_by_the_templates() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.typ"))
    return set(re.findall(r"\bw\.(?:letter|record)\.([a-z_]+)", "\n".join(sources)))


def said(language: str, kind: LetterKind) -> str:
    return " ".join(texts_of(wording_of(language).said_in(kind))).lower()


def begins_a_word(word: str, text: str) -> bool:
    start = "" if "\u4e00" <= word[0] <= "\u9fff" else r"(?<!\w)"
    return re.search(start + re.escape(word), text) is not None


def test_the_languages_are_those_whose_files_are_there() -> None:
    assert template_languages() == set(
        ["eng", "spa", "rus", "ukr", "hmn", "vie", "yue", "cmn", "pan", "ara", "fas", "prs", "pus"]
    )


@pytest.mark.parametrize("kind", LetterKind)
@pytest.mark.parametrize("language", sorted(written_languages()))
def test_every_language_says_the_same_whole_in_characters_that_print(
    language: str, kind: LetterKind
) -> None:
    if language in template_languages(kind):
        assert wording_faults(language, kind) == []


def test_the_templates_use_no_word_that_the_files_lack() -> None:
    assert used_by_the_templates() <= {
        field.name for labels in (LetterLabels, RecordLabels) for field in fields(labels)
    }


@pytest.mark.parametrize("language", sorted(template_languages()))
def test_a_letter_threatens_nobody_and_calls_nobody_names(language: str) -> None:
    text = said(language, LetterKind.PACT_INVITATION)
    words = [word.replace("-", " ") for word in UNWELCOME[language].split()]

    assert [word for word in words if begins_a_word(word, text)] == []


def test_templates_hold_no_address_and_fetch_nothing() -> None:
    sources = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.typ")]

    assert not [s for s in sources if "@preview" in s or "http" in s or "eval(" in s]


@pytest.mark.parametrize("kind", sorted(PARAGRAPHS))
@pytest.mark.parametrize("language", sorted(written_languages()))
def test_the_longest_plausible_household_fits_its_pages(language: str, kind: LetterKind) -> None:
    if language in template_languages(kind):
        assert page_faults(language, kind) == []


def broken(
    monkeypatch: pytest.MonkeyPatch,
    kind: LetterKind = LetterKind.PACT_INVITATION,
    missed: Mapping[str, str] | None = None,
    **clauses: str | None,
) -> list[str]:
    """The faults of a Spanish letter with some clauses changed, or left out."""
    whole = wording_of("spa")
    said = {**whole.kinds[kind], **clauses}
    changed = {name: text for name, text in said.items() if text is not None}
    other = replace(whole, kinds={kind: changed}, missed=replace(whole.missed, **missed or {}))
    monkeypatch.setattr(
        lint, "wording_of", lambda code, own=(): other if code == "spa" else wording_of(code)
    )
    return wording_faults("spa", kind)


@pytest.mark.parametrize(
    ("clauses", "fault"),
    [
        ({"nature": None}, "nature: clause missing"),
        ({"nature": " "}, "nature: empty"),
        ({"threat": "Venga."}, "threat: no such clause in this kind"),
        (
            {"closing": "Llame al {phone}."},
            "clauses.closing: placeholders ['phone'], not ['email', 'phone']",
        ),
        ({"nature": "*Esto es"}, "clauses.nature: bold that does not end"),
        ({"nature": "Esto {es"}, "clauses.nature: a brace that is no placeholder"),
        ({"nature": "Esto es ก"}, "clauses.nature: no glyph for ก"),
    ],
)
def test_the_lint_names_the_clause_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, clauses: dict[str, str | None], fault: str
) -> None:
    assert broken(monkeypatch, **clauses) == [fault]


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        (
            {"one_late": "{name} llegó tarde en *{late} de {enrolled} días*."},
            "missed.one_late: does not say 30",
        ),
        (
            {"each_both": "{name} (faltó *{missed} de {enrolled} días*)"},
            "missed.each_both: placeholders ['enrolled', 'missed', 'name'],"
            " not ['enrolled', 'late', 'missed', 'name']",
        ),
    ],
)
def test_the_lint_holds_the_counting_sentences_to_the_english_ones(
    monkeypatch: pytest.MonkeyPatch, sentence: dict[str, str], fault: str
) -> None:
    assert broken(monkeypatch, missed=sentence) == [fault]


def test_a_statutory_notice_names_its_sections_in_every_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    section = "Este aviso se da conforme a la ley."
    assert broken(monkeypatch, LetterKind.MEETING_NOTICE, section_invoked=section) == [
        "clauses.section_invoked: does not say 601.3"
    ]


def test_a_text_that_runs_over_its_page_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    crowded = replace(
        longest_letter(LetterKind.PACT_INVITATION, "spa"),
        meeting=replace(MEETING, parking={"eng": "Turn left. " * 90}),
    )
    monkeypatch.setattr(lint, "longest_letter", lambda kind, code: crowded)

    assert page_faults("spa", LetterKind.PACT_INVITATION) == ["longest letter: page_count_wrong"]


def test_every_font_is_the_file_that_its_page_says() -> None:
    page = (FONTS / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", page, re.MULTILINE))
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FONTS.glob("*.[ot]tf")
    }

    assert listed == found
    assert sum(path.stat().st_size for path in FONTS.glob("*.[ot]tf")) < 3_000_000
