"""What a source says that its connector cannot read rightly, and what it does not say: notes for a person.

Told before a source is relied on.
"""

from collections.abc import Sequence

from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import District
from pact_etl.domain.reasons import Reason
from pact_etl.domain.suppression import TOLD_BY_HAND
from pact_etl.validation import Validated


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


SPOKEN_OF = {
    ("students", "foster"): Reason.FOSTER_YOUTH,
    ("students", "homeless"): Reason.HOMELESS_YOUTH,
    ("students", "unaccompanied"): Reason.UNACCOMPANIED_YOUTH,
    ("students", "deceased"): Reason.DECEASED,
    ("students", "support_pending"): Reason.SUPPORT_PENDING,
    ("students", "do_not_send"): Reason.DO_NOT_SEND,
    ("guardians", "restrained"): Reason.NO_RIGHTS_HOLDER,
    ("guardians", "deceased"): Reason.NO_RIGHTS_HOLDER,
    ("guardians", "safe_at_home"): Reason.SAFE_AT_HOME,
    ("schools", "charter"): Reason.CHARTER_WITHOUT_AGREEMENT,
}
"""Columns that make letters wait, and the hold that each makes."""

_OTHERWISE = {
    (
        "guardians",
        "restrained",
    ): "a court order shows only where the district states whose rights are restricted",
    ("guardians", "deceased"): "the district removes an adult who died from its contacts",
    ("schools", "charter"): "name the charter schools under `charters` in the district's settings",
}


def silences_of(district: District, validated: Validated) -> tuple[str, ...]:
    """One sentence for each hold of which the source says nothing at all: no "no" is to be read into that.

    Args:
        district: whose; charter schools may stand in its settings.
        validated: everything that came; a column with a cell in it is spoken of.
    """
    tables = {
        "students": validated.students,
        "guardians": validated.guardians,
        "schools": validated.schools,
    }
    said = []
    for (table, column), reason in SPOKEN_OF.items():
        frame = tables[table]
        if frame.empty or frame[column].notna().any():
            continue
        if column == "charter" and district.charters:
            continue
        by_hand = f"holds of this kind come by hand: pact hold add --reason {reason.value}"
        otherwise = _OTHERWISE.get((table, column), by_hand if reason in TOLD_BY_HAND else "")
        said.append(f"this source does not say {table}.{column} of anybody; {otherwise}")
    return tuple(said)
