"""Whether the words of a letter may be used on its day: a repealed threat, or a name that only the full ladder allows.

Reads the templates and the county's own texts. Names and addresses are left out: a person may be called anything.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import cache

from pact_etl.domain.letter import Letter, OwnText, Sender
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.wording import LetterWording, unlawful_words
from pact_etl.letters.kinds import PARAGRAPHS
from pact_etl.letters.languages import texts_of, wording_of

SERVED = "served_in_person_or_by_certified_mail"
"""Of a notice under WIC 601.3 in a batch: a batch goes out with ordinary mail."""


def find_unlawful(
    letters: Iterable[Letter],
    sender: Sender,
    wording: LetterWording,
    chronic_truants: Collection[str],
    *,
    by_mail: bool = True,
) -> dict[str, str]:
    """What keeps each letter of a batch from the mail by law, by piece id: words that it may not use, or its kind.

    Args:
        letters: the letters of a batch.
        sender: the letterhead.
        wording: of the day they leave.
        chronic_truants: piece ids of letters whose every student the ladder allows to be called a chronic truant.
        by_mail: whether they go out with ordinary mail; a notice that a statute wants served does not.
    """
    faults = {}
    # Most letters of a batch say the same but for names and numbers, so each text is read once.
    read: dict[tuple[tuple[str, ...], bool], tuple[str, ...]] = {}
    for letter in letters:
        said = (tuple(_texts(letter, sender)), letter.piece_id in chronic_truants)
        if said not in read:
            texts, are_chronic_truants = said
            read[said] = unlawful_words(
                " \n ".join(texts), wording, every_student_is_chronic_truant=are_chronic_truants
            )
        words = read[said]
        if letter.kind.is_served and by_mail:
            faults[letter.piece_id] = SERVED
        elif words:
            faults[letter.piece_id] = f"unlawful_words: {', '.join(words)}"
    return faults


def unlawful_text(
    code: str, kind: LetterKind, own_words: tuple[OwnText, ...], wording: LetterWording
) -> tuple[str, ...]:
    """The words that a kind may not use in a language, whoever gets the letter; see `domain.wording`."""
    said = _wording(code, kind, own_words)
    return unlawful_words(said, wording, every_student_is_chronic_truant=False)


def differs_from_law(kind: LetterKind, items: Collection[str], never: Collection[str]) -> bool:
    """Whether a kind's clauses lack an item that the law of a day asks for, or have one that it forbids."""
    clauses = {name for paragraph in PARAGRAPHS[kind] for name in paragraph}
    return not set(items) <= clauses or bool(set(never) & clauses)


def _texts(letter: Letter, sender: Sender) -> Iterator[str]:
    yield from (sender.office, sender.program, sender.signatory_title, sender.website)
    for language in letter.languages:
        yield _wording(language, letter.kind, sender.own_words)
    if letter.notice_in:
        yield wording_of(letter.notice_in, sender.own_words).language.notice
    if letter.meeting is not None:
        yield from letter.meeting.notes()


@cache
def _wording(language: str, kind: LetterKind, own_words: tuple[OwnText, ...]) -> str:
    return " \n ".join(texts_of(wording_of(language, own_words).said_in(kind)))
