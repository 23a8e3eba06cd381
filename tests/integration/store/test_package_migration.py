"""Batches of the time when a batch was one package: what was booked of them moves to the table of packages and back."""

from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from pact_etl.store.schema import migration_config
from pact_etl.store.session import open_engine

pytestmark = pytest.mark.integration

# Six batches: acknowledged, handed over, refused, sealed by a run that died, numbered and never set, and emptied.
ROWS = """
INSERT INTO meeting (slug, date) VALUES ('m', '2026-11-19');
INSERT INTO batch (as_of, status, sequence, package, pdf_sha256, sealed_sha256, pieces, pages, sheets, released_as_of)
VALUES ('2026-10-01', 'acknowledged', 1, 'PACT-s-20261001-000001-a', 'pdf1', 'pgp1', 2, 4, 4, '2026-10-02'),
       ('2026-10-02', 'released', 2, 'PACT-s-20261002-000002-b', 'pdf2', NULL, 1, 2, 2, '2026-10-02'),
       ('2026-10-05', 'released', 3, 'PACT-s-20261005-000003-c', 'pdf3', 'pgp3', 1, 2, 2, '2026-10-05'),
       ('2026-10-06', 'approved', 4, 'PACT-s-20261006-000004-d', 'pdf4', 'pgp4', 1, 2, 2, '2026-10-06'),
       ('2026-10-07', 'approved', 5, NULL, NULL, NULL, NULL, NULL, NULL, '2026-10-07'),
       ('2026-10-08', 'released', NULL, NULL, NULL, NULL, 0, 0, NULL, '2026-10-08');
INSERT INTO vendor_file (name, sha256, as_of, outcome)
VALUES ('PACT-s-20261005-000003-c.ack', 'x', '2026-10-06', 'vendor_rejected');
INSERT INTO household (key) SELECT 'h' || n FROM generate_series(1, 7) n;
INSERT INTO notice (kind, household_id, meeting_id, batch_id, recipient, address, language, status, first_page)
SELECT 'pact_invitation', h.id, (SELECT id FROM meeting), b.id, '', '', 'eng', v.status, 1
FROM (VALUES ('h1', '2026-10-01', 'mailed'), ('h2', '2026-10-01', 'void'), ('h3', '2026-10-01', 'withdrawn'),
             ('h4', '2026-10-02', 'packaged'), ('h5', '2026-10-05', 'failed'), ('h6', '2026-10-06', 'rendered'),
             ('h7', '2026-10-07', 'approved')) AS v (key, night, status)
JOIN household h ON h.key = v.key JOIN batch b ON b.as_of = CAST(v.night AS date);
INSERT INTO notice_event (notice_id, event, source, as_of, is_applied)
SELECT n.id, 'package', 's', '2026-10-02', true FROM notice n JOIN household h ON h.id = n.household_id
WHERE h.key IN ('h1', 'h2', 'h4', 'h5');
"""

BATCHES = """
SELECT as_of, sequence, package, pdf_sha256, sealed_sha256, pieces, pages, sheets FROM batch
WHERE package IS NOT NULL ORDER BY as_of
"""

PACKAGES = """
SELECT b.as_of::text, p.status, p.sequence, p.sealed_sha256, p.pieces,
       (SELECT string_agg(h.key, ' ' ORDER BY h.key) FROM notice n JOIN household h ON h.id = n.household_id
        WHERE n.package_id = p.id)
FROM package p JOIN batch b ON b.id = p.batch_id ORDER BY p.sequence
"""


def test_what_was_booked_of_a_batch_moves_to_its_package_and_back(
    fresh_database: Callable[..., str],
) -> None:
    url = fresh_database("packages")
    config, engine = migration_config(url), open_engine(url)
    earlier = ScriptDirectory.from_config(config).get_revision("0016").down_revision

    def rows(query: str) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    command.upgrade(config, str(earlier))
    with engine.begin() as connection:
        connection.exec_driver_sql(ROWS)
    before = rows(BATCHES)

    command.upgrade(config, "0016")

    assert rows(PACKAGES) == [
        ("2026-10-01", "acknowledged", 1, "pgp1", 2, "h1 h2"),
        ("2026-10-02", "handed_over", 2, None, 1, "h4"),
        ("2026-10-05", "refused", 3, "pgp3", 1, "h5"),
        ("2026-10-06", "sealed", 4, "pgp4", 1, "h6"),
    ]

    command.downgrade(config, str(earlier))

    assert rows(BATCHES) == before
    engine.dispose()
