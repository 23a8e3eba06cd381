"""The connector "oneroster": OneRoster 1.1 and 1.2 CSV files, zipped or in a folder, and others beside them.

Layouts of OneRoster's own files are named in `delivery.FILES`. A layout named after a canonical table is one file of
it, as the connector "files" reads it, and stands in the place of what OneRoster says: attendance and calendar always,
others where a district has something better. Fetching, unpacking and their options are those of "files"; for what else
a district may set see `options`.
"""

from collections.abc import Sequence

from pact_etl.connectors.canonical import COLUMNS
from pact_etl.connectors.files.connector import read_tables
from pact_etl.connectors.files.fetching import Credentials, fetch_files
from pact_etl.connectors.files.kept import KeptFiles
from pact_etl.connectors.files.layouts import shape_of
from pact_etl.connectors.oneroster.delivery import FILES, Delivery, read_delivery, require_files
from pact_etl.connectors.oneroster.enrollments import enrollment_table
from pact_etl.connectors.oneroster.manifest import layout_of
from pact_etl.connectors.oneroster.options import Options, options_of
from pact_etl.connectors.oneroster.people import (
    guardian_table,
    roles_of,
    student_table,
    students_of,
    taken_back,
)
from pact_etl.connectors.oneroster.schools import school_table, schools_named
from pact_etl.connectors.protocol import Parsed, Pull, Pulled, RawFile, RawTable
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason
from pact_etl.domain.scope import Scope

ALWAYS_BESIDE = ("calendar", "attendance")
"""Of these OneRoster knows nothing."""


class OneRoster:
    """OneRoster rosters."""

    def __init__(self, drop: str, credentials: Credentials | None = None) -> None:
        """Name the folder or URL under which districts' files arrive, and who knows how to log in at SFTP servers."""
        self._drop = drop
        self._credentials = credentials

    def fetch(self, district: District, pull: Pull) -> Pulled:
        """See `Connector.fetch`; a file that the manifest has and the folder has not makes the district late."""
        files = fetch_files(self._drop, district, pull.as_of, self._credentials)
        try:
            require_files(district, KeptFiles(district, files))
        except SubmissionRefused as refused:
            # Whatever else is wrong is for the night to say, which keeps the bytes.
            if refused.reason is Reason.FILE_MISSING:
                raise
        return Pulled(files=files)

    def parse(self, district: District, files: Sequence[RawFile]) -> Parsed:
        """See `Connector.parse`.

        A whole delivery means what the district's `roster` says. One with changes in it states nothing whole but the
        rosters, now empty, of the students whose records it takes back.
        """
        for table in ALWAYS_BESIDE:
            layout_of(district, table)
        options = options_of(district)
        kept = KeptFiles(district, files)
        beside = {name: one for name, one in district.files.items() if name not in FILES}
        if unknown := set(beside) - set(COLUMNS):
            raise SettingsError(f"{district.slug}: no OneRoster file {', '.join(sorted(unknown))}")
        delivery = read_delivery(district, kept, options.enrollments_from)
        tables = {one.table: one for one in read_tables(beside, kept, shape_of(district))}
        derived = _derived(delivery, options, district)
        tables = {one.table: one for one in derived} | tables
        found = [tables[name] for name in COLUMNS if name in tables]
        if delivery.is_whole:
            return Parsed(tables=found)
        gone = taken_back(delivery)
        return Parsed(tables=found, scope=Scope(rosters_of=gone, changes_only=True))


def _derived(delivery: Delivery, options: Options, district: District) -> list[RawTable]:
    roles = roles_of(delivery)
    students = students_of(delivery, roles).assign(file=delivery["users"].file)
    named = schools_named(delivery, roles)
    guardians = guardian_table(delivery, students, roles, options)
    return [
        school_table(delivery, students, named, options),
        student_table(delivery, students, options, district),
        enrollment_table(delivery, students, named, options, district),
        *([] if guardians is None else [guardians]),
    ]
