"""Answers to a district, on its own SFTP server.

Option `returns`: the folder for them, from the same root as `url`'s own; without it, or without an sftp:// `url`, the
district fetches its answers elsewhere. The login is the one that reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from pact_etl.connectors.files.sftp import SftpFolder
from pact_etl.domain.district import District


def wants_returns(district: District) -> bool:
    """Whether the district's answers go to its own server."""
    return (district.url or "").startswith("sftp://") and bool(district.options.get("returns"))


def return_files(
    district: District,
    credentials: Callable[[str], Mapping[str, str]],
    files: Mapping[str, Path],
) -> int:
    """Write the answers that are not there yet, or are there in another size; how many were written.

    One is read at a time: a night's notices can be a hundred megabytes.

    Raises:
        SettingsError: URL, host key or credentials cannot be used.
        Retryable: the server did not answer.
        Permanent: it refused us.
    """
    url = urlsplit(district.url or "")
    folder = str(district.options["returns"])
    place = replace(district, url=url._replace(path=f"/{folder.lstrip('/')}").geturl())
    written = 0
    with SftpFolder(place, "", credentials(district.slug)) as server:
        for name, path in sorted(files.items()):
            seen = server.look(name)
            if seen is None or seen[0] != path.stat().st_size:
                server.put(name, path.read_bytes())
                written += 1
    return written
