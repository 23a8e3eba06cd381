"""Enrollments for a delivery that has no enrollment file, out of what else it says. Only where a district asks for it.

The rule, in order:
1. Every student is enrolled from `default_entry_date` on, without an exit.
2. The school is the one whose attendance events name the student; a student named by several is enrolled at each.
3. A student without events goes by age: `first_grade_birth_year` is the calendar year in which first graders of this
   school year were born, each earlier year is one grade higher, and the school is the one that teaches the grade.
4. Where no school, or more than one, teaches the grade, the student gets no enrollment and appears in no count.

In the Grand Bend sample steps 2 and 3 agree for all 227 students who have events, which is why step 3 is believed for
the other 733.
"""

from collections.abc import Mapping, Sequence

from pact_etl.connectors.canonical import Row


def default_enrollments(
    students: Sequence[Row],
    attendance: Sequence[Row],
    grades: Mapping[str, frozenset[str]],
    options: Mapping[str, str | int],
) -> list[Row]:
    """One row per student and school.

    Args:
        students: raw rows.
        attendance: raw rows.
        grades: school to the grades it teaches.
        options: the district's.
    """
    entry_date = str(options["default_entry_date"])
    first_grade = int(options.get("first_grade_birth_year", 0))
    named: dict[str, dict[str, None]] = {}
    for event in attendance:
        named.setdefault(str(event["local_id"]), {})[str(event["school_code"])] = None
    rows: list[Row] = []
    for student in students:
        local_id = str(student["local_id"])
        grade = _grade(str(student["birth_date"]), first_grade)
        schools = list(named.get(local_id, {})) or _teaching(grade, grades)
        rows += [
            {
                "local_id": local_id,
                "school_code": school,
                "grade": grade,
                "entry_date": entry_date,
                "exit_date": "",
                "row": student["row"],
            }
            for school in schools
        ]
    return rows


def _grade(birth_date: str, first_grade_birth_year: int) -> str:
    year = birth_date[:4]
    if not first_grade_birth_year or not (year.isascii() and year.isdigit()):
        return ""
    grade = first_grade_birth_year - int(year) + 1
    return f"{grade:02d}" if 1 <= grade <= 12 else ""


def _teaching(grade: str, grades: Mapping[str, frozenset[str]]) -> list[str]:
    teaching = [school for school, taught in grades.items() if grade in taught]
    return teaching if len(teaching) == 1 else []
