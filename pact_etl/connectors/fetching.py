"""Fetch a night's files from where districts drop them: any folder that fsspec can reach. Shared by file connectors."""

from datetime import date

import fsspec

from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.district import District
from pact_etl.domain.errors import Retryable, SubmissionRefused
from pact_etl.domain.reasons import Reason


def fetch_files(drop: str, district: District, as_of: date) -> list[RawFile]:
    """Every file that the district's layout names, in name order.

    Args:
        drop: URL or path of the folder under which all districts' files arrive.
        district: whose; its `path` may use `{as_of}` and `{slug}`.
        as_of: the night.

    Raises:
        SubmissionRefused: FILE_MISSING for the first required file that is not there.
        Retryable: the place did not answer.
    """
    below = district.path.format(as_of=as_of.isoformat(), slug=district.slug)
    folder = f"{drop.rstrip('/')}/{below}".rstrip("/")
    required: dict[str, bool] = {}
    for layout in district.files.values():
        required[layout.name] = required.get(layout.name, False) or layout.required
    files = []
    for name in sorted(required):
        content = _read(f"{folder}/{name}", name)
        if content is not None:
            files.append(RawFile(name=name, content=content))
        elif required[name]:
            raise SubmissionRefused(Reason.FILE_MISSING, file=name)
    return files


def _read(url: str, name: str) -> bytes | None:
    try:
        with fsspec.open(url, "rb") as stream:
            return bytes(stream.read())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Retryable(f"{name} could not be read: {type(error).__name__}") from error
