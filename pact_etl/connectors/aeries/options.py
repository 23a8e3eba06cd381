"""What a district may set for its Aeries: read once, refused by name where it makes no sense.

Every option, its meaning and its default stands in the docstring of `AeriesOptions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError

PROGRAM_FLAGS: Final = ("foster", "homeless", "unaccompanied", "support_pending", "do_not_send")
"""Flags that a participation in a program may say; which code does is each district's to tell."""

_LARGEST_DELTA: Final = 500
_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class AeriesOptions:
    """A district's options; lists are comma-separated text in YAML, maps `key=value` pairs, switches `yes` or `no`.

    Attributes:
        concurrency: requests under way at once (4).
        overlap_minutes: by how much the cursor stands before the source's own clock, for entries that were under way
            when it was read; 90, because the clock it is read from repeats an hour in autumn.
        delta_students: most students a delta may re-read before everything is read instead; 500 or 5 % of the
            district's enrollment, whichever is less.
        whole_year: `attendance: year` reads the whole year's attendance every night (see `aeries_api`); the default,
            `attendance: window`, the look-back.
        slice_days: days of attendance in one request (61).
        programs: whether student programs are read, for foster and homeless youth (yes).
        flag_programs: by flag of our tables, the ProgramCodes that say so: options `foster_programs`,
            `homeless_programs`, `unaccompanied_programs`, `support_pending_programs`, `do_not_send_programs` (none).
        deceased_exits: ExitReasonCodes of enrollments of students who died (none).
        school_day_codes: HolidayCodes of days that are taught, besides a blank (`%`, minimum day).
        closed_codes: HolidayCodes of days that are not (`@ # $ +` as a list). A code in neither list is handed on and
            its row is set aside.
        grades: Aeries's number of a grade to the state's code (`0=KN`); 1 to 12 need none.
        languages: a district's own language codes to ISO 639, before the state's codes are tried.
        periods: periods of the day by school code, before the calendar's pattern is asked.
        rights_relations: RelationshipToStudentCodes that hold educational rights where EducationalRightsHolder is
            blank (none).
        mail_tags: MailTagCodes a contact must have one of for its rights to be stated; none means that the tag is not
            asked.
        red_flag_restrains: whether a red-flagged contact counts as restrained (yes).
        student_address: whether a contact without an address who lives with the student has the student's mailing
            address (no).
        inactive_schools, unreported_schools: whether schools with an InactiveStatusCode or DoNotReport are read (no).
        skip_schools: school codes that are not read.
    """

    concurrency: int
    overlap_minutes: int
    delta_students: int
    whole_year: bool
    slice_days: int
    programs: bool
    flag_programs: Mapping[str, frozenset[str]]
    deceased_exits: frozenset[str]
    school_day_codes: frozenset[str]
    closed_codes: frozenset[str]
    grades: Mapping[str, str]
    languages: Mapping[str, str]
    periods: Mapping[str, str]
    rights_relations: frozenset[str]
    mail_tags: frozenset[str]
    red_flag_restrains: bool
    student_address: bool
    inactive_schools: bool
    unreported_schools: bool
    skip_schools: frozenset[str]


def options_of(district: District) -> AeriesOptions:
    """The district's options.

    Raises:
        SettingsError: one of them cannot be used; the text names it.
    """
    given = _Given(district)
    default = min(_LARGEST_DELTA, max(1, int(district.enrollment * _SHARE)))
    return AeriesOptions(
        concurrency=given.number("concurrency", 4, least=1),
        overlap_minutes=given.number("overlap_minutes", 90),
        delta_students=given.number("delta_students", default),
        whole_year=given.choice("attendance", "window", {"window": False, "year": True}),
        slice_days=given.number("slice_days", 61, least=1),
        programs=given.switch("programs", "yes"),
        flag_programs={
            flag: codes for flag in PROGRAM_FLAGS if (codes := given.codes(f"{flag}_programs", ""))
        },
        deceased_exits=given.codes("deceased_exits", ""),
        school_day_codes=given.codes("school_day_codes", "%"),
        closed_codes=given.codes("closed_codes", "@,#,$,+"),
        grades=given.pairs("grades", "0=KN"),
        languages=given.pairs("languages", ""),
        periods=given.pairs("periods", ""),
        rights_relations=given.codes("rights_relations", ""),
        mail_tags=given.codes("mail_tags", ""),
        red_flag_restrains=given.switch("red_flag_restrains", "yes"),
        student_address=given.switch("student_address", "no"),
        inactive_schools=given.switch("inactive_schools", "no"),
        unreported_schools=given.switch("unreported_schools", "no"),
        skip_schools=given.codes("skip_schools", ""),
    )


class _Given:
    """Reads one district's options by kind."""

    def __init__(self, district: District) -> None:
        self._slug = district.slug
        self._options = district.options

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        found = self._text(name, str(default))
        if not (found.isascii() and found.isdigit()) or int(found[:9]) < least:
            raise self._wrong(name, f"a whole number from {least}")
        return int(found[:9])

    def codes(self, name: str, default: str) -> frozenset[str]:
        return frozenset(_parts(self._text(name, default)))

    def pairs(self, name: str, default: str) -> dict[str, str]:
        found = {}
        for part in _parts(self._text(name, default)):
            key, sign, value = part.partition("=")
            if not (key.strip() and sign and value.strip()):
                raise self._wrong(name, "a list of key=value")
            found[key.strip()] = value.strip()
        return found

    def switch(self, name: str, default: str) -> bool:
        return self.choice(name, default, {"yes": True, "no": False})

    def choice(self, name: str, default: str, meanings: Mapping[str, bool]) -> bool:
        found = self._text(name, default).lower()
        if found not in meanings:
            raise self._wrong(name, " or ".join(meanings))
        return meanings[found]

    def _text(self, name: str, default: str) -> str:
        return str(self._options.get(name, default)).strip()

    def _wrong(self, name: str, wanted: str) -> SettingsError:
        return SettingsError(f"{self._slug}: option {name} must be {wanted}")


def _parts(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip()]
