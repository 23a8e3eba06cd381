"""Volume: a person confirms that a district's jump in new findings is right, so that its letters may be made."""

from datetime import date

from pact_etl.domain.errors import UsageError
from pact_etl.domain.results import StepResult, StepStatus
from pact_etl.domain.truancy import Rule
from pact_etl.store.session import slice_transaction
from pact_etl.store.volume import braked_nights, confirm_volume
from pact_etl.wiring import Collaborators


def confirm(using: Collaborators, slug: str, as_of: date, by: str, reason: str) -> StepResult:
    """Let the letters and first notices of one district's night go on; the next run of the step makes them.

    Raises:
        UsageError: there is no such district, or nothing of that night is braked.
    """
    year, brake = using.year_of(as_of), using.county.volume_brake
    has_notices = bool(using.district(slug).first_notices)
    with slice_transaction(using.engine, "plan") as connection:
        braked = braked_nights(connection, year, brake)
        if has_notices:
            braked |= braked_nights(connection, year, brake, Rule.TRUANT)
        if (slug, as_of) not in braked:
            nights = ", ".join(str(night) for one, night in sorted(braked) if one == slug)
            raise UsageError(
                f"{slug}: nothing is braked on {as_of}; braked are: {nights or 'none'}"
            )
        confirm_volume(connection, slug, as_of, by, reason)
    return StepResult(step="confirm_volume", status=StepStatus.DONE, as_of=as_of, district=slug)
