"""The kept files of one submission by what the layouts call them, unpacked within bounds."""

from collections.abc import Mapping, Sequence

from pact_etl.connectors.files.delimited import Rows, Shape, read_rows
from pact_etl.connectors.files.fetching import wanted_files
from pact_etl.connectors.files.file_patterns import MEMBER, pattern_of, split_member
from pact_etl.connectors.files.unpacking import Bounds, Unpacker
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import District
from pact_etl.domain.errors import SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

MAX_UNPACKED_BYTES = 1 << 30


class KeptFiles:
    """Files of one submission; what comes out of their archives is bounded together.

    Raises:
        SubmissionRefused: two files are of one name pattern.
        SettingsError: option `max_unpacked_bytes` is no number.
    """

    def __init__(self, district: District, files: Sequence[RawFile]) -> None:
        """Sort the files by the patterns of the district's layouts; others are left alone."""
        self._by_pattern = _by_pattern(district, files)
        limit = district.options.get("max_unpacked_bytes", MAX_UNPACKED_BYTES)
        if not isinstance(limit, int):
            raise SettingsError(f"{district.slug}: option max_unpacked_bytes is no number")
        self._unpacker = Unpacker(Bounds(total_bytes=limit))

    def content(self, layout: str) -> bytes | None:
        """The bytes a layout's name means, unpacked; None where they were not sent."""
        outer, _ = split_member(layout)
        file = self._by_pattern.get(outer)
        if file is None:
            return None
        return self._unpacker.text_of(file.name, file.content, layout)

    def shown(self, layout: str) -> str:
        """What to call it to the district."""
        outer, member = split_member(layout)
        name = self._by_pattern[outer].name if outer in self._by_pattern else outer
        return name if member is None else f"{name}{MEMBER}{member}"

    def rows(self, layout: str, shape: Shape) -> Rows:
        """The rows of a file that must be there.

        Raises:
            SubmissionRefused: FILE_MISSING, or the file cannot be read.
        """
        content = self.content(layout)
        if content is None:
            raise SubmissionRefused(Reason.FILE_MISSING, file=self.shown(layout))
        return read_rows(self.shown(layout), content, shape)


def _by_pattern(district: District, files: Sequence[RawFile]) -> Mapping[str, RawFile]:
    patterns = list(wanted_files(district))
    found: dict[str, RawFile] = {}
    for file in files:
        pattern = pattern_of(file.name, patterns)
        if pattern is not None and pattern in found:
            detail = f"a second file for {pattern}"
            raise SubmissionRefused(Reason.FILE_MALFORMED, file=file.name, detail=detail)
        if pattern is not None:
            found[pattern] = file
    return found
