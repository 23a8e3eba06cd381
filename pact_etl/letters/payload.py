"""Letters as the JSON the templates read. Text stays text: no escaping, because no template evaluates it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pact_etl.domain.intelligent_mail import bars
from pact_etl.domain.letter import Letter, Sender
from pact_etl.letters.composing import as_numbers, compose
from pact_etl.letters.fonts import FAMILIES
from pact_etl.letters.languages import wording_of

TITLE = "PACT letters"
DISTRICTS_TITLE = "Notices about school attendance"
"""In the PDF's metadata, where a reader of a district's own notices finds no name of the county's program."""


def slice_payload(letters: Sequence[Letter], sender: Sender, dated: date) -> str:
    """The whole input of one compile.

    Args:
        letters: the letters of the slice, in print order.
        sender: the letterhead.
        dated: the date in the PDF's metadata, the same for every slice of a batch.
    """
    codes = {code for letter in letters for code in (*letter.languages, letter.notice_in) if code}
    return json.dumps(
        {
            "title": DISTRICTS_TITLE if letters[0].kind.is_districts else TITLE,
            "dated": as_numbers(dated),
            "sender": _letterhead(sender),
            "words": {code: _words(code, sender) for code in sorted(codes)},
            "letters": [_letter(letter, sender) for letter in letters],
        },
        ensure_ascii=False,
    )


def _letter(letter: Letter, sender: Sender) -> dict[str, Any]:
    return {
        "piece_id": letter.piece_id,
        "page_count": letter.page_count,
        "address": letter.recipient.lines,
        "bars": bars(letter.imb) if letter.imb else "",
        "watermark": letter.watermark,
        "texts": [compose(letter, code, sender) for code in letter.languages],
    }


def _letterhead(sender: Sender) -> dict[str, Any]:
    return {name: value for name, value in asdict(sender).items() if name != "own_words"}


def _words(code: str, sender: Sender) -> dict[str, Any]:
    """What of a language the templates use for every letter alike."""
    wording = wording_of(code, sender.own_words)
    language = wording.language
    lang, _, region = language.tag.partition("-")
    return {
        "lang": lang,
        "region": region or "US",
        "direction": language.direction,
        "fonts": list(dict.fromkeys((FAMILIES[0], language.font, *FAMILIES))),
        "label_width": language.label_width,
        "months": language.months,
        "month_title": language.month_title,
        "weekday_initials": language.weekday_initials,
        "letter": asdict(wording.letter),
        "record": asdict(wording.record),
    }
