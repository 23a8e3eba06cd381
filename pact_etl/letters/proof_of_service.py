"""The proof of service that goes with a notice: a form of one page for the office, apart from what the family gets."""

import json
from dataclasses import dataclass
from datetime import date

from pact_etl.domain.letter import Letter, Sender
from pact_etl.letters.composing import as_numbers
from pact_etl.letters.fonts import FAMILIES
from pact_etl.letters.languages import wording_of
from pact_etl.letters.speech import Speech
from pact_etl.letters.typesetting import compile_slice

TEMPLATE = "proof_of_service.typ"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOfService:
    """What the form says of one piece.

    Attributes:
        notice: code of the notice.
        section: the section that the notice is given under.
        last_day: the last day on which service is in time.
        enter: how the office enters it afterwards.
    """

    notice: str
    letter: Letter
    person: int
    persons: int
    section: str
    last_day: date
    enter: str


def render_proof_of_service(form: ProofOfService, sender: Sender) -> bytes:
    """Set the empty form of one piece. The same values give the same bytes.

    Raises:
        InvariantBroken: the typesetter refused it; letters that are printable have forms that are.
    """
    letter, speech = form.letter, Speech(wording_of("eng"))
    meeting = letter.meeting
    assert meeting is not None  # it is the notice of one
    hours = "".join(run.text for run in speech.time_span(meeting.starts, meeting.ends))
    payload = {
        "title": "Proof of service",
        "dated": as_numbers(letter.as_of),
        "fonts": FAMILIES,
        "office": sender.office,
        "notice": form.notice,
        "piece": letter.piece_id,
        "person": form.person,
        "persons": form.persons,
        "section": form.section,
        "recipient": letter.recipient.name or letter.recipient.lines[0],
        "address": ", ".join(letter.recipient.lines[1:]),
        "minor": ", ".join(f"{s.first_name} {s.last_name}".strip() for s in letter.students),
        "meeting": ", ".join(
            part
            for part in (
                speech.long_date(meeting.date),
                hours,
                meeting.place,
                meeting.street,
                meeting.city,
            )
            if part
        ),
        "last_day": speech.long_date(form.last_day),
        "mark": f"{form.notice}, {letter.piece_id}, proof of service, page 1 of 1",
        "watermark": letter.watermark,
        "enter": form.enter,
    }
    return compile_slice(json.dumps(payload, ensure_ascii=False), TEMPLATE)
