"""How a step's result ends its task: done, skipped, tried again, or failed for a person to look at.

A task hands on `StepResult.as_dict()` and nothing else. Texts of errors that are not our own stay out of logs,
for a database driver may quote the row that it refused.
"""

import logging
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

if TYPE_CHECKING:
    from pact_etl.domain.results import StepResult

logger = logging.getLogger(__name__)

T = TypeVar("T")


def finish(step: Callable[[], "StepResult"]) -> dict[str, Any]:
    """Run a step and end the task as its result says.

    Args:
        step: one call into `pact_etl.steps`.

    Raises:
        AirflowSkipException: there was nothing to do.
        AirflowException: trying again may help; Airflow does, then shows the task red.
        AirflowFailException: trying again will not help.
    """
    from pact_etl.domain.results import StepStatus

    result = guarded(step)
    summary = f"{result.step} {result.status.value}: {result.reasons or result.counts}"
    logger.info(summary)
    if result.status is StepStatus.SKIPPED:
        raise AirflowSkipException(summary)
    if result.status is StepStatus.LATE:
        raise AirflowException(summary)
    if result.status is StepStatus.HELD:
        raise AirflowFailException(summary)
    return result.as_dict()


def guarded(call: Callable[[], T]) -> T:
    """Call into the product; every error leaves with its kind and place, and only our own with their text."""
    from pact_etl.domain.errors import PactError, Retryable

    _show_details()
    try:
        return call()
    except Retryable as error:
        raise AirflowException(f"Retryable: {error}") from None
    except PactError as error:
        raise AirflowFailException(f"{type(error).__name__}: {error}") from None
    except Exception as error:
        for frame in traceback.extract_tb(error.__traceback__):
            logger.error("at %s:%s in %s", frame.filename, frame.lineno, frame.name)
        raise AirflowException(f"{type(error).__name__}; its text is withheld") from None


class _Details(logging.Filter):
    """Puts a record's own fields (counts, opaque ids, the runbook's heading) behind its text."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; the text is made longer once, whichever handlers see the record."""
        fields = {k: v for k, v in vars(record).items() if k not in _USUAL}
        if record.name.startswith("pact_etl") and fields and "details_shown" not in fields:
            details = " ".join(f"{name}={value}" for name, value in fields.items())
            record.msg, record.args = f"{record.getMessage()} [{details}]", ()
            record.details_shown = True
        return True


_USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime"}


def _show_details() -> None:
    """Airflow's log shows a record's text alone, and an alert without its numbers helps nobody."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(one, _Details) for one in handler.filters):
            handler.addFilter(_Details())
