"""End one task for each way a step can end, and write what Airflow was told and what was logged."""

import io
import json
import logging
import os
import sys
from datetime import date

sys.path.insert(0, os.environ["AIRFLOW__CORE__DAGS_FOLDER"])

from pact_dags.endings import finish

from pact_etl.domain.errors import InvariantBroken, PactError, Permanent, Retryable, UsageError
from pact_etl.domain.results import StepResult, StepStatus

log = io.StringIO()
logging.getLogger("pact_dags").addHandler(logging.StreamHandler(log))
logging.getLogger().addHandler(logging.StreamHandler(log))
logging.getLogger().addHandler(logging.StreamHandler(log))


def result(status):
    return StepResult(
        step="collect", status=status, as_of=date(2026, 9, 1), reasons={"file_missing": 1}
    )


def alert():
    alerts = {"batches": [3], "runbook": "vendor-silent"}
    logging.getLogger("pact_etl.steps.reconcile").error("somebody is needed", extra=alerts)
    return result(StepStatus.DONE)


def fail_foreign():
    raise ValueError("Canary Lastname, 12 Main St")


def fail(error):
    def step():
        raise error

    return step


STEPS = (
    {"alert": alert}
    | {status.value: (lambda status=status: result(status)) for status in StepStatus}
    | {
        "retryable": fail(Retryable("record:galt is busy")),
        "permanent": fail(Permanent("refused")),
        "usage": fail(UsageError("no such batch")),
        "invariant": fail(InvariantBroken("books")),
        "other_of_ours": fail(PactError("x")),
        "foreign": fail_foreign,
    }
)


def ending_of(step):
    try:
        return {"handed_on": finish(step)}
    except Exception as error:
        return {"raised": type(error).__name__, "text": str(error), "cause": str(error.__cause__)}


sys.stdout.write(json.dumps({k: ending_of(s) for k, s in STEPS.items()} | {"log": log.getvalue()}))
