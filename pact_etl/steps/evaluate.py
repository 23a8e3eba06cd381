"""Evaluate: which students' counts are over which line tonight, county-wide."""

import logging
from datetime import date

from sqlalchemy import text

from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.truancy import Rule
from pact_etl.steps.rederive import rederive
from pact_etl.store.case_files import open_cases
from pact_etl.store.evaluations import book_evaluation, is_evaluated_later
from pact_etl.store.findings import judge, update_findings
from pact_etl.store.session import slice_transaction
from pact_etl.store.tallies import count_tonight, recount_due
from pact_etl.wiring import Collaborators, collaborators

logger = logging.getLogger(__name__)


def run(as_of: date) -> StepResult:
    """Evaluate with this process's own collaborators."""
    return evaluate(collaborators(), as_of)


def evaluate(using: Collaborators, as_of: date) -> StepResult:
    """Open new findings and their cases, and end findings that no longer hold, after waiting codes were read again.

    A night that is run after a later one changes nothing: the later one already spoke on newer data.
    """
    rederived = rederive(using)
    policy, year = using.policy_on(as_of), using.year_of(as_of)
    with slice_transaction(using.engine, "evaluate") as connection:
        if is_evaluated_later(connection, as_of, year):
            return StepResult(step="evaluate", status=StepStatus.SKIPPED, as_of=as_of)
        connection.execute(text("LOCK TABLE tally_due IN SHARE ROW EXCLUSIVE MODE"))
        recounted = recount_due(connection, year, as_of, policy)
        count_tonight(connection, year, as_of, policy)
        judge(connection, policy)
        by_rule = update_findings(connection, year, as_of, policy)
        opened = open_cases(connection, year)
        book_evaluation(connection, as_of, policy.version, by_rule)
    counts = {"rederived": rederived, "recounted": recounted, "cases_opened": opened}
    counts |= {
        f"{rule.value}_{what}": n for rule in Rule for what, n in by_rule[rule.value].items()
    }
    logger.info("evaluated", extra=counts)
    return StepResult(step="evaluate", status=StepStatus.DONE, as_of=as_of, counts=counts)
