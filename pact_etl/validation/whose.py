"""Whose data these are: figures that tell one district's files under another district's name. Pure frames.

File drops carry no credential that could be asked whose it is. What can be asked: the county-district code where a file
has one, the district's own record (its ids belong to the same children as on other nights), and, on a first night, the
records of the county's other districts.
"""

from collections.abc import Sequence

import pandas as pd

from pact_etl.validation.values import DAY, TEXT, Gates, Reference

DISTRICT_DIGITS = 7
CDS_DIGITS = 14

_PERSON = ["local_id", "birth_date"]


def schools_of_others(schools: pd.DataFrame, cd_code: str) -> int:
    """Schools that name another county and district, in a column of their own or as part of a 14-digit CDS code."""
    stated = schools["cd_code"].fillna("").astype(TEXT)
    long = schools["school_code"].astype(TEXT).str.len() == CDS_DIGITS
    stated = stated.mask((stated == "") & long, schools["school_code"].str[:DISTRICT_DIGITS])
    bare = stated.str.lstrip("0")
    return int(((bare != "") & (bare != cd_code.lstrip("0"))).sum())


def share_known(named: Sequence[pd.Series], reference: Reference, gates: Gates) -> float:
    """Share of the ids named tonight that the record knows; 1 on a first night, and where too few are named.

    Args:
        named: local ids, by table.
        reference: the record.
        gates: for how few are too few.
    """
    if not len(reference.students):
        return 1.0
    ids = pd.Index(pd.concat([pd.Series(one.dropna().unique()) for one in named])).unique()
    if len(ids) < gates.min_students_compared:
        return 1.0
    return float(ids.isin(reference.students["local_id"].astype(TEXT)).mean())


def share_same_birth_date(students: pd.DataFrame, reference: Reference, gates: Gates) -> float:
    """Of the students whose id the record knows, the share born on the day it knows; 1 where too few can be compared.

    Two districts that number their students alike share ids, but not the children behind them.
    """
    if "birth_date" not in reference.students:
        return 1.0
    known = reference.students[_PERSON].astype({"local_id": TEXT, "birth_date": DAY})
    both = students[_PERSON].merge(known, on="local_id", suffixes=("", "_known"))
    if len(both) < gates.min_students_compared:
        return 1.0
    return float((both["birth_date"] == both["birth_date_known"]).mean())


def most_known_elsewhere(students: pd.DataFrame, reference: Reference, gates: Gates) -> float:
    """The largest share of tonight's students whom one other district knows by the same id and birth date."""
    elsewhere = reference.elsewhere
    if len(students) < gates.min_students_compared or elsewhere.empty:
        return 0.0
    kinds = {"local_id": TEXT, "birth_date": DAY}
    both = elsewhere.astype(kinds).merge(students[_PERSON], on=_PERSON)
    counts = both.groupby("district").size()
    return float(counts.max() / len(students)) if len(counts) else 0.0
