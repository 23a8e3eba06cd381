"""Identity: the by-hand queue of who is who, and a person's answers."""

from typing import Any

from pact_etl.domain.errors import UsageError
from pact_etl.store.identity import answer_question, open_questions
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators


def questions(using: Collaborators) -> list[dict[str, Any]]:
    """Every open question: district, its own id of the student, what is in doubt, since when. JSON-safe, no names."""
    with using.engine.connect() as connection:
        return [
            {
                "student": f"{q.slug}:{q.local_id}",
                "doubt": q.doubt,
                "opened_on": q.opened_on.isoformat(),
            }
            for q in open_questions(connection)
        ]


def answer(using: Collaborators, student: str, *, is_same: bool, by: str) -> None:
    """Answer one question; held letters are planned by the next night.

    Args:
        using: collaborators.
        student: `<district>:<local id>`, as `questions` names it.
        is_same: whether the row and whoever is known under its ids are one child.
        by: who has looked.

    Raises:
        UsageError: no such question is open, or two pasts cannot be joined.
    """
    slug, colon, local_id = student.partition(":")
    if not colon:
        raise UsageError("a student is named <district>:<local id>")
    using.district(slug)
    with slice_transaction(using.engine, f"record:{slug}") as connection:
        answer_question(connection, slug, local_id, is_same=is_same, by=by)
