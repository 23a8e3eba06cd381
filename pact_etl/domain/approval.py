"""What named persons say of a batch of letters, and what follows when enough of them have said it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pact_etl.domain.county import ApproversNeeded
from pact_etl.domain.errors import UsageError


class Answer(StrEnum):
    """What a person says. Stored by value."""

    ALL = "all"
    ALL_BUT = "all_but"
    NONE = "none"
    PULL = "pull"  # after, before or without an approval: this one letter does not leave


YES = frozenset({Answer.ALL, Answer.ALL_BUT})


class Outcome(StrEnum):
    """What the answers about a batch come to."""

    WAITING = "waits_for_another"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One person's answer; `letters` are those that it takes out."""

    answer: Answer
    by: str
    reason: str = ""
    letters: frozenset[int] = frozenset()

    def is_by(self, name: str) -> bool:
        """Whether a name is this person's, however it is written."""
        return self.by.strip().lower() == name.strip().lower()


def require_whole(said: Said, rule: ApproversNeeded) -> None:
    """Refuse an answer without a name or of somebody who is not asked, or without a reason where one is needed.

    Raises:
        UsageError: says which.
    """
    if not said.by.strip():
        raise UsageError("an approval needs the name of who gives it")
    is_asked = not rule.persons or any(said.is_by(name) for name in rule.persons)
    # Anybody may keep one letter from leaving.
    if said.answer is not Answer.PULL and not is_asked:
        raise UsageError("not one of the persons who answer for a batch (mailing.approvers_needed)")
    if (said.answer is not Answer.ALL or rule.reason_for_yes) and not said.reason.strip():
        raise UsageError("this answer needs a reason")


def outcome_of(answers: Sequence[Said], rule: ApproversNeeded) -> Outcome:
    """What the answers about one batch come to: one no ends it, and the same person twice is one person.

    Args:
        answers: in any order; pulled letters say nothing of the rest.
        rule: the county's.
    """
    if any(said.answer is Answer.NONE for said in answers):
        return Outcome.REJECTED
    persons = {said.by.strip().lower() for said in answers if said.answer in YES}
    return Outcome.APPROVED if len(persons) >= rule.count else Outcome.WAITING
