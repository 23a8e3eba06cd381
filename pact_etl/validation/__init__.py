"""From raw text tables to accepted rows, marks and quarantine. Frames in, frames out; no database, no files written."""

from pact_etl.validation.covered import covered_days, looks_stale, window_of
from pact_etl.validation.explained import explained, only_days_of, scope_of
from pact_etl.validation.submission import examine_submission, validate_submission
from pact_etl.validation.values import Examined, Gates, Reference, Validated

__all__ = [
    "Examined",
    "Gates",
    "Reference",
    "Validated",
    "covered_days",
    "examine_submission",
    "explained",
    "looks_stale",
    "only_days_of",
    "scope_of",
    "validate_submission",
    "window_of",
]
