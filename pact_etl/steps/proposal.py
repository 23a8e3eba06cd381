"""The question that an approver gets, in words: counts, reasons and anonymised samples, never a name."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pact_etl.domain.approval import YES, Said
from pact_etl.domain.county import County
from pact_etl.domain.letter import Letter, Missed, StudentRecord
from pact_etl.domain.plain_words import meaning_of
from pact_etl.domain.reasons import Reason
from pact_etl.domain.volume import unusual, usual
from pact_etl.store.proposals import Changes

ORIGINS = {
    "new": "new",
    "carried_over": "carried over from a batch that nobody answered",
    "was_held": "held before, and free now",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is put before an approver of one batch.

    Attributes:
        night: of the batch.
        record_as_of: the night whose record the letters speak of.
        make_up: (district, language, kind) to letters.
        before: letters of earlier batches by district, all under None.
        undone: students whom newer data takes off, by reason.
        unfit: letters that cannot be set.
        samples: with the district of each.
        said: answers so far.
        answer_by: the cut-off, where one is known.
        release_from: from when on the letters are handed over.
        proof: a link.
    """

    night: date
    record_as_of: date
    letters: int
    make_up: Mapping[tuple[str, str, str], int]
    before: Mapping[str | None, Sequence[int]]
    changes: Changes
    undone: Mapping[Reason, int]
    without_barcode: int
    unfit: int
    samples: Sequence[tuple[str, Letter]]
    said: Sequence[Said]
    answer_by: datetime | None
    release_from: datetime | None
    proof: str


