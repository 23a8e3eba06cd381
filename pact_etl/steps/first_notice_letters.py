"""What a night brings of first notices in one district: decided by the newest record, composed and set into one PDF."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Connection

from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError
from pact_etl.domain.first_notice import NoticeDecision, Truant, decide, pieces, without
from pact_etl.domain.letter import Letter, Recipient, RenderedPiece, Sender, StudentRecord
from pact_etl.domain.letter_kind import LetterKind
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import Routing, route
from pact_etl.domain.truancy import Rule
from pact_etl.letters import (
    LettersUnfit,
    differs_from_law,
    find_unlawful,
    find_unprintable,
    write_batch,
)
from pact_etl.store.findings import judge, students_over
from pact_etl.store.first_notice_sets import reserve_pieces
from pact_etl.store.first_notices import truants_of
from pact_etl.store.letter_records import student_records
from pact_etl.store.letter_values import piece_id
from pact_etl.store.planning import facts_of
from pact_etl.store.quarantine import held_schools
from pact_etl.store.tallies import count_tonight, recount_due
from pact_etl.store.volume import braked_nights
from pact_etl.wiring import Collaborators

KIND = LetterKind.FIRST_NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One letter, whose home it goes to and whose students are on it."""

    household_key: str
    letter: Letter
    students: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightsNotices:
    """What a night brings: decisions, their letters, and where each stands in the PDF that was written.

    `pdf_sha256` is None where there is no letter.
    """

    decisions: tuple[NoticeDecision, ...]
    pieces: tuple[Piece, ...] = ()
    rendered: Mapping[str, RenderedPiece] = field(default_factory=dict)
    pdf_sha256: str | None = None


def nights_notices(
    using: Collaborators,
    connection: Connection,
    district: District,
    district_id: int,
    as_of: date,
    pdf: Path,
) -> NightsNotices:
    """Decide, and set what is to be made.

    Args:
        using: collaborators.
        connection: inside the district's transaction; nothing but tallies and piece numbers is written.
        district: whose.
        district_id: its key.
        as_of: the newest evaluated night.
        pdf: where to write the PDF, a name that nobody looks for.

    Raises:
        SettingsError: the texts are not those of the law on that day, or the letterhead cannot be set.
    """
    law = using.statutes.first_notice_on(as_of)
    if differs_from_law(KIND, law.items, law.never):
        raise SettingsError(f"first notices: the texts do not say what the law of {as_of} asks for")
    year, since = using.year_of(as_of), district.first_notices_since(as_of)
    truants = truants_of(connection, district_id, year, since or date.max, as_of)
    open_ = [one for one in truants if one.is_open] if since is not None else []
    routings, records = _looked_at(using, connection, district, district_id, as_of, open_)
    decided = (decide(one, routings.get(one.student_id)) for one in truants)
    decisions = [one for one in decided if one is not None]
    sender = sender_of(using, district)
    while True:
        made = _pieces(using, connection, district, as_of, decisions, records)
        if not made:
            return NightsNotices(decisions=tuple(decisions))
        letters = [one.letter for one in made]
        faults = _faults(using, sender, as_of, letters)
        if not faults:
            try:
                rendered, sha256 = write_pdf(letters, sender, as_of, pdf)
            except LettersUnfit as unfit:
                faults = unfit.faults
            else:
                return NightsNotices(
                    decisions=tuple(decisions),
                    pieces=tuple(made),
                    rendered=rendered,
                    pdf_sha256=sha256,
                )
        unfit_homes = {one.household_key for one in made if one.letter.piece_id in faults}
        decisions = [without(one, unfit_homes) for one in decisions]


def sender_of(using: Collaborators, district: District) -> Sender:
    """A district's letterhead over the words that the county's reviewers have read."""
    return replace(district.sender, own_words=using.county.sender.own_words)


def write_pdf(
    letters: Iterable[Letter], sender: Sender, as_of: date, to: Path
) -> tuple[dict[str, RenderedPiece], str]:
    """Set letters under the district's letterhead, a slice at a time; where each stands, and the file's SHA-256.

    Raises:
        LettersUnfit: some cannot be printed as they must be.
    """
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    to.touch(mode=0o640)
    with to.open("wb") as file:
        rendered = write_batch(letters, sender, file, dated=as_of)
    with to.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {one.piece_id: one for one in rendered}, sha256


def _looked_at(
    using: Collaborators,
    connection: Connection,
    district: District,
    district_id: int,
    as_of: date,
    truants: Sequence[Truant],
) -> tuple[dict[int, Routing], Mapping[int, StudentRecord]]:
    """Who may be written to about each, and what their records say, counted anew tonight."""
    if not truants:
        return {}, {}
    policy, year, county = using.policy_on(as_of), using.year_of(as_of), using.county
    students = sorted({one.student_id for one in truants})
    recount_due(connection, year, as_of, policy)
    count_tonight(connection, year, as_of, policy, students)
    judge(connection, policy)
    over = students_over(connection, Rule.TRUANT)
    records = student_records(connection, year, as_of, policy, using.districts, Rule.TRUANT)
    braked = braked_nights(connection, year, county.volume_brake)
    braked |= braked_nights(connection, year, county.volume_brake, Rule.TRUANT)
    facts = facts_of(
        connection,
        [one.finding_id for one in truants],
        as_of,
        using.districts,
        held_schools(connection),
        braked,
        # What goes back to the district that sent it needs nobody's agreement but its own.
        {district.slug},
    )
    languages, rules = using.languages_of(KIND).mailed, county.routing_on(as_of)
    routings = {}
    for one in truants:
        key = (district_id, one.student_id)
        if key in over and key in records:
            found = facts[one.finding_id]
            routings[one.student_id] = route(found, as_of, policy.law, languages, rules)
        else:
            # The record changed since tonight's findings were made: the next night ends this one.
            routings[one.student_id] = Routing(envelopes=(), holds=(Reason.CORRECTED,))
    own = {student: record for (owner, student), record in records.items() if owner == district_id}
    return routings, own


def _pieces(
    using: Collaborators,
    connection: Connection,
    district: District,
    as_of: date,
    decisions: Sequence[NoticeDecision],
    records: Mapping[int, StudentRecord],
) -> list[Piece]:
    """The letters of what is to be made, each with a number of its own."""
    rule = district.first_notices_on(as_of)
    homes = pieces(decisions)
    if rule is None or not homes:
        return []
    languages = using.languages_of(KIND)
    numbers = reserve_pieces(connection, len(homes))
    return [
        Piece(
            household_key=envelope.household_key,
            students=tuple(one.student_id for one in truants),
            letter=languages.as_mailed(
                Letter(
                    piece_id=piece_id(number),
                    language=envelope.language,
                    recipient=Recipient(name=envelope.recipient, lines=envelope.lines),
                    meeting=None,
                    students=tuple(records[one.student_id] for one in truants),
                    as_of=as_of,
                    dispute_by=as_of + timedelta(days=rule.dispute_days),
                    kind=KIND,
                )
            ),
        )
        for number, (envelope, truants) in zip(numbers, homes, strict=True)
    ]


def _faults(
    using: Collaborators, sender: Sender, as_of: date, letters: Sequence[Letter]
) -> Mapping[str, str]:
    """What is known of each letter before it is set to keep it from the mail."""
    wording = using.statutes.wording_on(as_of)
    unlawful = find_unlawful(letters, sender, wording, chronic_truants=())
    return find_unprintable(letters, sender) | unlawful
