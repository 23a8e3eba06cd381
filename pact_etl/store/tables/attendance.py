"""Enrollments, calendars, marks and the counts derived from them.

A mark and an enrollment are bitemporal: the day they speak of, and the submissions between which we believed them.
`recorded_to` is empty while the row is believed.
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text

from pact_etl.store.tables.base import metadata, reference, surrogate_key

enrollment = Table(
    "enrollment",
    metadata,
    surrogate_key(),
    reference("district_id", "district"),
    reference("student_id", "student"),
    reference("school_id", "school"),
    Column("entry_date", Date, nullable=False),
    Column(
        "exit_date",
        Date,
        comment="last day of enrollment, inclusive whatever the district's system says",
    ),
    Column("grade", Text),
    Column(
        "track",
        Text,
        nullable=False,
        server_default="",
        comment="whose calendar of the school's the student follows; empty for the common one",
    ),
    reference("recorded_from", "submission"),
    reference("recorded_to", "submission", nullable=True),
)
Index(
    "uq_enrollment_believed",
    enrollment.c.student_id,
    enrollment.c.school_id,
    enrollment.c.entry_date,
    unique=True,
    postgresql_where=enrollment.c.recorded_to.is_(None),
)
Index(
    "ix_enrollment_district",
    enrollment.c.district_id,
    postgresql_where=enrollment.c.recorded_to.is_(None),
)
Index("ix_enrollment_recorded_from", enrollment.c.recorded_from)
Index(
    "ix_enrollment_recorded_to",
    enrollment.c.recorded_to,
    postgresql_where=enrollment.c.recorded_to.is_not(None),
)

calendar_day = Table(
    "calendar_day",
    metadata,
    Column("school_id", BigInteger, ForeignKey("school.id"), primary_key=True),
    Column("track", Text, primary_key=True, server_default=""),
    Column("date", Date, primary_key=True),
    Column("is_instructional", Boolean, nullable=False),
    reference("changed_by", "submission", nullable=True),
    Column(
        "day_number",
        Integer,
        nullable=False,
        server_default="0",
        comment="instructional weekdays of the school year through this date, so that a denominator is a subtraction",
    ),
    Column(
        "weekend_day_number",
        Integer,
        nullable=False,
        server_default="0",
        comment="the same of weekend classes, which count only where the county says so",
    ),
    comment="One row per date of the year; what a track does not state is as in the common calendar.",
)

calendar_track = Table(
    "calendar_track",
    metadata,
    Column("school_id", BigInteger, ForeignKey("school.id"), primary_key=True),
    Column("track", Text, primary_key=True),
    comment="Tracks with a calendar of their own. A student of any other track follows the common one.",
)

# Of its references only the student's is checked by the database, row by row: the others come out of the very joins
# that write a mark, and checking them again is half the time of a first load.
mark = Table(
    "mark",
    metadata,
    surrogate_key(),
    Column("district_id", BigInteger, nullable=False),
    reference("student_id", "student"),
    Column("school_id", BigInteger, nullable=False),
    Column("date", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("raw_code", Text, nullable=False),
    Column("minutes", Integer),
    Column("source_row", Integer, nullable=False),
    Column("recorded_from", BigInteger, nullable=False),
    Column("recorded_to", BigInteger),
    comment="Exceptions only: presence is the absence of a mark on an enrolled instructional day.",
)
Index(
    "uq_mark_believed",
    mark.c.student_id,
    mark.c.school_id,
    mark.c.date,
    unique=True,
    postgresql_where=mark.c.recorded_to.is_(None),
    postgresql_include=["id", "status"],  # counting days then reads no row of the table
)
Index(
    "ix_mark_window", mark.c.district_id, mark.c.date, postgresql_where=mark.c.recorded_to.is_(None)
)
Index("ix_mark_recorded_from", mark.c.recorded_from)
Index("ix_mark_recorded_to", mark.c.recorded_to, postgresql_where=mark.c.recorded_to.is_not(None))

Index("ix_mark_closed", mark.c.student_id, postgresql_where=mark.c.recorded_to.is_not(None))

tally = Table(
    "tally",
    metadata,
    Column("district_id", BigInteger, ForeignKey("district.id"), primary_key=True),
    Column("student_id", BigInteger, ForeignKey("student.id"), primary_key=True),
    Column("school_year", Text, primary_key=True),
    Column("unexcused_days", Integer, nullable=False),
    Column("occasions", Integer, nullable=False),
    Column("absent_days", Integer, nullable=False),
    Column("exempt_days", Integer, nullable=False, server_default="0"),
    comment="Counts over believed marks, kept so that a night costs what it brings; recounted for tally_due students.",
)

tally_due = Table(
    "tally_due",
    metadata,
    Column("district_id", BigInteger, ForeignKey("district.id"), primary_key=True),
    Column("student_id", BigInteger, ForeignKey("student.id"), primary_key=True),
    comment="Students whose marks, enrollments or calendar changed since their tally was counted.",
)
