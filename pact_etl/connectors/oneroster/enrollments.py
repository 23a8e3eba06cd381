"""Enrollments at schools, which OneRoster does not have: it has dated seats in classes, and in 1.2 dated roles.

What is taken for one, by the option `enrollments_from`:
- `classes`, `homerooms`: the days on which a student has a seat in some class of the school. Begin and end are the
  seat's; an empty one is that of the class's academic sessions. Spans that meet are one, a gap between two is a gap.
- `roles`: a student role at a school, from its begin to its end.

A seat is the student's at the school that the seat names, whatever school its class has; and only where the student's
own record (1.1 `orgSourcedIds`, 1.2 roles) names that school too, for a class taken elsewhere makes no enrollment.

What does not follow is not made up: a student without any dated span at a school that the record names comes out once
with an empty entry date, a date that cannot be read as it is. Both are set aside with their reason. A delta tells of
single seats, and the others of the student are not in it: whom it touches comes out without a date as well.
"""

import pandas as pd

from pact_etl.connectors.canonical import COLUMNS
from pact_etl.connectors.oneroster.dates import as_text, days_of, rewritten
from pact_etl.connectors.oneroster.delivery import Delivery, looked_up
from pact_etl.connectors.oneroster.manifest import V11
from pact_etl.connectors.oneroster.options import HOMEROOMS, ROLES, Options
from pact_etl.connectors.oneroster.people import STUDENT, exploded
from pact_etl.connectors.protocol import RawTable
from pact_etl.domain.district import District
from pact_etl.domain.errors import SubmissionRefused
from pact_etl.domain.reasons import Reason

EXCLUSIVE = "exclusive"
HOMEROOM = "homeroom"
TAKEN_BACK = "tobedeleted"
"""Stands as the end of a role that is taken back without one, and is no date."""

_FAR = pd.Timestamp("2199-12-31")
_PAIR = ["user", "org"]
_SPAN = [*_PAIR, "begin", "end", "row", "file"]


def enrollment_table(
    delivery: Delivery,
    students: pd.DataFrame,
    named: pd.DataFrame,
    options: Options,
    district: District,
) -> RawTable:
    """One row per student, school and span.

    Args:
        delivery: all files.
        students: records of students, with `grade` and `file`.
        named: users and the schools that their own records name.
        options: the district's.
        district: how it reads ends and writes dates.

    Raises:
        SubmissionRefused: FILE_MISSING, enrollments are to be taken from roles, which 1.1 does not have.
    """
    if options.enrollments_from == ROLES:
        stated = _roles(delivery)
        source = delivery["roles"]
    else:
        stated = _seats(delivery, students, named, options, district)
        source = delivery["class_enrollments"]
    if not delivery.is_whole:
        spans = _single(stated, options, district)
    else:
        spans = _whole(stated, district)
        spans = pd.concat([spans, _undated(students, named, spans)], ignore_index=True)
    grades = students.drop_duplicates("sourcedId", keep="last").set_index("sourcedId")["grade"]
    columns = {
        "local_id": delivery.codes(spans["user"], "users", "local_id"),
        "school_code": delivery.codes(spans["org"], "orgs", "school_code"),
        "grade": looked_up(spans["user"], grades),
        "entry_date": spans["begin"],
        "exit_date": spans["end"],
        "track": pd.Series("", index=spans.index),  # OneRoster knows no tracks
    }
    frame = pd.DataFrame({name: columns[name].astype("str") for name in COLUMNS["enrollments"]})
    frame = frame.assign(row=spans["row"].astype("int64"), file=spans["file"].astype("str"))
    return RawTable(table="enrollments", file=source.file, frame=frame)


def _roles(delivery: Delivery) -> pd.DataFrame:
    """Student roles as spans of text."""
    if delivery.version == V11:
        raise SubmissionRefused(
            Reason.FILE_MISSING, file="roles.csv", detail="OneRoster 1.1 has no roles"
        )
    source = delivery["roles"]
    rows = source.standing if delivery.is_whole else source.frame
    orgs = delivery["orgs"].frame
    others = orgs.loc[orgs["type"].str.lower() != "school", "sourcedId"]
    rows = rows[(rows["role"].str.lower() == STUDENT) & ~rows["orgSourcedId"].isin(others)]
    names = {"userSourcedId": "user", "orgSourcedId": "org", "beginDate": "begin", "endDate": "end"}
    return rows.rename(columns=names).assign(file=source.file).reset_index(drop=True)


