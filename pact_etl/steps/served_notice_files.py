"""Where a notice's PDFs lie: a proof, the pieces to serve, and apart from them the forms for the office.

Set from what was frozen, so that a run that dies is completed by the next one with the same bytes. Names of files are
opaque, and only the account of the service can read them.
"""

import hashlib
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pact_etl.domain.errors import InvariantBroken
from pact_etl.domain.letter import Letter, Sender
from pact_etl.letters import ProofOfService, render_batch, render_proof_of_service
from pact_etl.settings import Settings
from pact_etl.steps.export import as_csv
from pact_etl.store.served_notices import ServedNotice, notice_code
from pact_etl.store.served_pieces import Piece
from pact_etl.wiring import Collaborators

SERVE, OFFICE, LIST = "to_serve", "for_the_office", "pieces.csv"


def lay_out(using: Collaborators, notice: ServedNotice, pieces: Sequence[Piece]) -> None:
    """Write the pieces of an issued notice, their forms and the list of them; repeating it writes the same again.

    Raises:
        InvariantBroken: what was frozen no longer gives the bytes that were booked; nothing of it is to be served.
    """
    folder = _folder(using.settings, notice.id)
    assert notice.last_day is not None  # booked when it was issued
    rows = []
    for piece in pieces:
        code = piece.letter.piece_id
        pdf = render_batch([piece.letter], piece.sender).pdf
        form = form_of(
            using, notice, piece.letter, piece.sender, piece.person, len(pieces), notice.last_day
        )
        booked = (piece.pdf_sha256, piece.form_sha256)
        if (hashlib.sha256(pdf).hexdigest(), hashlib.sha256(form).hexdigest()) != booked:
            raise InvariantBroken(
                f"{notice_code(notice.id)}: a piece is no longer set as it was issued; withdraw it"
            )
        _put(folder / SERVE / f"{code}.pdf", pdf)
        _put(folder / OFFICE / f"{code}-proof-of-service.pdf", form)
        rows.append(
            {
                "notice": notice_code(notice.id),
                "person": piece.person,
                "piece": code,
                "language": piece.language,
                "pages": piece.pages,
                "last_day_to_serve": notice.last_day.isoformat(),
                "meeting_on": notice.meeting.date.isoformat(),
                "serve": f"{SERVE}/{code}.pdf",
                "sha256": piece.pdf_sha256,
                "keep": f"{OFFICE}/{code}-proof-of-service.pdf",
            }
        )
    _put(folder / LIST, as_csv(rows))
    _proof(using.settings, notice.id).unlink(missing_ok=True)


def form_of(
    using: Collaborators,
    notice: ServedNotice,
    letter: Letter,
    sender: Sender,
    person: int,
    persons: int,
    last_day: date,
) -> bytes:
    """The empty proof of service of one piece."""
    section = using.statutes.sections["da_meeting"].citation
    code = notice_code(notice.id)
    return render_proof_of_service(
        ProofOfService(
            notice=code,
            letter=letter,
            person=person,
            persons=persons,
            section=section,
            last_day=last_day,
            enter=f"Enter it the same day: pact case notice served {code} --person {person}",
        ),
        sender,
    )


def put_proof(settings: Settings, notice: int, pdf: bytes) -> None:
    """The proof of a prepared notice, under a watermark."""
    _put(_proof(settings, notice), pdf)


def proof_path(settings: Settings, notice: int) -> Path:
    """Where a prepared notice's proof lies."""
    return _proof(settings, notice)


def take_away(settings: Settings, notice: int) -> None:
    """Nothing of a notice lies there any more; what was frozen stays on record."""
    _proof(settings, notice).unlink(missing_ok=True)
    if _folder(settings, notice).exists():
        shutil.rmtree(_folder(settings, notice))


def _folder(settings: Settings, notice: int) -> Path:
    return settings.served / notice_code(notice)


def _proof(settings: Settings, notice: int) -> Path:
    return settings.served / "proofs" / f"{notice_code(notice)}.pdf"


def _put(path: Path, content: bytes) -> None:
    """A file that is whole or not there, for this account's eyes alone."""
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_bytes(content)
    part.replace(path)
