"""The canonical tables as data: which columns, of which kind, which must be there, and what identifies a row.

One declaration for typing, row checks and accounting. How a kind is read is `typed`'s to say.
"""

from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """How a cell is read."""

    TEXT = auto()
    LOCAL_ID = auto()  # the district's id of a student
    PERSON_ID = auto()  # the district's id of any other person
    SSID = auto()  # the state's id of a student, ten digits
    SCHOOL = auto()  # digits
    DATE = auto()
    FLAG = auto()
    NUMBER = auto()
    LEVEL = auto()
    GRADE = auto()
    LANGUAGE = auto()
    STEP = auto()  # of the ladder
    CHANNEL = auto()
    SECTION = auto()  # of the Education Code, such as 48260.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One canonical column. `default` stands in for an empty optional cell; None leaves it missing."""

    kind: Kind
    required: bool = False
    default: bool | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One canonical table."""

    key: tuple[str, ...]
    columns: dict[str, Column] = field(default_factory=dict)
    optional: bool = False  # a district that does not send it keeps nothing of the kind


_TEXT = Column(kind=Kind.TEXT)
_TEXT_REQUIRED = Column(kind=Kind.TEXT, required=True)
_LOCAL_ID = Column(kind=Kind.LOCAL_ID, required=True)
_SCHOOL = Column(kind=Kind.SCHOOL, required=True)
_DATE = Column(kind=Kind.DATE, required=True)
# Here an empty flag is "no": for rights that means that nobody is written to, which is the safe reading.
_FLAG = Column(kind=Kind.FLAG, default=False)
# A flag that makes letters wait: an empty cell says nothing, and what the record knows then stands.
_HELD = Column(kind=Kind.FLAG)
_LANGUAGE = Column(kind=Kind.LANGUAGE)

TABLES: dict[str, Table] = {
    "schools": Table(
        key=("school_code",),
        columns={
            "school_code": _SCHOOL,
            "name": _TEXT_REQUIRED,
            "level": Column(kind=Kind.LEVEL, required=True),
            # Without a number, a day counts as one period: a whole day is then what the district calls one.
            "periods_per_day": Column(kind=Kind.NUMBER, default=1),
            "phone": _TEXT,
            "charter": _HELD,
            "cd_code": _TEXT,  # proof of whose file it is; not recorded
        },
    ),
    "students": Table(
        key=("local_id",),
        columns={
            "local_id": _LOCAL_ID,
            "ssid": Column(kind=Kind.SSID),
            "first_name": _TEXT_REQUIRED,
            "last_name": _TEXT_REQUIRED,
            "birth_date": _DATE,
            "home_language": _LANGUAGE,
            "foster": _HELD,
            "homeless": _HELD,
            "do_not_send": _HELD,
            "unaccompanied": _HELD,
            "deceased": _HELD,
            "support_pending": _HELD,
        },
    ),
    "enrollments": Table(
        key=("local_id", "school_code", "entry_date"),
        columns={
            "local_id": _LOCAL_ID,
            "school_code": _SCHOOL,
            "grade": Column(kind=Kind.GRADE, required=True),
            "entry_date": _DATE,
            "exit_date": Column(kind=Kind.DATE),
            "track": _TEXT,
        },
    ),
    "guardians": Table(
        key=("local_id", "guardian_id"),
        columns={
            "local_id": _LOCAL_ID,
            "guardian_id": Column(kind=Kind.PERSON_ID, required=True),
            "first_name": _TEXT,
            "last_name": _TEXT_REQUIRED,
            "relation": _TEXT,
            "lives_with": _FLAG,
            "has_rights": _FLAG,
            "restrained": _HELD,
            "contact_order": Column(kind=Kind.NUMBER, default=99),
            "language": _LANGUAGE,
            "street": _TEXT,
            "unit": _TEXT,
            "city": _TEXT,
            "state": _TEXT,
            "zip": _TEXT,
            "email": _TEXT,
            "phone": _TEXT,
            "safe_at_home": _TEXT,
            "deceased": _HELD,
        },
    ),
    "calendar": Table(
        key=("school_code", "track", "date"),
        columns={
            "school_code": _SCHOOL,
            "track": _TEXT,
            "date": _DATE,
            "instructional": Column(kind=Kind.FLAG, required=True),
        },
    ),
    "attendance": Table(
        key=("local_id", "school_code", "date", "period", "code"),
        columns={
            "local_id": _LOCAL_ID,
            "school_code": _SCHOOL,
            "date": _DATE,
            "period": _TEXT,
            "code": _TEXT_REQUIRED,
            "minutes": Column(kind=Kind.NUMBER),
        },
    ),
    "ladder": Table(
        key=("local_id", "step", "section", "date"),
        columns={
            "local_id": _LOCAL_ID,
            "step": Column(kind=Kind.STEP, required=True),
            "section": Column(kind=Kind.SECTION, required=True),
            "date": _DATE,
            "channel": Column(kind=Kind.CHANNEL),
            "proof": _TEXT,
        },
        optional=True,
    ),
}
