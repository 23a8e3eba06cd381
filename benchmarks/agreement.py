"""Do two ways of counting a night name the same students? Told by a fingerprint of each of the three lists."""

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Engine, text

LINES = ("truant", "chronic_truant", "chronic_absentee")
_RULES = {
    "truant": "truant",
    "chronic_truant_candidate": "chronic_truant",
    "chronic_absentee": "chronic_absentee",
}

_STANDING = """
SELECT f.rule, d.slug, r.local_id FROM finding f
JOIN district d ON d.id = f.district_id
JOIN student_record r ON r.district_id = f.district_id AND r.student_id = f.student_id
WHERE f.ended_as_of IS NULL
"""

Fingerprints = dict[str, str]


def over_lines_in_database(engine: Engine) -> Fingerprints:
    """The pipeline's standing findings."""
    with engine.connect() as connection:
        rows = connection.execute(text(_STANDING)).tuples().all()
    return _fingerprints((_RULES[rule], slug, local_id) for rule, slug, local_id in rows)


def over_lines_in_file(path: Path) -> Fingerprints:
    """The lists of a file with the columns of the simulator's truth."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return _fingerprints(
        (line, row["district"], row["local_id"])
        for row in rows
        for line in LINES
        if row[line] == "1"
    )


def _fingerprints(entries: Iterable[tuple[str, str, str]]) -> Fingerprints:
    """By line: how many students, and a hash of who."""
    lists: dict[str, list[str]] = {line: [] for line in LINES}
    for line, slug, local_id in entries:
        lists[line].append(f"{slug},{local_id}")
    return {
        line: f"{len(names)}:{hashlib.sha256(chr(10).join(sorted(names)).encode()).hexdigest()[:16]}"
        for line, names in lists.items()
    }
