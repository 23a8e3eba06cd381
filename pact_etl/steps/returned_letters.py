"""Returned letters: each night's list for each district, of its own students, into the folder of its receipts.

The list is logged as disclosed first and written then: a run that dies in between has logged what the next one writes.
Nights that `hand_back` still looks at are written over, so nothing depends on one run.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from pact_etl.domain.disclosure import basis_for
from pact_etl.domain.returned_letter import (
    COLUMNS,
    NOT_SAID,
    Contact,
    contacts_written_to,
    new_address_on_label,
    speaks_of,
)
from pact_etl.steps.export import as_csv
from pact_etl.steps.hand_back import NIGHTS
from pact_etl.steps.returns import replace_file
from pact_etl.store.holds import holds_by_hand
from pact_etl.store.letter_values import piece_id
from pact_etl.store.returned_letters import (
    RECIPIENT,
    ReturnedLetter,
    contacts_of,
    log_told,
    returned_letters,
)
from pact_etl.store.session import slice_transaction
from pact_etl.wiring import Collaborators

logger = logging.getLogger(__name__)

FILE = "returned_letters.csv"


def tell_returned(using: Collaborators, as_of: date) -> dict[str, int]:
    """Write the lists of the last nights; repeating it writes the same.

    Returns:
        Of this night: `returns_told` rows, `returns_kept_back` because the family is protected or no basis in law is
        in force.
    """
    first = as_of - timedelta(days=NIGHTS - 1)
    lists: dict[tuple[date, str], list[dict[str, str]]] = {}
    told = kept_back = 0
    with slice_transaction(using.engine, "returned_letters") as connection:
        groups: dict[tuple[date, str], list[ReturnedLetter]] = defaultdict(list)
        letters = returned_letters(connection, first, as_of)
        for one in letters:
            groups[one.night, one.slug].append(one)
        contacts = contacts_of(connection, (one.student_id for one in letters))
        for (night, slug), members in groups.items():
            basis = basis_for(using.county.disclosures, slug, RECIPIENT, night)
            open_ones = _may_be_told(connection, members, contacts, as_of) if basis else []
            if basis and open_ones:
                log_told(connection, open_ones, basis, night)
            lists[night, slug] = [_row(one, contacts) for one in open_ones]
            if night == as_of:
                told += len(open_ones)
                kept_back += len(members) - len(open_ones)
    for (night, slug), rows in lists.items():
        folder = using.settings.returns / night.isoformat() / slug
        if rows or (folder / FILE).exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            replace_file(folder / FILE, as_csv(rows, COLUMNS))
    return {"returns_told": told, "returns_kept_back": kept_back}


def _may_be_told(
    connection: Connection,
    letters: Sequence[ReturnedLetter],
    contacts: Mapping[int, Mapping[int, list[Contact]]],
    as_of: date,
) -> list[ReturnedLetter]:
    by_hand = holds_by_hand(connection, [one.student_id for one in letters], as_of)
    found = []
    for one in letters:
        entered = by_hand[one.student_id].told if one.student_id in by_hand else frozenset()
        around = contacts.get(one.student_id, {}).values()
        if speaks_of(one.flags | entered, [c.adult for group in around for c in group]):
            found.append(one)
    return found


def _row(
    one: ReturnedLetter, contacts: Mapping[int, Mapping[int, list[Contact]]]
) -> dict[str, str]:
    own = contacts.get(one.student_id, {}).get(one.district_id, [])
    endorsement = one.reason or NOT_SAID
    values = (
        one.local_ids,
        " ".join(contacts_written_to(one.recipient, one.lines, own)),
        piece_id(one.notice),
        one.mailed_on.isoformat() if one.mailed_on else "",
        one.returned_on.isoformat(),
        endorsement,
        new_address_on_label(endorsement),
    )
    return dict(zip(COLUMNS, values, strict=True))
