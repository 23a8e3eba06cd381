"""The whole county for one school year: all that is true in it, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pact_etl.domain.district import District
from pact_etl.domain.school_year import SchoolYear
from pact_etl.simulator.adults import Adults, make_adults
from pact_etl.simulator.attendance import make_outcomes
from pact_etl.simulator.calendars import Calendar, make_calendar
from pact_etl.simulator.contacts import Contacts, make_contacts
from pact_etl.simulator.enrollments import Roster, make_rosters
from pact_etl.simulator.families import Families, join_families, make_families
from pact_etl.simulator.marks import Marks
from pact_etl.simulator.names import name_pools
from pact_etl.simulator.schools import Schools, make_schools
from pact_etl.simulator.seeds import stream
from pact_etl.simulator.students import Students, make_students
from pact_etl.simulator.timeline import settle_timeline

SMALLEST_DISTRICT = 20
_FIRST_SCHOOL_CODE, _CODES_PER_DISTRICT = 6_030_011, 5_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedDistrict:
    """One district of the county, with everything that happens in it."""

    settings: District
    schools: Schools
    calendar: Calendar
    roster: Roster
    contacts: Contacts
    marks: Marks


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class County:
    """Every district, and the people whom districts share."""

    year: SchoolYear
    families: Families
    adults: Adults
    students: Students
    districts: list[SimulatedDistrict]


def build_county(
    districts: Sequence[District], *, year: SchoolYear, scale: float, seed: int
) -> County:
    """Make the county; the same arguments always give the same one.

    Args:
        districts: who takes part.
        year: the school year.
        scale: 1 is the real number of students.
        seed: another seed is another county.
    """
    pools = name_pools(seed)
    slugs = [district.slug for district in districts]
    sizes = [max(SMALLEST_DISTRICT, round(d.enrollment * scale)) for d in districts]
    made = [make_families(slug, n, sizes[n], seed=seed) for n, slug in enumerate(slugs)]
    families = join_families([part for part, _ in made])
    starts = np.cumsum([0, *(len(part) for part, _ in made[:-1])])
    family = np.concatenate([own + start for (_, own), start in zip(made, starts, strict=True)])
    district = np.repeat(np.arange(len(sizes), dtype=np.int8), sizes)
    students = make_students(districts, families, family, district, pools, year=year, seed=seed)
    adults = make_adults(families, pools, slugs, seed=seed)
    schools = []
    for number, (settings, size) in enumerate(zip(districts, sizes, strict=True)):
        first_code = _FIRST_SCHOOL_CODE + _CODES_PER_DISTRICT * number
        schools.append(make_schools(settings, size, scale=scale, seed=seed, first_code=first_code))
    calendars = [
        make_calendar(year, len(own.codes), slug=slug, seed=seed)
        for slug, own in zip(slugs, schools, strict=True)
    ]
    rosters = make_rosters(districts, schools, calendars, families, students, seed=seed)
    return County(
        year=year,
        families=families,
        adults=adults,
        students=students,
        districts=[
            SimulatedDistrict(
                settings=settings,
                schools=schools[n],
                calendar=calendars[n],
                roster=rosters[n],
                contacts=make_contacts(
                    rosters[n], students, families, adults, slug=slugs[n], seed=seed
                ),
                marks=_marks(
                    settings, schools[n], calendars[n], rosters[n], students, families, year, seed
                ),
            )
            for n, settings in enumerate(districts)
        ],
    )


def _marks(
    settings: District,
    schools: Schools,
    calendar: Calendar,
    roster: Roster,
    students: Students,
    families: Families,
    year: SchoolYear,
    seed: int,
) -> Marks:
    rng = stream(seed, "attendance", settings.slug)
    outcomes = make_outcomes(
        len(schools.codes), calendar, roster, students, families, year=year, rng=rng
    )
    return settle_timeline(outcomes, calendar, roster.spans, settings, rng)
