"""Throw-away OpenPGP keys of both sides, for the demo and the tests. Nobody's letters are safe with them.

The folder that comes of it holds what the county has (`county.key.asc`, `vendor.cert.asc`) beside what only the vendor
would have (`vendor.key.asc`, `county.cert.asc`). gpg 2.2 and newer reads what is sealed for them.
"""

import tempfile
from pathlib import Path

import pysequoia

from pact_etl.simulator.plain_keys import make_plain_key

COUNTY_USER = "PACT throw-away county <county@pact.example>"
VENDOR_USER = "PACT throw-away vendor <vendor@pact.example>"


def make_throwaway_keys(folder: Path) -> Path:
    """Make both sides' keys unless the folder is there already; whole or not at all.

    Returns:
        The folder.
    """
    if folder.exists():
        return folder
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    for side, user in (("county", COUNTY_USER), ("vendor", VENDOR_USER)):
        key = make_plain_key(user)
        for name, text in (("key", str(key)), ("cert", str(key.extract_certificate()))):
            path = aside / f"{side}.{name}.asc"
            path.write_text(text, encoding="ascii")
            path.chmod(0o600)
    return aside.rename(folder)


def open_sealed(keys: Path, message: bytes) -> bytes:
    """What the vendor does with a message: decrypt it, and refuse it unless the county signed it.

    Raises:
        ValueError: not for this key, damaged, or not signed by the county.
    """
    key = pysequoia.Tsk.from_file(str(keys / "vendor.key.asc"))
    county = pysequoia.Cert.from_file(str(keys / "county.cert.asc"))
    try:
        opened = pysequoia.decrypt(message, key.decryptor(), store=lambda ids: [county])
    except RuntimeError:
        raise ValueError("cannot be opened, or the county did not sign it") from None
    return opened.bytes or b""
