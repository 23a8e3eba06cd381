"""Fill the dimensions: what facts are about. Load them before the facts of the same night."""

from datetime import date

import pandas as pd
from sqlalchemy import Connection, text

from pact_etl.warehouse.bands import UNKNOWN, age_bands, grade_bands
from pact_etl.warehouse.frames import DISTRICTS, SCHOOLS, STUDENTS, checked
from pact_etl.warehouse.keys import Pseudonyms
from pact_etl.warehouse.load import merge_dimension
from pact_etl.warehouse.tables import dim_district, dim_school, dim_student

_DATES = text("""
    INSERT INTO dim_date (date_key, date, school_year, year, month, weekday, is_month_end)
    SELECT to_char(day, 'YYYYMMDD')::integer, day::date,
           first_year || '-' || lpad(((first_year + 1) % 100)::text, 2, '0'),
           extract(year FROM day), extract(month FROM day), extract(isodow FROM day),
           extract(month FROM day + interval '1 day') <> extract(month FROM day)
    FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), interval '1 day')
             AS days (day),
         -- A school year begins on 1 July.
         LATERAL (SELECT extract(year FROM day - interval '6 months')::integer) AS y (first_year)
    ON CONFLICT DO NOTHING
""")


def load_dates(connection: Connection, first: date, last: date) -> int:
    """Every day from one to another, both inclusive. Returns days added."""
    return connection.execute(_DATES, {"first": first, "last": last}).rowcount


def load_districts(connection: Connection, frame: pd.DataFrame) -> int:
    """Districts, see `frames.DISTRICTS`. Returns rows added or changed."""
    checked(frame, DISTRICTS, words=("slug", "cd_code"))
    return merge_dimension(connection, dim_district, frame.rename(columns={"slug": "district_key"}))


def load_schools(connection: Connection, frame: pd.DataFrame) -> int:
    """Schools, see `frames.SCHOOLS`. Returns rows added or changed."""
    checked(frame, SCHOOLS, words=("cds_code", "district", "level"))
    named = frame.rename(columns={"cds_code": "school_key", "district": "district_key"})
    return merge_dimension(connection, dim_school, named)


def load_students(
    connection: Connection, frame: pd.DataFrame, pseudonyms: Pseudonyms, as_of: date
) -> int:
    """Students, see `frames.STUDENTS`, as pseudonyms and bands. Returns rows added or changed."""
    checked(frame, STUDENTS, words=("district", "grade", "home_language"))
    banded = pd.DataFrame(
        {
            "student_key": pseudonyms.keys("student", frame["student_ref"]),
            "key_version": pseudonyms.version,
            "district_key": frame["district"],
            "age_band": age_bands(frame["birth_date"], as_of),
            "grade_band": grade_bands(frame["grade"]),
            "home_language": frame["home_language"].fillna(UNKNOWN),
        }
    )
    return merge_dimension(connection, dim_student, banded)
