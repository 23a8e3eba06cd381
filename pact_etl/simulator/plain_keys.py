"""OpenPGP keys that ask for the older kind of encryption alone, so that gpg 2.2 reads what is sealed for them.

The library says of every key it makes that it reads the newer kind too (RFC 9580), and has no switch for that. So the
self-signature that says it is made anew here, by RFC 4880, section 5.2.
"""

import hashlib
from datetime import datetime

import pysequoia
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pysequoia.packet import PacketPile, Tag

_HEAD = bytes([4, 0x13, 22, 10])
"""A signature of version 4 that certifies a name, by EdDSA, over SHA-512."""
_SIGNATURE = b"\xc2"
_PUBLIC = 51
"""Bytes of a curve 25519 key before its secret: version, time, algorithm, curve and point."""
_SAID = (
    b"\x0b\x09\x07",  # prefers AES-256, then AES-128
    b"\x15\x0a\x08",  # prefers SHA-512, then SHA-256
    b"\x19\x01",  # this is the key's first name
    b"\x1b\x01",  # the primary key certifies
    b"\x1e\x01",  # reads packets with a modification code, and nothing newer
)


def make_plain_key(user: str) -> pysequoia.Tsk:
    """A curve 25519 key without password that signs and decrypts.

    Args:
        user: the name on it.
    """
    made = pysequoia.Tsk.generate(user, cipher_suite=pysequoia.CipherSuite.Cv25519)
    primary, _, name, binding, *subkeys = PacketPile.from_bytes(bytes(made))
    if primary.tag != Tag.SecretKey or name.tag != Tag.UserID or not binding.signature_created:
        raise ValueError("the library builds its keys in another order than it did")
    own = _bind(primary.body, name.body, binding.signature_created)
    packets = [bytes(primary), bytes(name), own, *map(bytes, subkeys)]
    return pysequoia.Tsk.from_bytes(b"".join(packets))


def _bind(primary: bytes, name: bytes, moment: datetime) -> bytes:
    """The signature with which a key's owner binds a name and says what the key is good for."""
    public = primary[:_PUBLIC]
    # The public half, a zero for no password, the secret's length in bits, the secret without leading zeros, a sum.
    secret = primary[_PUBLIC + 3 : -2].rjust(32, b"\0")
    hashed = b"\x99" + _long(public, 2)
    fingerprint = hashlib.sha1(hashed, usedforsecurity=False).digest()
    created = b"\x02" + int(moment.timestamp()).to_bytes(4, "big")
    parts = (created, *_SAID, b"\x21\x04" + fingerprint)
    signed = _HEAD + _long(b"".join(_short(part) for part in parts), 2)
    end = b"\x04\xff" + len(signed).to_bytes(4, "big")
    digest = hashlib.sha512(hashed + b"\xb4" + _long(name, 4) + signed + end).digest()
    signature = Ed25519PrivateKey.from_private_bytes(secret).sign(digest)
    issuer = _long(_short(b"\x10" + fingerprint[-8:]), 2)
    body = signed + issuer + digest[:2] + _number(signature[:32]) + _number(signature[32:])
    return _SIGNATURE + _short(body)


def _short(content: bytes) -> bytes:
    return len(content).to_bytes(1, "big") + content


def _long(content: bytes, size: int) -> bytes:
    return len(content).to_bytes(size, "big") + content


def _number(content: bytes) -> bytes:
    """A number as the format has it: its length in bits, then its bytes without leading zeros."""
    value = int.from_bytes(content, "big")
    bits = value.bit_length()
    return bits.to_bytes(2, "big") + value.to_bytes((bits + 7) // 8, "big")
