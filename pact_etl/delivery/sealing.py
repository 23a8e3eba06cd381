"""OpenPGP around a package: signed with the county's key, readable with the print vendor's alone.

Encryption is random, so sealing twice gives other bytes: whoever seals books the hash before anything leaves. The keys
are files of the county; how they are made and exchanged is in docs/vendor_protocol.md.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pysequoia
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from pact_etl.delivery.package import Package
from pact_etl.domain.errors import SettingsError

COUNTY_KEY = "county.key.asc"
VENDOR_CERTIFICATE = "vendor.cert.asc"
SEALED = ".zip.pgp"
WARN_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPackage:
    """A package as it lies in the vendor's folder.

    Attributes:
        name: the package's; what is inside decides it, so sealing anew keeps it.
        content: the OpenPGP message, binary.
        sha256: of the message; the trigger file repeats it.
    """

    name: str
    content: bytes
    sha256: str
    pieces: int

    @property
    def file_name(self) -> str:
        """The message's name in the vendor's folder."""
        return self.name + SEALED


class Seal:
    """The two keys a package needs, looked at once and found usable."""

    def __init__(self, folder: Path, *, password: str | None = None, now: datetime) -> None:
        """Read both keys and refuse what would fail, or would lock the vendor out, later.

        Args:
            folder: holds `county.key.asc` (secret, mode 0600) and `vendor.cert.asc`; armoured or binary.
            password: of the county's key, where it has one.
            now: against which the keys' ends are held; the library encrypts to an expired key without a word.

        Raises:
            SettingsError: a key is missing, readable by others, no key, revoked, expired, or cannot do its part.
        """
        secret = _read(folder, COUNTY_KEY)
        if (folder / COUNTY_KEY).stat().st_mode & 0o077:
            raise SettingsError(f"{COUNTY_KEY}: others may read this key; chmod 600")
        try:
            county = pysequoia.Tsk.from_bytes(secret)
        except Exception:
            raise SettingsError(f"{COUNTY_KEY}: not an OpenPGP secret key") from None
        try:
            vendor = pysequoia.Cert.from_bytes(_read(folder, VENDOR_CERTIFICATE))
        except RuntimeError:
            raise SettingsError(f"{VENDOR_CERTIFICATE}: not an OpenPGP certificate") from None
        own = county.extract_certificate()
        ends = [
            _usable(COUNTY_KEY, own, now),
            _soonest(_usable(VENDOR_CERTIFICATE, vendor, now), _encryption_end(vendor, now)),
        ]
        self.ends_soon = [
            name
            for name, end in zip((COUNTY_KEY, VENDOR_CERTIFICATE), ends, strict=True)
            if end is not None and end - now < WARN_WITHIN
        ]
        self._county, self._password, self._vendor = county, password, vendor
        try:
            signed = pysequoia.sign(county.signer(password), b"")
            pysequoia.verify(signed, store=lambda ids: [own])
        except RuntimeError:
            raise SettingsError(f"{COUNTY_KEY}: cannot sign; wrong password?") from None
        try:
            self._encrypt(b"")
        except RuntimeError:
            raise SettingsError(f"{VENDOR_CERTIFICATE}: nothing can be encrypted to it") from None

    def close(self, package: Package) -> SealedPackage:
        """Sign and encrypt a package."""
        content = self._encrypt(package.content)
        return SealedPackage(
            name=package.name,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            pieces=package.pieces,
        )

    def _encrypt(self, content: bytes) -> bytes:
        signer = self._county.signer(self._password)
        return pysequoia.encrypt(content, [self._vendor], signer, armor=False)


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        what = f"{name}: not readable in the folder of the vendor's keys ({type(error).__name__})"
        raise SettingsError(f"{what}; see docs/settings.md") from None


def _usable(name: str, cert: pysequoia.Cert, now: datetime) -> datetime | None:
    """When a key ends; None for never."""
    if cert.is_revoked:
        raise SettingsError(f"{name}: revoked")
    end = cert.expiration
    if end is None:
        return None
    end = end.astimezone(UTC)
    if end <= now:
        raise SettingsError(f"{name}: expired on {end.date()}")
    return end


def _soonest(*ends: datetime | None) -> datetime | None:
    return min((end for end in ends if end is not None), default=None)


def _encryption_end(cert: pysequoia.Cert, now: datetime) -> datetime | None:
    """When the last of the subkeys for encryption ends, which may be before the certificate does; None for never.

    Raises:
        SettingsError: all of them have ended or were revoked.
    """
    created: datetime | None = None
    bindings: list[tuple[datetime, datetime | None]] = []  # of one subkey: signed when, ends when
    subkeys: list[list[tuple[datetime, datetime | None]]] = []
    for packet in PacketPile.from_bytes(bytes(cert)):
        if packet.tag == Tag.PublicSubkey:
            created, bindings = packet.key_created, []
            subkeys.append(bindings)
        elif packet.tag != Tag.Signature or created is None:
            continue
        elif packet.signature_type == SignatureType.SubkeyRevocation:
            bindings.append((datetime.max.replace(tzinfo=UTC), created))
        elif _encrypts(packet) and packet.signature_created is not None:
            valid = packet.key_validity_period
            bindings.append((packet.signature_created, created + valid if valid else None))
    ends = [max(found, key=lambda one: one[0])[1] for found in subkeys if found]
    if not ends or None in ends:
        return None  # for ever, or encryption is the primary key's own, whose end was looked at
    last = max(end for end in ends if end is not None).astimezone(UTC)
    if last <= now:
        raise SettingsError(f"{VENDOR_CERTIFICATE}: its subkey for encryption has ended")
    return last


def _encrypts(packet: Packet) -> bool:
    flags = packet.key_flags
    return flags is not None and (flags.transport_encryption or flags.storage_encryption)
