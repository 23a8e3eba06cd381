"""Read what a submission rests on: its kept bytes, parsed by the district's settings of today."""

from sqlalchemy import Connection

from pact_etl.connectors.archive import Archive
from pact_etl.connectors.protocol import Parsed
from pact_etl.connectors.registry import connector_for
from pact_etl.store.submissions import Submission, get_submission
from pact_etl.wiring import Collaborators


def read_kept(using: Collaborators, connection: Connection, one: Submission) -> Parsed:
    """The raw tables of a submission, or of the one that it reads again.

    Raises:
        SubmissionRefused: the bytes cannot be read.
    """
    source = one if one.rederives is None else get_submission(connection, one.rederives)
    district = using.district(one.slug)
    files = Archive(using.settings.archive).load(source.content_hash)
    return connector_for(district, using.sources).parse(district, files)