def spread(letters: Sequence[tuple[str, Letter]], count: int) -> list[tuple[str, Letter]]:
    """Some letters from all over a batch: each time one whose language and district were shown least so far.

    Args:
        letters: each with its district.
        count: how many at most.
    """
    groups: dict[tuple[str, str, str], list[tuple[str, Letter]]] = defaultdict(list)
    for district, letter in letters:
        groups[letter.kind, letter.language, district].append((district, letter))
    shown: Counter[str] = Counter()
    chosen: list[tuple[str, Letter]] = []
    while groups and len(chosen) < count:
        names = min(sorted(groups), key=lambda group: sum(shown[name] for name in group))
        shown.update(names)
        # From the middle: the first letters of a district are often those of one school.
        chosen.append(groups[names].pop(len(groups[names]) // 2))
        if not groups[names]:
            del groups[names]
    return chosen


def body_of(shown: Shown, county: County) -> str:
    """The question as Markdown."""
    zone = ZoneInfo(county.time_zone)
    parts = [
        f"**{shown.letters} letters** of the night of {shown.night.isoformat()}, record as of "
        f"{shown.record_as_of.isoformat()}. [Open the proof]({shown.proof}): the samples below, set as they would be "
        f"printed; it asks you to sign in.",
        _deadline(shown, zone),
        _approvers(shown, county),
        _warnings(shown, county),
        "**What would go out**",
        _table(("district", "language", "kind", "letters"), _counted(shown.make_up)),
        "**Volume against the usual**",
        _volume(shown, county),
        f"**What changed since {shown.changes.before or 'the beginning'}**",
        _changed(shown),
        "**Held for a person**",
        _table(
            ("reason", "meaning", "students, or letters that follow another", "since tonight"),
            [
                (r, meaning_of(r.rpartition(": ")[2]), n, new)
                for r, (n, new) in shown.changes.held.items()
            ],
        ),
        f"**{len(shown.samples)} samples, anonymised**",
        "\n".join(f"- {_sample(district, letter)}" for district, letter in shown.samples),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _deadline(shown: Shown, zone: ZoneInfo) -> str:
    if shown.answer_by is None or shown.release_from is None:
        return ""
    return (
        f"Answer by **{_local(shown.answer_by, zone)}**; without an answer nothing leaves. Approved letters are handed "
        f"over from {_local(shown.release_from, zone)} on, and until then each can be pulled (`pull_letter`). "
        f"'None' and 'All but some' need a reason. An answer that cannot be taken is asked for again; the task's log "
        f"says why."
    )


def _approvers(shown: Shown, county: County) -> str:
    needed = county.mailing.approvers_on(shown.night).count
    if needed < 2:
        return ""
    yes = [said.by for said in shown.said if said.answer in YES]
    so_far = f" {', '.join(yes)} has said yes." if yes else ""
    return f"**{needed} different persons must say yes**; one no ends it.{so_far}"


def _warnings(shown: Shown, county: County) -> str:
    said = []
    if shown.without_barcode:
        said.append(
            f"**{shown.without_barcode} letters carry no Intelligent Mail barcode**: county.yaml names no mailer id "
            f"for this night (mailing, intelligent_mail)."
        )
    if shown.unfit:
        said.append(
            f"**{shown.unfit} letters cannot be set**: they are not in the proof, and release holds them for a person."
        )
    if shown.answer_by is not None and not county.vendor.knows_year(shown.answer_by.year):
        said.append(
            f"**No holidays of the vendor are listed for {shown.answer_by.year}** (county.yaml, vendor)."
        )
    return "\n\n".join(said)


def _volume(shown: Shown, county: County) -> str:
    bounds = county.mailing.usual_volume
    totals: dict[str | None, int] = {None: shown.letters}
    for (name, _, _), n in shown.make_up.items():
        totals[name] = totals.get(name, 0) + n
    totals = dict.fromkeys(shown.before, 0) | totals
    rows, warnings = [], []
    for district, n in sorted(totals.items(), key=lambda item: item[0] or ""):
        median = usual(shown.before.get(district, _none_yet(shown)), bounds)
        verdict = unusual(n, median, bounds)
        place = district or "all districts"
        rows.append((place, n, "too few batches yet" if median is None else f"{median:g}"))
        if verdict:
            warnings.append(
                f"**Unusually {verdict} letters for {place}: {n}, usually {median:g}.** Ask why before you approve."
            )
    text = f"median of the batches of {bounds.weeks} weeks"
    return "\n\n".join([*warnings, _table(("district", "letters", text), rows)])


def _none_yet(shown: Shown) -> Sequence[int]:
    """What a district without a letter so far sent in the earlier batches: nothing in each."""
    return [0] * len(shown.before.get(None, ()))


def _changed(shown: Shown) -> str:
    changes = shown.changes
    rows: list[tuple[object, ...]] = [
        (f"letters {words}", "", changes.origins.get(name, 0)) for name, words in ORIGINS.items()
    ]
    rows += [
        ("students who need no letter any more", meaning_of(r), n) for r, n in changes.gone.items()
    ]
    rows += [
        ("students taken off by newer data", meaning_of(r), n) for r, n in shown.undone.items()
    ]
    if changes.taken_out:
        meaning = meaning_of(Reason.LETTER_TAKEN_OUT)
        rows.append(("letters taken out of this batch", meaning, changes.taken_out))
    return _table(("what", "why", "number"), rows)


def _sample(district: str, letter: Letter) -> str:
    students = ", ".join(
        f"grade {s.grade}: {_counts(s)} of {s.enrolled_days} schooldays"
        if letter.kind.carries_record
        else "a student"
        for s in letter.students
    )
    said = f"`{letter.piece_id}`, {district}, {letter.language}, {letter.kind.value}, {students}"
    return said if letter.meeting is None else f"{said}, meeting {letter.meeting.date.isoformat()}"


def _counts(student: StudentRecord) -> str:
    """The days that the letter counts, as its own first sentence does."""
    days = f"{len(student.unexcused_days)} unexcused"
    late = f"{len(student.occasions_partial)} late or away over 30 minutes"
    return {Missed.DAYS: days, Missed.LATE: late, Missed.BOTH: f"{days} and {late}"}[student.missed]


def _counted(table: Mapping[tuple[str, str, str], int]) -> list[tuple[object, ...]]:
    return [(*names, n) for names, n in table.items()]


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return "none"
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%A %Y-%m-%d %H:%M %Z")
