"""A zip that proves itself: the same files give the same bytes, and `sha256sum -c SHA256SUMS` accepts what is in it."""

import hashlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

MANIFEST = "SHA256SUMS"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say; the real times are inside


def write_sealed(path: Path, files: Mapping[str, bytes]) -> str:
    """Write a zip whole or not at all, readable by its owner only.

    Args:
        path: of the zip; replaced where it exists.
        files: name to content; the manifest is added.

    Returns:
        The zip's own sha256.
    """
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    part = path.with_name(f".{path.name}.part")
    with (
        os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package,
    ):
        for name, content in [*sorted(files.items()), (MANIFEST, sums.encode())]:
            package.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    part.replace(path)
    return digest
