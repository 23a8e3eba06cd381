"""Which clauses a kind of letter has, in print order. Every language must have each; the lint says which lacks one.

A paragraph is one or more clauses. A clause whose words depend on how many students the letter speaks of, or on how
many offices keep their records, is there once for one and once for several (`_one` and `_several`, `_office` and
`_offices`).
"""

from collections.abc import Mapping

from pact_etl.domain.letter_kind import LetterKind

FACTS = "facts"
"""Stands among the paragraphs for date, time and place of the meeting."""

GREETING = "greeting"
MORE = "more"
"""Clauses that letters of every kind share (`languages.LetterLabels`)."""

MISSED = "missed"
"""The sentence with the counts of days; kinds that carry the record share it (`languages.MissedSentences`)."""

BY_STUDENTS = ("_one", "_several")
BY_OFFICES = ("_office", "_offices")

PARAGRAPHS: Mapping[LetterKind, tuple[tuple[str, ...], ...]] = {
    LetterKind.PACT_INVITATION: (
        (GREETING,),
        (MISSED, "opening"),
        (FACTS,),
        ("speakers",),
        ("help",),
        ("dispute",),
        ("nature",),
        ("closing", MORE),
    ),
    LetterKind.SECOND_INVITATION: (
        (GREETING,),
        (MISSED, "opening"),
        (FACTS,),
        ("help",),
        ("dispute",),
        ("nature",),
        ("closing", MORE),
    ),
    LetterKind.DISREGARD: (
        (GREETING,),
        ("disregard",),
        ("changed",),
        ("nothing_to_do",),
        ("sorry",),
        ("closing", MORE),
    ),
    LetterKind.DISREGARD_PART: (
        (GREETING,),
        ("disregard",),
        ("changed",),
        ("stands",),
        (FACTS,),
        ("sorry",),
        ("closing", MORE),
    ),
    LetterKind.DISREGARD_LATE: (
        (GREETING,),
        ("disregard",),
        ("changed",),
        ("nothing_to_do",),
        ("sorry",),
        ("closing", MORE),
    ),
    LetterKind.THANK_YOU: (
        (GREETING,),
        ("thanks",),
        ("counts",),
        ("help",),
        ("closing", MORE),
    ),
    # Education Code 48260.5: the seven items by the names that the law file gives them.
    LetterKind.FIRST_NOTICE: (
        (GREETING,),
        (MISSED, "is_truant"),
        ("must_compel_attendance",),
        ("right_to_meet", "staff_will_help"),
        ("alternative_programs", "mental_health_services"),
        ("ten_percent_research",),
        ("dispute",),
        ("closing",),
    ),
    # Welfare and Institutions Code 601.3: its contents by the names that the law file gives them.
    LetterKind.MEETING_NOTICE: (
        ("name_and_address",),
        (MISSED, "minor"),
        ("date_time_place",),
        (FACTS,),
        ("section_invoked",),
        ("may_file_under_48293",),
        ("dispute",),
        ("closing",),
    ),
}

VARIANTS: Mapping[str, tuple[str, ...]] = {
    "opening": BY_STUDENTS,
    "is_truant": BY_STUDENTS,
    "minor": BY_STUDENTS,
    "dispute": BY_OFFICES,
}
"""Endings of the clauses that are there more than once."""


def clause_names(kind: LetterKind) -> frozenset[str]:
    """The clauses that a language's file has for a kind, its title among them."""
    shared = {FACTS, GREETING, MORE, MISSED}
    names = {name for paragraph in PARAGRAPHS[kind] for name in paragraph} - shared
    return frozenset(
        {"title"} | {name + end for name in names for end in VARIANTS.get(name, ("",))}
    )
