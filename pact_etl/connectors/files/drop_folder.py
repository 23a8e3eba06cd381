"""A drop folder of the county's own: any place that fsspec can reach, except over SSH, for which see `sftp`."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import fsspec

from pact_etl.domain.errors import Retryable, SettingsError

SSH_SCHEMES = ("sftp://", "ssh://")


class DropFolder:
    """One folder by path or URL."""

    def __init__(self, url: str) -> None:
        """Name the folder.

        Raises:
            SettingsError: it lies on an SSH server; fsspec's client would trust any host key.
        """
        if url.startswith(SSH_SCHEMES):
            raise SettingsError("PACT_DROP_URL: SFTP is set per district, in its `url`")
        self._fs, self._root = fsspec.core.url_to_fs(url)

    def __enter__(self) -> Self:
        """Nothing is opened."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is closed."""

    def names(self) -> Sequence[str]:
        """See `Folder.names`."""
        try:
            paths = self._fs.ls(self._root, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise Retryable(f"a drop folder could not be read: {type(error).__name__}") from error
        return [str(path).rstrip("/").rsplit("/", 1)[-1] for path in paths]

    def look(self, name: str) -> tuple[int, float | None] | None:
        """See `Folder.look`."""
        info = self._info(f"{self._root}/{name}", name)
        if info is None:
            return None
        if info["type"] != "file":
            raise Retryable(f"{name} could not be read: it is no file")
        return int(info["size"] or 0), _changed(info)

    def changed(self) -> float | None:
        """See `Folder.changed`."""
        info = self._info(self._root, "the folder")
        return None if info is None else _changed(info)

    def read(self, name: str, size: int) -> bytes:
        """See `Folder.read`; a file that grew is read whole."""
        try:
            with self._fs.open(f"{self._root}/{name}", "rb") as stream:
                return bytes(stream.read())
        except OSError as error:
            raise Retryable(f"{name} could not be read: {type(error).__name__}") from error

    def wait(self, seconds: float) -> None:
        """See `Folder.wait`."""
        time.sleep(seconds)

    def _info(self, path: str, name: str) -> dict[str, Any] | None:
        try:
            self._fs.invalidate_cache()
            return dict(self._fs.info(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Retryable(f"{name} could not be read: {type(error).__name__}") from error


def _changed(info: dict[str, Any]) -> float | None:
    mtime = info.get("mtime")
    return float(mtime) if isinstance(mtime, int | float) else None
