"""What Ed-Fi's values mean to us, whichever road they came by: bulk XML and the API must give the same rows.

Knows texts only, no notation; the readers of each notation bring the texts.
"""

from collections.abc import Iterable, Sequence, Set
from typing import TypeVar

from pact_etl.connectors.canonical import level_of
from pact_etl.connectors.edfi.languages import language_code

T = TypeVar("T")

HOME_ADDRESSES = ("Mailing", "Home", "Physical", "Temporary")
"""Where a family may be written to, best first. Work, billing and other addresses are not a home."""

PRIVATE_EMAILS = ("Home/Personal", "Other")
"""Work and organization mailboxes are read by others."""

PHONES = ("Home", "Mobile", "Other")

PARENTS = frozenset(
    {
        "Mother",
        "Father",
        "Parent",
        "Adoptive mother",
        "Adoptive father",
        "Legal guardian",
        "Court appointed guardian",
    }
)
"""Relations that hold education rights unless the district says otherwise (Family Code 3025, EC 48204.3 sense)."""

TAUGHT = frozenset({"Instructional day", "Make-up day", "Student late arrival/early dismissal"})
"""Calendar events of a day on which school was kept; a shortened day is one."""

CLOSED = frozenset(
    {
        "Holiday",
        "Weather day",
        "Emergency day",
        "Strike",
        "Teacher only day",
        "Non-instructional day",
    }
)
"""These win over the former when a date carries both: a storm closes a planned schoolday."""

GRADES = {
    "Preschool/Prekindergarten": "PS",
    "Infant/toddler": "IN",
    "Transitional Kindergarten": "TK",
    "Kindergarten": "KN",
    "First grade": "01",
    "Second grade": "02",
    "Third grade": "03",
    "Fourth grade": "04",
    "Fifth grade": "05",
    "Sixth grade": "06",
    "Seventh grade": "07",
    "Eighth grade": "08",
    "Ninth grade": "09",
    "Tenth grade": "10",
    "Eleventh grade": "11",
    "Twelfth grade": "12",
    "Ungraded": "UE",
}

LEVELS = {
    "Elementary School": "elementary",
    "Elementary/Secondary School": "elementary",
    "Middle School": "middle",
    "Junior High School": "middle",
    "Intermediate School": "middle",
    "High School": "high",
    "Secondary School": "high",
}

_LANGUAGE_USES = ("Correspondence", "Home language", "Home", "Spoken")
_WHOLE_DAY = frozenset({"", "1", "1.0", "1.00"})


def stated_language(languages: Iterable[tuple[Set[str], str]]) -> str:
    """The code of the language to write in: correspondence before home before any other use.

    Args:
        languages: of each language its uses, and its code or name.
    """
    stated = []
    for uses, name in languages:
        rank = min((n for n, use in enumerate(_LANGUAGE_USES) if use in uses), default=9)
        stated.append((rank, language_code(name)))
    return min(stated, key=lambda s: s[0])[1] if stated else ""


def best(candidates: Iterable[tuple[str, bool, T]], preferred: Sequence[str]) -> T | None:
    """The first candidate of the best kind; one whose period has ended only when there is no other.

    Args:
        candidates: kind, whether its period has ended, and itself.
        preferred: the kinds that may be used, best first.
    """
    rank = {name: n for n, name in enumerate(preferred)}
    usable = [c for c in candidates if c[0] in rank]
    found = min(usable, key=lambda c: (c[1], rank[c[0]]), default=None)
    return None if found is None else found[2]


def has_rights(guardian: bool | None, relation: str) -> bool:
    """Whether an adult holds education rights: what the district states, else what the relation says."""
    return relation in PARENTS if guardian is None else guardian


def contact_order(priority: str, is_primary: bool) -> str:
    """In which order adults are written to; a primary contact without a number comes first."""
    return priority or ("1" if is_primary else "2")


def grade_code(name: str) -> str:
    """The canonical grade; one that is not listed stays as it is, for validation to judge."""
    return GRADES.get(name, name)


def taught_grades(names: Iterable[str]) -> frozenset[str]:
    """The canonical grades a school teaches."""
    return frozenset(GRADES[name] for name in names if name in GRADES)


def school_level(category: str, grades: Set[str]) -> str:
    """The level of a school's category; of its highest grade where the category says nothing."""
    if category in LEVELS:
        return LEVELS[category]
    return level_of(grades)


def is_taught(events: Set[str]) -> bool:
    """Whether school was kept on a date with these calendar events."""
    return bool(events & TAUGHT) and not events & CLOSED


def attendance_code(category: str, duration: str) -> str:
    """The code of an attendance event, in our notation `Category[:duration]`.

    An event of less than a day names its length with its code (`Unexcused Absence:0.5`), because only whole days count
    in EC 48263.6; without an entry in the code map such a code is held, never taken for the whole day's.
    """
    return category if duration in _WHOLE_DAY else f"{category}:{duration}"


def flag(truth: bool) -> str:
    """A flag as the canonical tables spell it."""
    return "Y" if truth else "N"
