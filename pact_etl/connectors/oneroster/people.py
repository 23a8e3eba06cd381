"""Students and guardians out of OneRoster's users, as raw text tables.

Legal names are read, never preferred ones: a letter about a record carries the record's name.

Who is whose guardian stands in `agentSourcedIds`, on the student, the adult, or both. OneRoster says nothing of
education rights, court orders, addresses or languages; what a district does not say otherwise is left empty.
"""

import re

import pandas as pd

from pact_etl.connectors.canonical import COLUMNS
from pact_etl.connectors.oneroster.dates import rewritten
from pact_etl.connectors.oneroster.delivery import Delivery, looked_up
from pact_etl.connectors.oneroster.manifest import V11
from pact_etl.connectors.oneroster.options import Options
from pact_etl.connectors.protocol import RawTable
from pact_etl.domain.district import District

STUDENT = "student"

GRADES = {
    "IT": "IN",
    "PR": "PS",
    "PK": "PS",
    "TK": "TK",
    "KG": "KN",
    "K": "KN",
    "13": "AD",
    **{str(n): f"{n:02d}" for n in range(1, 10)},
}
"""CEDS entry grade levels, which the standard asks for, where the state has another code. Ungraded is two things in
California and is not translated."""


def roles_of(delivery: Delivery) -> pd.DataFrame:
    """Every role that is not taken back: `user`, `role`, `org` (empty where none is stated), `row`, `file`."""
    if delivery.version == V11:
        users = delivery["users"].standing
        roles = pd.DataFrame(
            {"user": users["sourcedId"], "role": users["role"], "org": users["orgSourcedIds"]}
        ).assign(row=users["row"], file=delivery["users"].file)
        return exploded(roles, "org")
    roles = delivery["roles"].standing
    return pd.DataFrame(
        {"user": roles["userSourcedId"], "role": roles["role"], "org": roles["orgSourcedId"]}
    ).assign(row=roles["row"], file=delivery["roles"].file)


def students_of(delivery: Delivery, roles: pd.DataFrame) -> pd.DataFrame:
    """The records of students, with `grade`.

    A user without any role in the delivery is one where grades are stated, which the standard knows of students alone.
    """
    users = delivery["users"].standing
    pupils = users["sourcedId"].isin(roles.loc[roles["role"].str.lower() == STUDENT, "user"])
    has_role = users["sourcedId"].isin(roles.loc[roles["role"] != "", "user"])
    found = users[pupils | (~has_role & (users["grades"] != ""))].reset_index(drop=True)
    grades = found["grades"].str.upper()
    return found.assign(grade=grades.where(~grades.isin(GRADES), looked_up(grades, GRADES)))


def student_table(
    delivery: Delivery, students: pd.DataFrame, options: Options, district: District
) -> RawTable:
    """One row per student. A canonical column that the layout of users has a title for is read from there."""
    births = delivery["demographics"].standing.drop_duplicates("sourcedId", keep="last")
    born = looked_up(students["sourcedId"], births.set_index("sourcedId")["birthDate"])
    columns = {
        "first_name": students["givenName"],
        "last_name": students["familyName"],
        "birth_date": rewritten(born, district),
        "ssid": _user_id(students["userIds"], options.ssid_user_id),
    }
    columns |= {name: students[name] for name in COLUMNS["students"] if name in students}
    return raw_table("students", delivery["users"].file, columns, students["row"])


def guardian_table(
    delivery: Delivery, students: pd.DataFrame, roles: pd.DataFrame, options: Options
) -> RawTable | None:
    """One row per student and adult; None where the delivery has no adult of such a role and names none."""
    adults = delivery["users"].frame.drop_duplicates("sourcedId", keep="last")
    kind = _guardian_roles(adults, roles, options)
    adults = adults.set_index("sourcedId")
    pairs = _named_by_students(students, adults.index, kind)
    pairs = pd.concat([pairs, _naming_students(delivery, kind)], ignore_index=True)
    pairs = pairs.drop_duplicates(["student", "adult"])
    if pairs.empty and kind.empty:
        return None

    def of_adult(column: str) -> pd.Series:
        return looked_up(pairs["adult"], adults[column])

    relation = looked_up(pairs["adult"], kind)
    columns = {
        "local_id": delivery.codes(pairs["student"], "users", "local_id"),
        "guardian_id": pairs["adult"],
        "first_name": of_adult("givenName"),
        "last_name": of_adult("familyName"),
        "relation": relation,
        "email": of_adult("email"),
        "phone": of_adult("phone").where(of_adult("phone") != "", of_adult("sms")),
    }
    gone = pairs["adult"].isin(adults.index[adults["deleted"]])
    holds = relation.isin(options.rights_roles) & ~gone
    columns["has_rights"] = pd.Series("", index=holds.index, dtype="str").mask(holds, "Y")
    table = raw_table("guardians", delivery["users"].file, columns, pairs["row"])
    if options.rights_roles:
        return table
    # Nobody said who holds rights, which is another thing than saying that nobody does.
    frame = table.frame.drop(columns="has_rights")
    return RawTable(table=table.table, file=table.file, frame=frame)


