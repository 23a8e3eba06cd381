"""The vendor's side in tests: packages as the vendor opens them."""

import io
import zipfile
from pathlib import Path

from pact_etl.simulator.vendor_keys import open_sealed


def sealed_packages(folder: Path) -> list[Path]:
    """What lies in the vendor's folder, in the order of its names."""
    return sorted((folder / "out").glob("*.zip.pgp"))


def open_package(keys: Path, path: Path) -> zipfile.ZipFile:
    """One package, decrypted and its signature verified."""
    return zipfile.ZipFile(io.BytesIO(open_sealed(keys, path.read_bytes())))
