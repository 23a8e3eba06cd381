"""Schools out of OneRoster's organizations, which carry no level: it follows from the grades of their students."""

import pandas as pd

from pact_etl.connectors.canonical import level_of
from pact_etl.connectors.oneroster.delivery import Delivery, looked_up
from pact_etl.connectors.oneroster.options import Options
from pact_etl.connectors.oneroster.people import STUDENT, raw_table
from pact_etl.connectors.protocol import RawTable

SCHOOL = "school"


def school_table(
    delivery: Delivery, students: pd.DataFrame, named: pd.DataFrame, options: Options
) -> RawTable:
    """One row per school. A delivery of changes does not hold all students and so tells no level."""
    orgs = delivery["orgs"].standing
    schools = orgs[orgs["type"].str.lower() == SCHOOL].reset_index(drop=True)
    levels = looked_up(schools["sourcedId"], _levels(delivery, students, named))
    if delivery.is_whole:
        levels = levels.where(levels != "", options.level_without_students)
    columns = {"school_code": schools["school_code"], "name": schools["name"], "level": levels}
    if "phone" in schools:
        columns["phone"] = schools["phone"]
    return raw_table("schools", delivery["orgs"].file, columns, schools["row"])


def schools_named(delivery: Delivery, roles: pd.DataFrame) -> pd.DataFrame:
    """The schools at which users are students by their own records: `user`, `org` (sourcedIds), `row`, `file`.

    An organization that is not in the delivery counts as one; a district or department does not.
    """
    orgs = delivery["orgs"].frame
    others = orgs.loc[orgs["type"].str.lower() != SCHOOL, "sourcedId"]
    found = roles[(roles["role"].str.lower() == STUDENT) & (roles["org"] != "")]
    found = found[~found["org"].isin(others)]
    return found.drop_duplicates(["user", "org"]).drop(columns="role").reset_index(drop=True)


def _levels(delivery: Delivery, students: pd.DataFrame, named: pd.DataFrame) -> dict[str, str]:
    if not delivery.is_whole:
        return {}
    grades = students.drop_duplicates("sourcedId").set_index("sourcedId")["grade"]
    taught = named.assign(grade=looked_up(named["user"], grades))
    by_school = taught[taught["grade"] != ""].groupby("org")["grade"].agg(frozenset)
    return {str(org): level_of(found) for org, found in by_school.items()}
