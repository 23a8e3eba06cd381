"""A district as the system knows it: identity, status, and how its files are to be read. Values only.

Read from `config/districts/<slug>.yaml` over `config/dialects/<dialect>.yaml` by `pact_etl.districts`;
the class attribute `__pydantic_config__` makes that loader refuse keys it does not know.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from pact_etl.domain.attendance import Status
from pact_etl.domain.first_notice_rule import FirstNoticeRule, set_since
from pact_etl.domain.letter import Sender

WHOLE = "whole"


class DistrictStatus(StrEnum):
    """Gates real mail: only an active district's letters leave."""

    TESTING = "testing"
    ACTIVE = "active"
    INACTIVE = "inactive"


class Form(StrEnum):
    """How a district's attendance rows state a day."""

    DAILY = "daily"  # one row for an exceptional day
    PERIODS = "periods"  # one row for an exceptional period
    POSITIVE = "positive"  # one row for every enrolled student and day, present included


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMapping:
    """What one raw code means from one day to another, both inclusive."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, never changed

    code: str
    status: Status
    from_: date
    to: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the mapping is in force on a day."""
        return self.from_ <= day and (self.to is None or day <= self.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class CharterAgreement:
    """From when to when a charter school has agreed to take part, both inclusive.

    A charter school that is listed without dates has not agreed. The truancy statutes speak of school districts, so a
    charter takes part by its own agreement only.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    school_code: str
    from_: date | None = None
    to: date | None = None
    why: str = ""

    def covers(self, day: date) -> bool:
        """Whether the agreement is in force on a day."""
        return self.from_ is not None and self.from_ <= day and (self.to is None or day <= self.to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A second file that says more about a row, for systems that write an id where another file has the code.

    Attributes:
        name: the second file.
        keys: header of the first file to header of the second; rows belong together where all of them agree.
        adds: title that a column gets as if it stood in the first file, to its header in the second.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    name: str
    keys: dict[str, str]
    adds: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLayout:
    """One file of a dialect: its name and which header holds which canonical column.

    A list of headers means their values joined by a colon, for systems that spread one code over two columns. The
    headers of `optional` may be missing. `tracks`, in a calendar, has a header for each track that says whether it is
    in session; these may be missing as well.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    name: str
    columns: dict[str, str | list[str]]
    required: bool = True
    optional: dict[str, str] = field(default_factory=dict)
    tracks: dict[str, str] = field(default_factory=dict)
    lookups: list[Lookup] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceLayout:
    """What the attendance rows of a dialect claim to cover."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    form: Form
    covers_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Where a family disputes a record."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    name: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What a district's own notices say of it beside its name and office.

    Attributes:
        return_lines: the return address as the envelope's upper window shows it, at most five short lines.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    return_lines: tuple[str, ...]
    signatory_name: str
    signatory_title: str
    website: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """One district, its dialect merged in."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    slug: str
    name: str
    cd_code: str
    level: str
    status: DistrictStatus
    sis: str
    enrollment: int
    office: Office
    dialect: str
    connector: str
    path: str
    exit_day: str
    date_format: str
    attendance: AttendanceLayout
    files: dict[str, FileLayout]
    codes: list[CodeMapping]
    joint: bool = False
    charters: list[CharterAgreement] = field(default_factory=list)
    encoding: str = "utf-8"
    delimiter: str = ","
    id_digits: int | None = None
    trailer: str | None = None
    roster: Literal["changes", "whole"] = "changes"  # whether its roster files hold everybody
    url: str | None = None  # where its system answers; None for files in the county's drop folder
    values: dict[str, dict[str, bool]] = field(default_factory=dict)
    options: dict[str, str | int] = field(
        default_factory=dict
    )  # what only this connector asks; see its module
    letterhead: Letterhead | None = None  # of the notices that are set for it
    first_notices: list[FirstNoticeRule] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse notices that nobody would stand on."""
        if self.letterhead is None and any(one.set_for_district for one in self.first_notices):
            raise ValueError("first notices need a letterhead")

    def first_notices_since(self, day: date) -> date | None:
        """Since when, without a break, first notices are set for the district; None where it makes its own."""
        return set_since(self.first_notices, day)

    def first_notices_on(self, day: date) -> FirstNoticeRule | None:
        """The rule for first notices in force on a day."""
        in_force = [one for one in self.first_notices if one.from_ <= day]
        return max(in_force, key=lambda one: one.from_, default=None)

    @property
    def sender(self) -> Sender:
        """Who is on the district's own letterhead; only where it has one."""
        assert self.letterhead is not None  # first notices need one
        return Sender(
            office=self.office.name,
            program=self.name,
            return_lines=self.letterhead.return_lines,
            phone=self.office.phone,
            email=self.office.email,
            signatory_name=self.letterhead.signatory_name,
            signatory_title=self.letterhead.signatory_title,
            website=self.letterhead.website,
        )

    def lacks_agreement(self, school_code: str, day: date, *, is_charter: bool) -> bool:
        """Whether a school is a charter, by the district's files or these settings, that has not agreed for a day."""
        listed = [one for one in self.charters if one.school_code == school_code]
        return (is_charter or bool(listed)) and not any(one.covers(day) for one in listed)

    def status_of(self, code: str, day: date) -> Status | None:
        """The canonical status of a raw code on a day, or None where nobody has said what it means."""
        return next((m.status for m in self.codes if m.code == code and m.covers(day)), None)
