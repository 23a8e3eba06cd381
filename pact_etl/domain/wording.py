"""Words that a letter may not use, because a law was repealed or because they are true of few students only.

Which words those are is dated data of the law file. That a text is clear and kind is for the templates.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWording:
    """Words by language: never to be used, and to be used of a chronic truant only (EC 48263.6)."""

    forbidden: Mapping[str, tuple[str, ...]]
    chronic_truants_only: Mapping[str, tuple[str, ...]]


def unlawful_words(
    text: str, wording: LetterWording, *, every_student_is_chronic_truant: bool
) -> tuple[str, ...]:
    """The words of a text that it may not hold, in any language: letters carry more than one.

    Args:
        text: everything a reader of the letter sees.
        wording: of the letter's day.
        every_student_is_chronic_truant: whether `ladder.stage_of` says so of each student on the letter.
    """
    seen = " ".join(text.casefold().split())
    groups = [wording.forbidden]
    if not every_student_is_chronic_truant:
        groups.append(wording.chronic_truants_only)
    words = {word for group in groups for language in group.values() for word in language}
    return tuple(sorted(word for word in words if _begins_a_word(word.casefold(), seen)))


def _begins_a_word(word: str, seen: str) -> bool:
    """Whether a word of the text begins with it: Persian "children" ends in "prison". Chinese has no spaces."""
    if "\u4e00" <= word[0] <= "\u9fff":
        return word in seen
    return re.search(rf"(?<!\w){re.escape(word)}", seen) is not None
