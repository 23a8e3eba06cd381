"""Fetch a night's files from where a district leaves them: a drop folder or its SFTP server. Shared by file connectors.

A file is taken only when nobody is writing it any more. A server's clock cannot be asked, so a file counts as settled
when it is older than `min_age_seconds` by the time at which its folder last changed (a time that the server sets and
no client), or else when a second look after `second_look_seconds` finds size and time as they were. What was read is
held against one more look. Names that say "unfinished" are never read.

Options a district may set:
- `min_age_seconds`: 60 on SFTP; 0, which asks nothing of a file's age, in a drop folder.
- `second_look_seconds`: 10.
- `max_bytes`: of all files of a night together, before anything is read; 1 GiB.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from pact_etl.connectors.files.drop_folder import DropFolder
from pact_etl.connectors.files.file_patterns import (
    belonging,
    has_wildcard,
    is_unfinished,
    matches,
    name_on,
    split_member,
)
from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import District
from pact_etl.domain.errors import Retryable, SettingsError, SubmissionRefused
from pact_etl.domain.reasons import Reason

Credentials = Callable[[str], Mapping[str, str]]

MAX_BYTES = 1 << 30
SFTP_MIN_AGE_SECONDS = 60
SECOND_LOOK_SECONDS = 10


class Look(NamedTuple):
    """What a file looks like from outside; a time that is not known is None."""

    size: int
    changed: float | None


class Folder(Protocol):
    """One folder of one district. Whatever goes wrong is Retryable or Permanent, with file names alone in its text."""

    def names(self) -> Sequence[str]:
        """Names of everything in it; none where it does not exist."""
        ...

    def look(self, name: str) -> tuple[int, float | None] | None:
        """Size and time of change of a file; None where it is not there."""
        ...

    def changed(self) -> float | None:
        """When a name was last added, removed or changed in it, by the clock that also dates the files."""
        ...

    def read(self, name: str, size: int) -> bytes:
        """A file's bytes, at most one more than the size it should have."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        ...


@dataclass(frozen=True, slots=True)
class _Rules:
    min_age: int
    second_look: int
    max_bytes: int


def fetch_files(
    drop: str, district: District, as_of: date, credentials: Credentials | None = None
) -> list[RawFile]:
    """Every file that the district's layout names, in name order, as sent.

    Args:
        drop: URL or path of the folder under which all districts' files arrive; not asked where the district has a URL.
        district: whose; its `path` may use `{as_of}` and `{slug}`.
        as_of: the night.
        credentials: a district's slug to its secrets, for SFTP.

    Raises:
        SubmissionRefused: FILE_MISSING for the first required file that is not there, or FILE_TOO_LARGE.
        Retryable: the place did not answer, or a file is still being written.
        Permanent: the server is not the one that the settings name, or refused us.
        SettingsError: the place cannot be reached as the settings have it.
    """
    below = name_on(district.path, as_of, district.slug)
    rules = _rules(district)
    with _open(drop, below, district, credentials) as folder:
        found: dict[str, Look] = {}
        for pattern, required in sorted(wanted_files(district).items()):
            name = _tonights(folder, pattern, district, as_of)
            look = None if name is None else _look(folder, name)
            if name is not None and look is not None:
                found[name] = look
            elif required:
                raise SubmissionRefused(
                    Reason.FILE_MISSING, file=name_on(pattern, as_of, district.slug)
                )
        _refuse_large(found, rules.max_bytes)
        _wait_until_settled(folder, found, rules)
        return [_read(folder, name, look, rules) for name, look in sorted(found.items())]


def wanted_files(district: District) -> dict[str, bool]:
    """Patterns of the files that the layouts and their lookups stand in, and whether each is required."""
    wanted: dict[str, bool] = {}
    for layout in district.files.values():
        for name in (layout.name, *(lookup.name for lookup in layout.lookups)):
            outer, _ = split_member(name)
            wanted[outer] = wanted.get(outer, False) or layout.required
    return wanted


def _rules(district: District) -> _Rules:
    def number(option: str, default: int) -> int:
        value = district.options.get(option, default)
        if not isinstance(value, int) or value < 0:
            raise SettingsError(f"{district.slug}: option {option} is no number of 0 or more")
        return value

    return _Rules(
        min_age=number("min_age_seconds", SFTP_MIN_AGE_SECONDS if district.url else 0),
        second_look=number("second_look_seconds", SECOND_LOOK_SECONDS),
        max_bytes=number("max_bytes", MAX_BYTES),
    )


def _open(
    drop: str, below: str, district: District, credentials: Credentials | None
) -> AbstractContextManager[Folder]:
    if district.url is None:
        return DropFolder(f"{drop.rstrip('/')}/{below}".rstrip("/"))
    from pact_etl.connectors.files.sftp import (
        SftpFolder,  # most districts do not need the SSH library
    )

    secrets = credentials(district.slug) if credentials else {}
    return SftpFolder(district, below, secrets)


def _tonights(folder: Folder, pattern: str, district: District, as_of: date) -> str | None:
    """The name of tonight's file; of several that a `*` matches, the one that changed last.

    The newest counts even while it is being written: taking the one before it would be taking yesterday's.
    """
    name = name_on(pattern, as_of, district.slug)
    if not has_wildcard(name):
        return None if is_unfinished(name) else name
    names = [n for n in folder.names() if matches(name, n) and not is_unfinished(n)]
    looks = {
        n: look
        for n in belonging(names, pattern, list(wanted_files(district)))
        if (look := _look(folder, n)) is not None
    }
    return max(looks, key=lambda n: (looks[n].changed or 0, n), default=None)


def _look(folder: Folder, name: str) -> Look | None:
    seen = folder.look(name)
    return None if seen is None else Look(*seen)


def _refuse_large(found: Mapping[str, Look], max_bytes: int) -> None:
    total = 0
    for name, look in found.items():
        total += look.size
        if total > max_bytes:
            raise SubmissionRefused(
                Reason.FILE_TOO_LARGE, file=name, detail=f"more than {max_bytes} bytes"
            )


def _wait_until_settled(folder: Folder, found: Mapping[str, Look], rules: _Rules) -> None:
    if not rules.min_age:
        return
    now = folder.changed()
    young = [
        name
        for name, look in found.items()
        if now is None or look.changed is None or now - look.changed < rules.min_age
    ]
    if not young:
        return
    folder.wait(rules.second_look)
    for name in young:
        _refuse_change(folder, name, found[name])


def _refuse_change(folder: Folder, name: str, before: Look) -> None:
    if _look(folder, name) != before:
        raise Retryable(f"{name} is still being written")


def _read(folder: Folder, name: str, look: Look, rules: _Rules) -> RawFile:
    content = folder.read(name, look.size)
    if rules.min_age:
        _refuse_change(folder, name, look)
        if len(content) != look.size:
            raise Retryable(f"{name} is not as long as its server says")
    return RawFile(name=name, content=content)
