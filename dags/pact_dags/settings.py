"""What all DAGs have in common: owner, retries, what happens on failure, and the assets between them."""

import logging
from collections.abc import Mapping
from typing import Any

from airflow.sdk import Asset, Param

logger = logging.getLogger(__name__)

# The night's marks, findings and plan are in the database; letters have left the house.
RECORDED_NIGHT = Asset("recorded_night")
RELEASED_LETTERS = Asset("released_letters")

AS_OF = Param(
    None,
    type=["null", "string"],
    format="date",
    title="School date",
    description="Leave empty for the date that the schedule implies.",
)


def log_failure(context: Mapping[str, Any]) -> None:
    """Say what failed by opaque ids only; the task's Runbook button says what to do."""
    one = context["ti"]
    logger.error(
        "task failed: dag=%s task=%s run=%s map_index=%s try=%s",
        one.dag_id,
        one.task_id,
        one.run_id,
        one.map_index,
        one.try_number,
    )


# How long Airflow waits between tries is the installation's setting, `default_task_retry_delay`.
DEFAULTS = {
    "owner": "pact-operations",
    "retries": 2,
    "on_failure_callback": log_failure,
}
