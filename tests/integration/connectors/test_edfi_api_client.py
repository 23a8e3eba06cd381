"""Our fake of an ODS is one: the Ed-Fi community's own client reads it by every road it knows."""

import warnings

import pytest

from pact_etl.simulator.servers.edfi_server import EdfiServer
from tests.integration.connectors.edfi_world import AGENCY, NIGHTS, YEAR_START, small_world

edfi_api_client = pytest.importorskip("edfi_api_client", reason="edfi-api-client is not installed")

pytestmark = pytest.mark.integration

EVENTS = "studentSchoolAttendanceEvents"


@pytest.fixture(params=["7.3", "6.1"], ids=["cursor", "offset"])
def server(request):
    with EdfiServer(agency=AGENCY, key="k", secret="s", version=request.param) as running:
        running.faults.has_cursor = request.param == "7.3"
        running.load(small_world().tables(), (YEAR_START, NIGHTS[1]))
        yield running


@pytest.fixture
def client(server):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = edfi_api_client.EdFiClient(server.url, client_key="k", client_secret="s")
        yield made
        if made.session.session is not None:
            made.session.session.close()


def test_every_row_arrives_once_whatever_the_paging(server, client):
    events = client.resource(EVENTS, namespace="ed-fi")
    total = len(server.state.resources[EVENTS].rows)

    assert events.get_total_count() == total
    rows = list(events.get_rows(page_size=11))
    assert len(rows) == len({row["id"] for row in rows}) == total


def test_change_versions_are_stepped_backwards_without_loss(server, client):
    newest = client.get_newest_change_version()
    assert newest == server.state.version
    events = client.resource(EVENTS, namespace="ed-fi", min_change_version=0)
    events.params["maxChangeVersion"] = newest

    pages = events.get_pages(page_size=5, step_change_version=True, change_version_step_size=40)

    ids = {row["id"] for page in pages for row in page}
    assert len(ids) == len(server.state.resources[EVENTS].rows)


def test_deletes_and_key_changes_are_told(server, client):
    before = client.get_newest_change_version()
    world = small_world()
    (student, day), *_ = world.marks
    world.marks[student, day] = "Excused Absence"
    world.rename("1002", "1099")
    world.drop_student("1005")
    gone = len(small_world().marks) - len(world.marks)
    server.load(world.tables(), (YEAR_START, NIGHTS[1]))

    def told(name, **kind):
        resource = client.resource(name, namespace="ed-fi", min_change_version=before + 1, **kind)
        return list(resource.get_rows(page_size=10))

    (changed,) = told(EVENTS, get_key_changes=True)
    assert changed["oldKeyValues"]["eventDate"] == day.isoformat()
    assert changed["newKeyValues"]["attendanceEventCategoryDescriptor"].endswith("#Excused Absence")
    (renamed,) = told("students", get_key_changes=True)
    assert renamed["newKeyValues"] == {"studentUniqueId": "1099"}
    assert len(told(EVENTS, get_deletes=True)) == gone
    assert [d["keyValues"] for d in told("students", get_deletes=True)] == [
        {"studentUniqueId": "1005"}
    ]
