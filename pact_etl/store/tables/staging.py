"""Accepted rows between validation and recording, by submission. Emptied by the transaction that records them."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, Table, Text
from sqlalchemy.sql.type_api import TypeEngine

from pact_etl.store.tables.base import metadata


def _staging(table_name: str, /, **columns: type[TypeEngine[Any]]) -> Table:
    table = Table(
        f"staging_{table_name}",
        metadata,
        Column("submission_id", BigInteger, nullable=False),
        *(Column(column, kind) for column, kind in columns.items()),
    )
    Index(f"ix_staging_{table_name}_submission", table.c.submission_id)
    return table


schools = _staging(
    "schools",
    school_code=Text,
    name=Text,
    level=Text,
    periods_per_day=Integer,
    phone=Text,
    charter=Boolean,
)
students = _staging(
    "students",
    local_id=Text,
    ssid=Text,
    first_name=Text,
    last_name=Text,
    birth_date=Date,
    home_language=Text,
    foster=Boolean,
    homeless=Boolean,
    do_not_send=Boolean,
    unaccompanied=Boolean,
    deceased=Boolean,
    support_pending=Boolean,
)
enrollments = _staging(
    "enrollments",
    local_id=Text,
    school_code=Text,
    grade=Text,
    entry_date=Date,
    exit_date=Date,
    track=Text,
)
guardians = _staging(
    "guardians",
    local_id=Text,
    guardian_id=Text,
    first_name=Text,
    last_name=Text,
    relation=Text,
    lives_with=Boolean,
    has_rights=Boolean,
    restrained=Boolean,
    contact_order=Integer,
    language=Text,
    street=Text,
    unit=Text,
    city=Text,
    state=Text,
    zip=Text,
    email=Text,
    phone=Text,
    safe_at_home=Text,
    deceased=Boolean,
)
calendar = _staging("calendar", school_code=Text, track=Text, date=Date, instructional=Boolean)
marks = _staging(
    "marks",
    local_id=Text,
    school_code=Text,
    date=Date,
    status=Text,
    raw_code=Text,
    minutes=Integer,
    source_row=Integer,
    rows=Integer,
)

ladder = _staging(
    "ladder", local_id=Text, step=Text, section=Text, date=Date, channel=Text, proof=Text
)

# What the submission states whole for single students; see `domain.scope`. A roster without an id is everybody's.
student_days = _staging("student_days", local_id=Text, first=Date, last=Date, school_code=Text)
rosters = _staging("rosters", local_id=Text)

# Planning's decisions on their way into invitations, letters and tasks; keyed by night instead of submission.
decided = Table(
    "staging_decided",
    metadata,
    Column("as_of", Date, nullable=False),
    Column("student_id", BigInteger, nullable=False),
    Column("finding_id", BigInteger, nullable=False),
    Column("reason", Text),
)
enveloped = Table(
    "staging_enveloped",
    metadata,
    Column("as_of", Date, nullable=False),
    Column("student_id", BigInteger, nullable=False),
    Column("household_key", Text, nullable=False),
    Column("meeting", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("email", Text),
)
tasked = Table(
    "staging_tasked",
    metadata,
    Column("as_of", Date, nullable=False),
    Column("student_id", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("due_on", Date, nullable=False),
)

BY_NAME = {
    "schools": schools,
    "students": students,
    "enrollments": enrollments,
    "guardians": guardians,
    "calendar": calendar,
    "marks": marks,
    "ladder": ladder,
}
SCOPE = {"student_days": student_days, "rosters": rosters}
