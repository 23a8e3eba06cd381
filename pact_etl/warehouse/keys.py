"""Pseudonyms: the only form in which a student, a household or a letter enters the warehouse.

A bare hash would be no protection: the ten digits of a state student id can be tried through in
minutes. So the key of the hash is a secret that never enters the warehouse.
"""

import hashlib
import hmac
from base64 import b32encode
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from pact_etl.domain.errors import InvariantBroken, SettingsError

_KEY_BYTES = 32
_HASH_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonyms:
    """Keyed hashes under one secret.

    Attributes:
        secret: at least 32 bytes, kept in the operational zone.
        version: counts the secrets up; a new one means rewriting every row.
    """

    secret: bytes = field(repr=False)
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse a secret that could be guessed.

        Raises:
            SettingsError: it is too short.
        """
        if len(self.secret) < _KEY_BYTES:
            raise SettingsError(f"the pseudonym secret needs at least {_KEY_BYTES} bytes")

    def key(self, kind: str, value: object) -> str:
        """The pseudonym of one thing.

        Args:
            kind: such as `student`; the same number of another kind gives another pseudonym.
            value: its operational id.
        """
        digest = hmac.digest(self.secret, f"{kind}|{value}".encode(), hashlib.sha256)
        return b32encode(digest[:_HASH_BYTES]).decode().rstrip("=")

    def keys(self, kind: str, values: "pd.Series[Any]") -> "pd.Series[str]":
        """The pseudonyms of a column.

        Raises:
            InvariantBroken: a value is missing, which would make all such rows one person.
        """
        missing = int(values.isna().sum())
        if missing:
            raise InvariantBroken(f"warehouse: {missing} rows without a {kind}")
        hashed = {value: self.key(kind, value) for value in values.unique()}
        return values.map(hashed).astype("str")
