"""Keep what districts sent, byte for byte, under its own hash. Written once, never changed, checked when read.

Layout below the root: `sha256/ab/ab12...` holds one file's bytes, `submissions/<content hash>.json` the list of names.
How long bytes are kept is not decided here.
"""

import hashlib
import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pact_etl.connectors.protocol import RawFile
from pact_etl.domain.errors import InvariantBroken, UsageError


def content_hash(files: Sequence[RawFile]) -> str:
    """One hash for a set of files: over the sorted pairs of name and content hash, so that order does not matter."""
    lines = sorted(f"{file.name}\0{_sha256(file.content)}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class Archive:
    """Raw bytes by content hash, under a folder or any URL that fsspec can write to."""

    def __init__(self, root: str | Path) -> None:
        """Name the root; nothing is touched until something is kept."""
        self._fs, self._root = fsspec.core.url_to_fs(str(root))

    def keep(self, files: Sequence[RawFile]) -> str:
        """Keep a set of files; keeping the same set again changes nothing.

        Returns:
            The content hash under which `load` finds them.
        """
        key = content_hash(files)
        names = []
        for file in sorted(files, key=lambda f: f.name):
            sha256 = _sha256(file.content)
            self._write_once(self._blob(sha256), file.content)
            names.append({"name": file.name, "sha256": sha256, "bytes": len(file.content)})
        # The list comes last: a set that can be found is complete.
        self._write_once(self._list(key), json.dumps(names, indent=1).encode())
        return key

    def load(self, key: str) -> list[RawFile]:
        """The files of a set, in name order.

        Raises:
            UsageError: nothing was kept under this hash.
            InvariantBroken: kept bytes are gone or no longer have their hash.
        """
        try:
            names = json.loads(self._fs.cat_file(self._list(key)))
        except FileNotFoundError:
            raise UsageError(f"no kept files under {key}") from None
        return [RawFile(name=n["name"], content=self._load_blob(n["sha256"])) for n in names]

    def forget(self, key: str, blobs: Sequence[str]) -> None:
        """Destroy a set's list and these files of it for good; what is gone already is no error.

        Args:
            key: the set's content hash.
            blobs: sha256 of the files that nothing else needs.
        """
        for path in [*(self._blob(sha256) for sha256 in blobs), self._list(key)]:
            if self._fs.exists(path):
                self._fs.rm_file(path)

    def _load_blob(self, sha256: str) -> bytes:
        try:
            content = bytes(self._fs.cat_file(self._blob(sha256)))
        except FileNotFoundError:
            raise InvariantBroken(f"kept file {sha256} is gone") from None
        if _sha256(content) != sha256:
            raise InvariantBroken(f"kept file {sha256} has changed")
        return content

    def _blob(self, sha256: str) -> str:
        return f"{self._root}/sha256/{sha256[:2]}/{sha256}"

    def _list(self, key: str) -> str:
        return f"{self._root}/submissions/{key}.json"

    def _write_once(self, path: str, content: bytes) -> None:
        if self._fs.exists(path):
            return
        self._fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        # Written beside its place and renamed, so that a killed process never leaves half a file under a full name.
        temporary = f"{path}.{uuid.uuid4().hex}.part"
        if isinstance(self._fs, LocalFileSystem):
            _write_durably(Path(temporary), content)
            Path(temporary).replace(path)
        else:
            self._fs.pipe_file(temporary, content)
            self._fs.mv(temporary, path)


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    path.chmod(0o444)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
