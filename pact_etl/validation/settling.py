"""Days settled into marks, and settled again without the school-days that are not believed."""

import numpy as np

from pact_etl.domain.district import District
from pact_etl.domain.policy import OccasionLimits
from pact_etl.domain.reasons import Reason
from pact_etl.validation.attendance_checks import stated_rows
from pact_etl.validation.canonical_day import Marks, canonical_marks
from pact_etl.validation.roster import Roster
from pact_etl.validation.school_days import on_school_days, outliers, school_day_shares
from pact_etl.validation.typed import Typed
from pact_etl.validation.values import Gates, Reference


def settled_marks(
    attendance: Typed,
    district: District,
    roster: Roster,
    reference: Reference,
    gates: Gates,
    limits: OccasionLimits,
) -> Marks:
    """Settle days, and settle again without the school-days that are not believed."""
    form = district.attendance.form
    stated = stated_rows(attendance, district)
    marks = canonical_marks(stated.rows, stated.days, form, roster.schools, limits)
    shares = school_day_shares(marks.frame, roster.enrollments)
    doubted = outliers(shares, reference.absence_history, gates)
    if doubted.empty:
        return marks
    mask = np.zeros(len(attendance.frame), dtype=bool)
    mask[stated.positions] = on_school_days(stated.days, doubted)[stated.days.of_row]
    attendance.faults.add(mask, Reason.SCHOOL_DAY_OUTLIER, "date")
    stated = stated_rows(attendance, district)
    return canonical_marks(stated.rows, stated.days, form, roster.schools, limits)
