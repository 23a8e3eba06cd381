"""What a district may say of its OneRoster files, in `options`.

- `enrollments_from`: what an enrollment at a school is taken from, see `enrollments`. `classes` (all class
  enrollments), `homerooms` (those in classes of type homeroom), `roles` (the dated student roles of 1.2).
- `guardian_roles`: agents of students who are their guardians, by role; `parent,guardian,relative`.
- `rights_roles`: those of them that hold education rights. None: OneRoster does not say, and nothing is assumed.
- `ssid_user_id`: the type under which `userIds` holds the statewide id, for districts where no column does.
- `level_without_students`: level of schools nobody is enrolled at; without it such a school is set aside.
"""

from dataclasses import dataclass

from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError

CLASSES, HOMEROOMS, ROLES = "classes", "homerooms", "roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """See the module."""

    enrollments_from: str
    guardian_roles: tuple[str, ...]
    rights_roles: frozenset[str]
    ssid_user_id: str
    level_without_students: str


def options_of(district: District) -> Options:
    """The district's options.

    Raises:
        SettingsError: a value that means nothing here.
    """
    source = str(district.options.get("enrollments_from", CLASSES))
    if source not in (CLASSES, HOMEROOMS, ROLES):
        known = f"{CLASSES}, {HOMEROOMS} or {ROLES}"
        raise SettingsError(f"{district.slug}: option enrollments_from is none of {known}")
    guardians = _listed(district, "guardian_roles", "parent,guardian,relative")
    rights = frozenset(_listed(district, "rights_roles", ""))
    if not rights <= set(guardians):
        raise SettingsError(f"{district.slug}: option rights_roles names roles of no guardians")
    return Options(
        enrollments_from=source,
        guardian_roles=guardians,
        rights_roles=rights,
        ssid_user_id=str(district.options.get("ssid_user_id", "")),
        level_without_students=str(district.options.get("level_without_students", "")),
    )


def _listed(district: District, option: str, default: str) -> tuple[str, ...]:
    words = str(district.options.get(option, default)).split(",")
    return tuple(word.strip() for word in words if word.strip())
