"""A county's own words, from `config/letters/`: printed, reviewed and checked like those of the software."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from pact_etl.districts import load_county
from pact_etl.domain.errors import SettingsError
from pact_etl.domain.letter import OwnText, Sender
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.letters import find_unlawful
from pact_etl.letters.composing import compose
from pact_etl.letters.languages import fingerprint, wording_of
from pact_etl.letters.lint import require_whole
from pact_etl.letters.samples import SAMPLE_SENDER, sample_letter
from pact_etl.settings import Settings
from pact_etl.wiring import Collaborators
from tests.policies import CONFIG, COUNTY, STATUTES

KIND = LetterKind.PACT_INVITATION
SPEAKERS = "*Who will be there?* A judge, a lawyer and people from your school."


def own(text: str, name: str = "speakers", section: str = "pact_invitation") -> Sender:
    said = OwnText(language="eng", section=section, name=name, text=text)
    return replace(SAMPLE_SENDER, own_words=(said,))


def paragraphs(sender: Sender) -> str:
    said = compose(sample_letter(KIND, "eng"), "eng", sender)
    runs = [run for part in said["first"]["parts"] for run in part.get("runs", ())]
    return "".join(run.text for run in runs)


def test_a_file_in_the_countys_folder_is_read_and_printed(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "county.yaml").write_bytes((CONFIG / "county.yaml").read_bytes())
    (tmp_path / "letters" / "eng.yaml").write_text(f'pact_invitation:\n  speakers: "{SPEAKERS}"\n')

    sender = load_county(tmp_path).sender

    assert sender == replace(COUNTY.sender, own_words=own(SPEAKERS).own_words)
    assert "A judge, a lawyer and people from your school." in paragraphs(sender)
    assert "A judge, a lawyer" not in paragraphs(SAMPLE_SENDER)


def test_other_words_are_another_text_to_review_and_other_kinds_and_languages_stay() -> None:
    words = own(SPEAKERS).own_words

    assert fingerprint("eng", KIND, words) != fingerprint("eng", KIND)
    assert fingerprint("spa", KIND, words) == fingerprint("spa", KIND)
    assert fingerprint("eng", LetterKind.THANK_YOU, words) == fingerprint(
        "eng", LetterKind.THANK_YOU
    )


def using(sender: Sender) -> Collaborators:
    return Collaborators(
        settings=Settings(),
        engine=create_engine("postgresql+psycopg://nobody@localhost:1/none"),
        county=replace(COUNTY, sender=sender),
        districts={},
        statutes=STATUTES,
    )


def test_nothing_is_mailed_in_words_that_nobody_has_read() -> None:
    assert {"eng", "spa"} <= using(SAMPLE_SENDER).languages_of(KIND).mailed

    assert using(own(SPEAKERS)).languages_of(KIND).mailed == set()
    with pytest.raises(SettingsError, match=r"letters/eng\.yaml"):
        using(own("Come on {day}.")).languages_of(KIND)


@pytest.mark.parametrize(
    ("sender", "fault"),
    [
        (own("Come on {day}."), "placeholders"),
        (own("*Who will be there?"), "bold that does not end"),
        (own("\u2603 A judge."), "no glyph"),
        (own(" "), "empty"),
        (own("Call {office} by {dispute_by}.", "dispute_office"), "placeholders"),
        (own("{name} was late on {late} of {enrolled} days.", "one_late", "missed"), "30"),
    ],
)
def test_words_that_lose_something_stop_planning_and_are_named(sender: Sender, fault: str) -> None:
    with pytest.raises(SettingsError, match=rf"letters/eng\.yaml: pact_invitation: .*{fault}"):
        require_whole(KIND, sender.own_words)


@pytest.mark.parametrize(
    ("section", "name"),
    [("pact_invitation", "speeches"), ("invitation", "speakers"), ("language", "months")],
)
def test_what_no_letter_says_cannot_be_reworded(section: str, name: str) -> None:
    with pytest.raises(SettingsError, match=rf"letters/eng\.yaml: {section}\.{name}: no such text"):
        wording_of("eng", own("x", name, section).own_words)


@pytest.mark.parametrize(
    "content", ["pact_invitation: hello\n", "pact_invitation: {speakers: 7}\n"]
)
def test_a_file_of_another_form_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "county.yaml").write_bytes((CONFIG / "county.yaml").read_bytes())
    (tmp_path / "letters" / "eng.yaml").write_text(content)

    with pytest.raises(SettingsError, match=r"letters/eng\.yaml: pact_invitation"):
        load_county(tmp_path)


def test_what_repealed_law_said_stays_forbidden_in_a_countys_own_words() -> None:
    letter = sample_letter(KIND, "eng")
    law = STATUTES.wording_on(letter.as_of)

    assert find_unlawful([letter], own(SPEAKERS), law, chronic_truants=()) == {}
    [fault] = find_unlawful([letter], own("You may go to jail."), law, chronic_truants=()).values()
    assert fault == "unlawful_words: jail"
