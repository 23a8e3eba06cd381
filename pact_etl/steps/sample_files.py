"""Sample files as inference takes them: archives opened within bounds, and names held against a dialect's patterns."""

import io
import zipfile
from collections.abc import Mapping, Sequence

from pact_etl.connectors.files.file_patterns import MEMBER, matches, split_member
from pact_etl.connectors.files.unpacking import ZIP, Unpacker
from pact_etl.connectors.protocol import RawFile
from pact_etl.districts.inference import pattern_for
from pact_etl.districts.sample_text import Sample
from pact_etl.domain.errors import SubmissionRefused, UsageError

_NO_PATTERN = "*{}"


def unpacked(files: Sequence[RawFile]) -> list[Sample]:
    """Every text in the files; one inside a zip is called `outer!member`.

    Raises:
        UsageError: an archive cannot be opened.
    """
    unpacker = Unpacker()
    samples = []
    for file in files:
        members = _members(file) if file.content.startswith(ZIP) else [None]
        for member in members:
            name = file.name if member is None else f"{file.name}{MEMBER}{member}"
            try:
                content = unpacker.text_of(file.name, file.content, name)
            except SubmissionRefused as refused:
                raise UsageError(f"{file.name}: {refused.reason.value}") from None
            if content is not None:
                samples.append(Sample(name=name, content=content))
    return samples


def file_names(patterns: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """By table, the pattern to set where a sample is not called as its dialect's pattern has it.

    Args:
        patterns: table to the dialect's pattern.
        names: table to the sample's name.
    """
    found = {}
    for table, name in names.items():
        if not _fits(patterns[table], name):
            found[table] = pattern_for(name)
    return found


def _members(file: RawFile) -> list[str | None]:
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            entries = [e.filename for e in archive.infolist() if not e.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError):
        raise UsageError(f"{file.name}: no zip file") from None
    if any(mark in name for name in entries for mark in _NO_PATTERN):
        raise UsageError(f"{file.name}: a name inside has braces or an asterisk")
    return list(entries)


def _fits(pattern: str, name: str) -> bool:
    outer, member = split_member(pattern)
    sent, inside = split_member(name)
    if (member is None) != (inside is None):
        return False
    return matches(outer, sent) and (member is None or matches(member, inside or ""))
