"""All hostile cases."""

from tests.hostile.cases import Case
from tests.hostile.families import (
    of_archives,
    of_bytes,
    of_cells,
    of_json,
    of_lines,
    of_tables,
    of_time,
    of_xml,
)

FAMILIES = (of_bytes, of_lines, of_archives, of_xml, of_json, of_cells, of_tables, of_time)

CASES: list[Case] = [case for family in FAMILIES for case in family.CASES]
