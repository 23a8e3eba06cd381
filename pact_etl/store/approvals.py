"""Every answer of a named person about a batch or one of its letters: written once, never changed."""

from sqlalchemy import Connection, text

from pact_etl.domain.approval import Answer, Said

KEEP = """
INSERT INTO approval (batch_id, answer, said_by, reason, letters)
VALUES (:batch, :answer, :by, :reason, CAST(:letters AS bigint[]))
"""

ANSWERS = (
    "SELECT answer, said_by, reason, letters FROM approval WHERE batch_id = :batch ORDER BY id"
)


def keep_answer(connection: Connection, batch_id: int, said: Said) -> None:
    """Write an answer down; the database refuses a second yes of the same person."""
    keys = {
        "batch": batch_id,
        "answer": said.answer.value,
        "by": said.by.strip(),
        "reason": said.reason.strip(),
        "letters": sorted(said.letters),
    }
    connection.execute(text(KEEP), keys)


def answers_of(connection: Connection, batch_id: int) -> list[Said]:
    """What has been said of a batch so far, oldest first."""
    rows = connection.execute(text(ANSWERS), {"batch": batch_id})
    return [
        Said(
            answer=Answer(row.answer),
            by=row.said_by,
            reason=row.reason,
            letters=frozenset(row.letters),
        )
        for row in rows
    ]