def _seats(
    delivery: Delivery,
    students: pd.DataFrame,
    named: pd.DataFrame,
    options: Options,
    district: District,
) -> pd.DataFrame:
    """Students' seats in classes as spans of text, at schools that their records name."""
    source = delivery["class_enrollments"]
    rows = source.standing if delivery.is_whole else source.frame
    rows = rows[rows["role"].str.lower() == STUDENT]
    classes = delivery["classes"].standing.drop_duplicates("sourcedId", keep="last")
    if options.enrollments_from == HOMEROOMS:
        homerooms = classes.loc[classes["classType"].str.lower() == HOMEROOM, "sourcedId"]
        rows = rows[rows["classSourcedId"].isin(homerooms)]
    names = {
        "userSourcedId": "user",
        "schoolSourcedId": "org",
        "beginDate": "begin",
        "endDate": "end",
    }
    rows = rows.rename(columns=names).assign(file=source.file).reset_index(drop=True)
    own = pd.MultiIndex.from_frame(rows[_PAIR]).isin(pd.MultiIndex.from_frame(named[_PAIR]))
    strangers = ~rows["user"].isin(students["sourcedId"])
    rows = rows[own | strangers].reset_index(drop=True)
    first, last = _terms(delivery, classes, district)
    for column, bound in (("begin", first), ("end", last)):
        stated = rows[column]
        rows[column] = stated.where(stated != "", looked_up(rows["classSourcedId"], bound))
    return rows


def _terms(
    delivery: Delivery, classes: pd.DataFrame, district: District
) -> tuple[pd.Series, pd.Series]:
    """By class, the first and last day of its academic sessions, as text."""
    sessions = delivery["academic_sessions"].standing.drop_duplicates("sourcedId", keep="last")
    sessions = sessions.set_index("sourcedId")
    terms = exploded(classes[["sourcedId", "termSourcedIds"]], "termSourcedIds")
    days = {
        column: days_of(sessions[column], district).reindex(terms["termSourcedIds"]).to_numpy()
        for column in ("startDate", "endDate")
    }
    by_class = pd.DataFrame(days | {"class": terms["sourcedId"]}).groupby("class")
    return (
        as_text(by_class["startDate"].min(), district),
        as_text(by_class["endDate"].max(), district),
    )


def _single(stated: pd.DataFrame, options: Options, district: District) -> pd.DataFrame:
    """Of changes: a role stands for itself, a seat says no more than that a student's enrollment may have changed."""
    if options.enrollments_from != ROLES:
        touched = stated.drop_duplicates(_PAIR)
        return touched.assign(begin="", end="")[_SPAN].reset_index(drop=True)
    endless = stated["deleted"] & (stated["end"] == "")
    begin, end = (rewritten(stated[column], district) for column in ("begin", "end"))
    return stated.assign(begin=begin, end=end.mask(endless, TAKEN_BACK))[_SPAN]


def _whole(stated: pd.DataFrame, district: District) -> pd.DataFrame:
    """Spans that meet as one; those whose dates cannot be read, or run backwards, as they stand."""
    begin, end = days_of(stated["begin"], district), days_of(stated["end"], district)
    end = end.mask(stated["end"] == "", _FAR)
    dated = begin.notna() & end.notna() & (end >= begin)
    unreadable = stated[~dated & (stated["begin"] != "")]
    spans = stated[dated].assign(begin=begin[dated], end=end[dated])
    united = _united(spans, days_between=0 if district.exit_day == EXCLUSIVE else 1)
    texts = united.assign(
        begin=as_text(united["begin"], district),
        end=as_text(united["end"].mask(united["end"] == _FAR), district),
    )
    return pd.concat([texts[_SPAN], unreadable[_SPAN]], ignore_index=True)


def _united(spans: pd.DataFrame, *, days_between: int) -> pd.DataFrame:
    """Spans of one student at one school that overlap or follow each other, as one; `row` is the first's.

    Args:
        spans: `begin` and `end` are days.
        days_between: from an end to the begin of a span that follows without a gap.
    """
    spans = spans.sort_values([*_PAIR, "begin", "end", "row"], kind="stable")
    reach = spans.groupby(_PAIR)["end"].cummax()
    before = reach.groupby([spans["user"], spans["org"]]).shift()
    apart = before.isna() | (spans["begin"] > before + pd.Timedelta(days=days_between))
    first = {name: "first" for name in (*_PAIR, "begin", "row", "file")}
    return spans.groupby(apart.cumsum()).agg(first | {"end": "max"}).reset_index(drop=True)


def _undated(students: pd.DataFrame, named: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """Students at schools that their records name, without any span there; and students whose records name none."""
    at = named[named["user"].isin(students["sourcedId"])]
    held = pd.MultiIndex.from_frame(at[_PAIR]).isin(pd.MultiIndex.from_frame(spans[_PAIR]))
    nowhere = students[~students["sourcedId"].isin(at["user"])]
    lost = pd.DataFrame({"user": nowhere["sourcedId"], "org": "", "row": nowhere["row"]})
    missing = pd.concat([at[~held], lost.assign(file=nowhere["file"])], ignore_index=True)
    return missing.assign(begin="", end="")[_SPAN]
