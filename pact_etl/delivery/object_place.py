"""A vendor's folder in an object store that speaks S3.

An object put whole appears whole or not at all, so there is no name for a half-written one and nothing is renamed. What
a dead run leaves is an upload in parts that nobody completed: invisible to readers, and given up by the next run.

Protocol: Amazon S3 REST API 2006-03-01. The SHA-256 goes with every object that is sent in one piece
(`x-amz-checksum-sha256`): the store refuses other bytes, and later tells the sum it worked out itself. Where it tells
none, the object is read back.
"""

import asyncio
import base64
import hashlib
import math
import time
from collections.abc import Awaitable, Callable
from functools import cache
from types import TracebackType
from typing import Any, Self

from fsspec.asyn import sync

from pact_etl.delivery.places import VendorAccess
from pact_etl.domain.errors import SettingsError
from pact_etl.transport.trouble import TransportFault, Trouble, trouble_of

PART_BYTES = 50 << 20  # two of these or more are sent in parts
TRIES = 2
SLOWEST = 100_000  # bytes a second: a store that takes them more slowly is as good as silent

_STRANGER = frozenset(
    {
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "TokenRefreshRequired",
    }
)
_FULL = frozenset(
    {"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "ServiceQuotaExceeded"}
)


class ObjectPlace:
    """One prefix of one bucket. See `Place` for what each method promises."""

    def __init__(self, url: str, access: VendorAccess) -> None:
        """Read the settings; the store is asked only when something is wanted of it.

        Raises:
            SettingsError: the extra `s3` is not installed, or the URL names no bucket.
        """
        try:
            import s3fs
        except ImportError:
            raise SettingsError(
                "the vendor's folder: nothing installed here opens s3:// (docs/settings.md)"
            ) from None
        self._kind = s3fs.S3FileSystem
        self._bucket, _, prefix = url.partition("://")[2].partition("/")
        if not self._bucket or "@" in self._bucket:
            raise SettingsError("the vendor's folder: url must be s3://bucket/prefix")
        self._prefix = prefix.strip("/")
        self._access = access
        self._fs: Any = None
        self._ends = 0.0
        self._has_bucket = False

    def __enter__(self) -> Self:
        """A client of its own, so that no other use of the library lends it a listing or a login."""
        access = self._access
        self._ends = time.monotonic() + access.transfer_seconds
        self._fs = self._kind(
            endpoint_url=access.s3_endpoint,
            key=access.s3_key_id,
            secret=access.s3_secret,
            client_kwargs={"region_name": access.s3_region} if access.s3_region else {},
            config_kwargs={
                "connect_timeout": access.timeout_seconds,
                "read_timeout": access.timeout_seconds,
                "retries": {"max_attempts": 1},
                # Stores that are not Amazon's own stumble over what newer clients add unasked.
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
            session=_session(),
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._fs.retries = TRIES
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        client, self._fs = self._fs, None
        if client._s3 is not None:
            client.close_session(client.loop, client._s3)

    def exists(self, path: str) -> bool:
        """See `Place.exists`."""
        return self._head(path) is not None

    def holds(self, path: str, sha256: str, size: int | None = None) -> bool:
        """See `Place.holds`: by the store's own sum where it has one of the whole object."""
        seen = self._head(path)
        if seen is None or (size is not None and seen["ContentLength"] != size):
            return False
        told = seen.get("ChecksumSHA256")
        if told and "-" not in told:
            return bool(base64.b64decode(told).hex() == sha256)
        content = self.read(path)
        return content is not None and hashlib.sha256(content).hexdigest() == sha256

    def read(self, path: str) -> bytes | None:
        """See `Place.read`."""
        try:
            # As much time as is left: how long an answer is, is not known; each piece of it has its own limit.
            return bytes(self._ask(self._fs._cat_file, self._at(path), more=math.inf))
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """See `Place.names`. An empty prefix and a missing one are the same."""
        try:
            entries = self._ask(self._fs._lsdir, self._at(folder), refresh=True)
        except FileNotFoundError:
            self._must_have_bucket()
            return []
        return sorted(
            name
            for entry in entries
            if entry["type"] == "file" and (name := entry["name"].rsplit("/", 1)[-1])
        )

    def put(self, path: str, content: bytes) -> None:
        """See `Place.put`: one object, sent whole."""
        digest = hashlib.sha256(content)
        sums = {
            "ChecksumAlgorithm": "SHA256",
            "ChecksumSHA256": base64.b64encode(digest.digest()).decode(),
        }
        in_parts = len(content) >= 2 * PART_BYTES
        try:
            self._ask(
                self._fs._pipe_file,
                self._at(path),
                content,
                more=len(content) / SLOWEST,
                chunksize=PART_BYTES,
                **({} if in_parts else sums),
            )
        except FileNotFoundError:
            raise TransportFault(Trouble.PLACE_MISSING) from None
        if not self.holds(path, digest.hexdigest(), len(content)):
            raise TransportFault(Trouble.NOT_AS_WRITTEN)

    def remove(self, path: str) -> None:
        """See `Place.remove`."""
        self._ask(self._fs._call_s3, "delete_object", Bucket=self._bucket, Key=self._key(path))
        self.sweep(path)

    def sweep(self, path: str) -> None:
        """See `Place.sweep`: give up the uploads in parts that nobody completed."""
        try:
            answer = self._ask(
                self._fs._call_s3,
                "list_multipart_uploads",
                Bucket=self._bucket,
                Prefix=self._key(path),
            )
        except TransportFault as fault:
            if fault.trouble is not Trouble.PERMISSION_DENIED:
                raise
            return  # not everybody may list them; the bucket's own rules clear them away
        for one in answer.get("Uploads", []):
            if one["Key"] == self._key(path):
                self._ask(
                    self._fs._call_s3,
                    "abort_multipart_upload",
                    Bucket=self._bucket,
                    Key=one["Key"],
                    UploadId=one["UploadId"],
                )

    def _head(self, path: str) -> dict[str, Any] | None:
        try:
            seen: dict[str, Any] = self._ask(
                self._fs._call_s3,
                "head_object",
                Bucket=self._bucket,
                Key=self._key(path),
                ChecksumMode="ENABLED",
            )
        except FileNotFoundError:
            self._must_have_bucket()
            return None
        return seen

    def _must_have_bucket(self) -> None:
        """Nothing there may also mean that the settings name another place: that is no empty folder."""
        if self._has_bucket:
            return
        try:
            self._ask(self._fs._call_s3, "list_objects_v2", Bucket=self._bucket, MaxKeys=1)
        except FileNotFoundError:
            raise TransportFault(Trouble.PLACE_MISSING) from None
        self._has_bucket = True

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix else path

    def _at(self, path: str) -> str:
        return f"{self._bucket}/{self._key(path)}"

    def _ask(
        self, call: Callable[..., Awaitable[Any]], *args: Any, more: float = 0, **kwargs: Any
    ) -> Any:
        """One exchange within the time that is left, and its faults in our own words.

        The client's own limits do not cover a store that never says it wants the body it was offered.

        Args:
            call: of the client.
            args: for it.
            more: seconds beyond what a plain answer may take.
            kwargs: for it.

        Raises:
            FileNotFoundError: there is no such object or bucket.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TransportFault(Trouble.TIMED_OUT)
        limit = TRIES * self._access.timeout_seconds + more
        try:
            return sync(self._fs.loop, call, *args, timeout=min(limit, left), **kwargs)
        except (FileNotFoundError, SettingsError):
            raise
        except Exception as error:
            raise TransportFault(_trouble(error), type(error).__name__) from None


@cache
def _session() -> Any:
    """One for the process: it keeps the description of the protocol, which takes half a second to read."""
    from aiobotocore.session import get_session

    return get_session()


def _trouble(error: Exception) -> Trouble:
    """What the libraries' many errors come to; none of them is passed on, for they quote hosts and keys."""
    from aiohttp import ClientError as HttpError
    from botocore import exceptions as boto

    answer = getattr(error, "response", None) or getattr(error.__cause__, "response", None) or {}
    code = str(answer.get("Error", {}).get("Code", ""))
    if code in _STRANGER or isinstance(
        error, boto.NoCredentialsError | boto.PartialCredentialsError
    ):
        return Trouble.LOGIN_REFUSED
    if code in _FULL:
        return Trouble.NO_SPACE
    timed_out = (asyncio.TimeoutError, boto.ConnectTimeoutError, boto.ReadTimeoutError)
    if isinstance(error, timed_out):
        return Trouble.TIMED_OUT
    if isinstance(error, boto.ConnectionClosedError | HttpError):
        return Trouble.CONNECTION_LOST
    return trouble_of(error) if isinstance(error, OSError) else Trouble.UNREACHABLE
