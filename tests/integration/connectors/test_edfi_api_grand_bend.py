"""The real Ed-Fi sample by both roads: bulk XML and the API give the same canonical tables."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pact_etl.connectors.edfi.api import EdfiApi
from pact_etl.connectors.registry import connector_for
from pact_etl.districts.loader import load_district
from pact_etl.simulator.servers.edfi_server import EdfiServer
from tests.sources import file_sources, pull, read_night

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT.parent / "shared" / "data" / "edfi-grandbend"
AS_OF = date(2022, 5, 27)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"the Ed-Fi sample is not at {SAMPLE}"),
]


def as_set(frame):
    return set(frame.drop(columns="row").itertuples(index=False, name=None))


@pytest.mark.parametrize("is_old", [False, True], ids=["contacts", "parents"])
def test_the_sample_says_the_same_by_xml_and_by_the_api(is_old):
    district = load_district(
        ROOT / "tests/data/districts/grand-bend.yaml", ROOT / "tests/data/dialects"
    )
    by_xml = {
        t.table: t.frame
        for t in read_night(connector_for(district, file_sources(SAMPLE)), district, AS_OF)
    }

    with EdfiServer(agency=255901, key="k", secret="s", is_old=is_old) as server:
        server.load(by_xml, (date(2021, 8, 1), AS_OF))
        connector = EdfiApi(lambda slug: {"key": "k", "secret": "s"})
        online = replace(district, url=server.url, options={"default_language": "eng"})
        pulled = connector.fetch(online, pull(AS_OF))
    parsed = connector.parse(online, pulled.files)

    by_api = {t.table: t.frame for t in parsed.tables}
    assert set(by_api) == set(by_xml)
    for table, frame in by_xml.items():
        assert len(by_api[table]) == len(frame), table
        assert as_set(by_api[table]) == as_set(frame), table