def taken_back(delivery: Delivery) -> frozenset[str]:
    """The district's ids of users whose records a delta takes back."""
    users = delivery["users"].frame
    return frozenset(users.loc[users["deleted"], "local_id"])


def raw_table(table: str, file: str, columns: dict[str, pd.Series], rows: pd.Series) -> RawTable:
    """A canonical table: columns given and, empty, those that are not."""
    nothing = pd.Series("", index=rows.index, dtype="str")
    texts = {name: columns.get(name, nothing).astype("str") for name in COLUMNS[table]}
    frame = pd.DataFrame(texts | {"row": rows.astype("int64")}).reset_index(drop=True)
    return RawTable(table=table, file=file, frame=frame)


def exploded(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """A row for each of the ids that stand in one cell, separated by commas; an empty cell keeps its row."""
    apart = frame.assign(**{column: frame[column].str.split(",")}).explode(column)
    apart[column] = apart[column].str.strip().astype("str")
    return apart.reset_index(drop=True)


def _guardian_roles(adults: pd.DataFrame, roles: pd.DataFrame, options: Options) -> pd.Series:
    """By sourcedId, the role that makes somebody a guardian; of a record taken back, what it was."""
    stated = roles[["user", "role"]]
    if "role" in adults:
        gone = adults[adults["deleted"]]
        stated = pd.concat(
            [stated, gone[["sourcedId", "role"]].rename(columns={"sourcedId": "user"})]
        )
    stated = stated.assign(role=stated["role"].str.lower())
    stated = stated[stated["role"].isin(options.guardian_roles)].drop_duplicates("user")
    return pd.Series(stated["role"].to_numpy(), index=stated["user"].to_numpy(), dtype="str")


def _named_by_students(students: pd.DataFrame, known: pd.Index, kind: pd.Series) -> pd.DataFrame:
    """Agents of students who are guardians by role; one without a record keeps its row, for validation to refuse."""
    named = exploded(students[["sourcedId", "agentSourcedIds", "row"]], "agentSourcedIds")
    agents = named["agentSourcedIds"]
    meant = (agents != "") & (agents.isin(kind.index) | ~agents.isin(known))
    return named[meant].rename(columns={"sourcedId": "student", "agentSourcedIds": "adult"})


def _naming_students(delivery: Delivery, kind: pd.Series) -> pd.DataFrame:
    """Students that guardians name. Whom a whole delivery does not hold is no student it could concern."""
    users = delivery["users"].frame
    adults = users[users["sourcedId"].isin(kind.index)]
    named = exploded(adults[["sourcedId", "agentSourcedIds", "row"]], "agentSourcedIds")
    agents = named["agentSourcedIds"]
    others = users.loc[users["sourcedId"].isin(kind.index), "sourcedId"]
    meant = (agents != "") & ~agents.isin(others)
    if delivery.is_whole:
        meant &= agents.isin(delivery["users"].standing["sourcedId"])
    return named[meant].rename(columns={"sourcedId": "adult", "agentSourcedIds": "student"})


def _user_id(texts: pd.Series, kind: str) -> pd.Series:
    """The id of one type out of `{type:id},{type:id}`."""
    if not kind:
        return pd.Series("", index=texts.index, dtype="str")
    pattern = rf"\{{\s*{re.escape(kind)}\s*:([^}}]*)\}}"
    return texts.str.extract(pattern, expand=False).fillna("").str.strip().astype("str")
