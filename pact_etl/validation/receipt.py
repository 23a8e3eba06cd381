"""The receipt: one page that tells a district what became of its delivery. Markdown, format version 1.

Counts, reason codes, code names and school codes only; nothing about a child.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import FAMILY_REASONS
from pact_etl.validation.wording import WORDING

Books = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a receipt is about.

    `books` is table to received, recorded, unchanged, quarantined; `reasons` counts rows set aside; `unknown_codes`
    counts rows by raw code; `held_schools` is school code to the reason why its letters wait; `unstated_days` are
    schooldays of which no delivery ever spoke. `bad_addresses` counts addresses of this delivery by what is wrong,
    `students_without_reader` enrolled students of whom no adult may be written to, `letters_returned` letters that came
    back and whose families the district has not changed since, by the post office's reason, `letters_held` letters that
    wait by reason, as the last planning left them.
    """

    district: str
    as_of: date
    books: Books = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    unknown_codes: Mapping[str, int] = field(default_factory=dict)
    held_schools: Mapping[str, str] = field(default_factory=dict)
    silent_schools: Sequence[str] = ()
    unstated_days: Sequence[date] = ()
    bad_addresses: Mapping[str, int] = field(default_factory=dict)
    students_without_reader: int = 0
    letters_returned: Mapping[str, int] = field(default_factory=dict)
    letters_held: Mapping[str, int] = field(default_factory=dict)


def receipt(delivery: Delivery) -> str:
    """The page for a delivery that was taken over."""
    parts = [
        _title(delivery),
        "Thank you. Your delivery was taken over.",
        _books_table(delivery.books),
    ]
    if delivery.reasons:
        parts.append(_reasons_table(delivery.reasons))
    if delivery.unknown_codes:
        lines = [
            f"- `{code.replace('`', '')}`: {count} rows"
            for code, count in sorted(delivery.unknown_codes.items())
        ]
        parts.append("\n".join(["## Codes nobody has explained", "", *lines]))
    if delivery.bad_addresses or delivery.students_without_reader or delivery.letters_returned:
        parts.append(_unreachable(delivery))
    if delivery.letters_held:
        parts.append(_letters(delivery.letters_held))
    if delivery.held_schools:
        lines = [
            f"- {school}: {reason}" for school, reason in sorted(delivery.held_schools.items())
        ]
        parts.append("\n".join(["## Schools whose letters wait", "", *lines]))
    if delivery.silent_schools:
        lines = [f"- {school}" for school in sorted(delivery.silent_schools)]
        text = "These schools had absences before and sent no row. Nothing of theirs was changed."
        parts.append("\n".join(["## Schools that sent nothing", "", text, "", *lines]))
    if delivery.unstated_days:
        lines = [f"- {day.isoformat()}" for day in delivery.unstated_days]
        text = (
            "No delivery of yours ever spoke of these schooldays, so everybody counts as present on them. "
            "Please send one file that reaches back to the first of them."
        )
        parts.append("\n".join(["## Days that were never delivered", "", text, "", *lines]))
    return "\n\n".join(parts) + "\n"


def refusal(delivery: Delivery, error: SubmissionRefused) -> str:
    """The page for a delivery that could not be used."""
    place = ", ".join(part for part in (error.file, error.field) if part)
    lines = [f"- reason: `{error.reason.value}`"]
    if place:
        lines.append(f"- where: {place}")
    if error.detail:
        lines.append(f"- detail: {error.detail}")
    meaning = WORDING.get(error.reason, "Please call us.")
    said = "Your delivery was not used, and nothing of it was recorded."
    return "\n\n".join([_title(delivery), said, "\n".join(lines), meaning]) + "\n"


def _title(delivery: Delivery) -> str:
    return f"# {delivery.district}: attendance of {delivery.as_of.isoformat()}"


def _books_table(books: Books) -> str:
    names = ("received", "recorded", "unchanged", "quarantined")
    rows = [
        f"| {table} | " + " | ".join(str(book.get(n, 0)) for n in names) + " |"
        for table, book in books.items()
    ]
    totals = [str(sum(book.get(n, 0) for book in books.values())) for n in names]
    head = ["| table | sent | recorded | unchanged | set aside |", "|---|---:|---:|---:|---:|"]
    return "\n".join([*head, *rows, f"| all | {' | '.join(totals)} |"])


def _unreachable(delivery: Delivery) -> str:
    lines = [f"- {count} addresses: `{fault}`" for fault, count in delivery.bad_addresses.items()]
    if delivery.students_without_reader:
        count = delivery.students_without_reader
        lines.append(f"- {count} enrolled students without an adult who may be written to")
    if delivery.letters_returned:
        count = sum(delivery.letters_returned.values())
        lines.append(
            f"- {count} letters that the post office brought back; please ask these families for their address: "
            "each night's `returned_letters.csv` names them"
        )
        lines += [f"  - {n}: `{reason}`" for reason, n in delivery.letters_returned.items()]
    return "\n".join(["## Families a letter cannot reach", "", *lines])


def _letters(held: Mapping[str, int]) -> str:
    """Holds for a family's sake are one figure."""
    lines = [
        f"- {count}: `{reason}`" for reason, count in held.items() if reason not in FAMILY_REASONS
    ]
    family = sum(count for reason, count in held.items() if reason in FAMILY_REASONS)
    if family:
        lines.append(f"- {family}: a person must look first")
    return "\n".join(["## Letters that wait", "", *lines])


def _reasons_table(reasons: Mapping[str, int]) -> str:
    rows = [
        f"| {count} | `{reason}` | {WORDING.get(Reason(reason), '')} |"
        for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    ]
    head = ["## Rows set aside", "", "| rows | reason | meaning |", "|---:|---|---|"]
    return "\n".join([*head, *rows, "", "The reject file names every one of them by line."])
