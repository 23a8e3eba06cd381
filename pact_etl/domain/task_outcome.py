"""How a by-hand task about a letter that is out can end. A task about a hold ends with the hold, by itself."""

from collections.abc import Mapping
from enum import StrEnum

from pact_etl.domain.reasons import Reason


class Outcome(StrEnum):
    """What came of a task. Stored by value."""

    NEW_ADDRESS = "new_address"  # the district has entered another address
    REACHED_BY_PHONE = "reached_by_phone"
    FAMILY_CALLED = "family_called"  # the family was told that the letter is wrong
    FAMILY_WRITTEN_TO = "family_written_to"  # ... by another letter, or an email
    RETRY = "retry"  # the letter is made again, with every check and an approval of its own
    MEETING_SET_ANEW = "meeting_set_anew"  # with a notice of its own
    MEETING_CALLED_OFF = "meeting_called_off"
    GIVEN_UP = "given_up"


_TOLD = (Outcome.FAMILY_CALLED, Outcome.FAMILY_WRITTEN_TO, Outcome.GIVEN_UP)

_MEETING = (
    Outcome.MEETING_SET_ANEW,
    Outcome.MEETING_CALLED_OFF,
    Outcome.FAMILY_CALLED,
    Outcome.GIVEN_UP,
)

OUTCOMES: Mapping[Reason, tuple[Outcome, ...]] = {
    Reason.LETTER_RETURNED: (Outcome.NEW_ADDRESS, Outcome.REACHED_BY_PHONE, Outcome.GIVEN_UP),
    Reason.LETTER_REFUSED: (Outcome.RETRY, Outcome.REACHED_BY_PHONE, Outcome.GIVEN_UP),
    Reason.HOME_WITHOUT_LETTER: (
        Outcome.REACHED_BY_PHONE,
        Outcome.FAMILY_WRITTEN_TO,
        Outcome.GIVEN_UP,
    ),
    Reason.MAILED_THEN_UNDONE: _TOLD,
    Reason.UNDONE_IN_PART: _TOLD,
    Reason.STANDS_AGAIN: _TOLD,
    Reason.EVENING_PAST: _TOLD,
    Reason.HOME_CHANGED: _TOLD,
    Reason.ATTENDEE_UNCLEAR: _TOLD,
    Reason.SERVED_NOTICE_UNDONE: _MEETING,
    Reason.SERVED_TOO_LATE: _MEETING,
    Reason.NOTICE_NOT_SERVED: _MEETING,
}
"""By reason; a task of any other reason is not closed by hand."""
