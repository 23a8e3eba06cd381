"""What a source says of itself that its connector cannot read rightly: notes for a person, before it is relied on."""

from collections.abc import Sequence

from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import District


def cautions_of_source(district: District, files: Sequence[RawFile]) -> tuple[str, ...]:
    """One sentence each.

    Args:
        district: whose.
        files: what was fetched; only an Aeries describes how its schools take attendance.
    """
    if district.connector != "aeries_api":
        return ()
    from pact_etl.connectors.aeries.schools import positive_schools

    schools = positive_schools(district, files)
    if not schools:
        return ()
    return (
        f"schools {', '.join(schools)} report positive attendance: a day without a code is read as present there, "
        "which may be wrong; leave them out (option skip_schools) or ask the district",
    )
