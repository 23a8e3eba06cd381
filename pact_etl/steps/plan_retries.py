"""Retries in the night's plan: failed letters that a named person wants made again, with every check anew.

The letter that takes a failed one's place is a new one with a piece id of its own, for the vendor has seen the old id.
It goes to whichever home of the student has no letter yet, and waits for approval like any other.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from pact_etl.domain.county import County
from pact_etl.domain.reasons import Reason
from pact_etl.domain.routing import Routing
from pact_etl.store.invitations import Decision
from pact_etl.store.planning import Candidate
from pact_etl.store.retries import Retried, homes_reached, retries_ended
from pact_etl.store.tasks import open_tasks_of


def decide_retries(
    connection: Connection,
    county: County,
    as_of: date,
    retried: Sequence[Retried],
    routing_of: Callable[[int], Routing],
    decide: Callable[[Candidate, Routing], Decision],
) -> list[Decision]:
    """What becomes of each; one that cannot be written tonight is somebody's task again.

    Args:
        connection: inside the planning transaction.
        county: for whose work it is.
        as_of: the night.
        retried: whose letters are wanted again.
        routing_of: by finding, the homes that may be written to.
        decide: how the night decides about any candidate.
    """
    reached = homes_reached(connection, [one.invitation_id for one in retried])
    decisions, unsent = [], []
    for one in retried:
        found = routing_of(one.finding_id)
        homes = tuple(
            e for e in found.envelopes if (one.invitation_id, e.household_key) not in reached
        )
        if not homes and not found.holds:
            unsent.append(one.invitation_id)  # every home has its letter, or a person's no
            continue
        candidate = Candidate(**{name: getattr(one, name) for name in Candidate.__slots__})
        decision = decide(candidate, replace(found, envelopes=homes))
        if decision.envelopes:
            decisions.append(decision)
        else:
            unsent.append(one.invitation_id)
    owner, due_on = county.duty_on(Reason.LETTER_REFUSED, as_of)
    open_tasks_of(connection, unsent, Reason.LETTER_REFUSED, owner, as_of, due_on, again=True)
    return decisions


def open_tasks_of_ended_retries(
    connection: Connection, county: County, batch_id: int, ended: Sequence[str], as_of: date
) -> None:
    """Make it somebody's task again that a home has no letter, where only another home's letter goes on.

    Args:
        connection: inside the transaction that ended the letters, after invitations without any were closed.
        county: for whose work it is.
        batch_id: theirs.
        ended: the states of the letters that are meant.
        as_of: since when.
    """
    owner, due_on = county.duty_on(Reason.LETTER_REFUSED, as_of)
    unreached = retries_ended(connection, batch_id, ended)
    open_tasks_of(connection, unreached, Reason.LETTER_REFUSED, owner, as_of, due_on, again=True)
