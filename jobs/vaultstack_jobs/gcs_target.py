"""A bucket of Google's: one upload, whose CRC32C Google compares with what it received."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import google.auth
import google_crc32c
import requests
from google.api_core.exceptions import GoogleAPIError, PreconditionFailed
from google.auth import identity_pool
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage  # type: ignore[import-untyped]
from google.cloud.storage.exceptions import DataCorruption  # type: ignore[import-untyped]

from vaultstack_jobs.snapshot_configuration import GcsPart
from vaultstack_jobs.snapshot_targets import Beating, Parcel, Receipt, TargetError

_SCOPES: Final = ("https://www.googleapis.com/auth/devstorage.read_write",)
_SECONDS: Final = 60
# What is in memory at a time; by itself it would be 100 MiB.
_CHUNK: Final = 8 << 20
# At least as good as S3's for errors on the way; the SHA-256 goes along as metadata.
_CHECKSUM: Final = "crc32c"
_MENDS: Final = {
    401: "Google does not know the pod; fix: see the workload identity pool's provider",
    403: "the job may not put there; fix: give it storage.objects.create on the bucket",
    404: "there is no such bucket; fix: make it, or correct its name",
    429: "the store takes no more requests for now; the next run tries again",
    507: "the store is full; fix: make room there, or shorten the retention",
}


@dataclass(frozen=True, slots=True)
class GcsTarget:
    part: GcsPart

    @property
    def url(self) -> str:
        return f"gs://{self.part.bucket}/{self.part.prefix}"

    def put(self, parcel: Parcel, beat: Callable[[], object]) -> Receipt:
        """Raises `TargetError`."""
        name = self.part.prefix + parcel.name
        try:
            client = self._client()
            blob = client.bucket(self.part.bucket).blob(name, chunk_size=_CHUNK)
            blob.metadata = dict(parcel.metadata)
            with parcel.path.open("rb") as file:
                blob.upload_from_file(
                    Beating(file, beat),
                    size=parcel.snapshot.file_bytes,
                    content_type="application/gzip",
                    # Nothing is ever overwritten.
                    if_generation_match=0,
                    checksum=_CHECKSUM,
                    timeout=_SECONDS,
                )
        except PreconditionFailed:
            # Only an upload of just this content, whose answer got lost, gives it this name.
            return Receipt(f"gs://{self.part.bucket}/{name}", "", "Google's")
        except DataCorruption:
            raise TargetError(
                f"{self.url}: what arrived is not what was sent; the next run tries again"
            ) from None
        except GoogleAPIError as error:
            raise TargetError(f"{self.url}: {_told(error)}") from None
        except (GoogleAuthError, requests.RequestException, OSError, ValueError) as error:
            raise TargetError(
                f"{self.url}: Google cannot be asked ({type(error).__name__}: {error})"
            ) from None
        if (received := blob.crc32c) != (sent := _checksum(parcel.path)):
            raise TargetError(
                f"{self.url}: Google must say which checksum it received, {sent}, but said "
                f"{received or 'none'}; see whether what answers there checks them"
            )
        # Google encrypts everything, with its own keys where the bucket names none.
        return Receipt(f"gs://{self.part.bucket}/{name}", str(blob.generation or ""), "Google's")

    def _client(self) -> storage.Client:
        part = self.part
        credentials: Any
        if part.endpoint:
            credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
        elif part.credentials_file:
            # No other kind is taken: a file of credentials could name what is run for them.
            credentials = identity_pool.Credentials.from_file(  # type: ignore[no-untyped-call]
                part.credentials_file, scopes=_SCOPES
            )
        else:
            credentials, _ = google.auth.default(scopes=_SCOPES)
        options = {"api_endpoint": part.endpoint} if part.endpoint else None
        # The project is only for what makes buckets.
        return storage.Client(project="-", credentials=credentials, client_options=options)


def _checksum(path: Path) -> str:
    """As Google writes it."""
    checksum: Any = google_crc32c.Checksum()  # type: ignore[no-untyped-call]
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            checksum.update(chunk)
    return base64.b64encode(checksum.digest()).decode()


def _told(error: GoogleAPIError) -> str:
    status = getattr(error, "code", None)
    mends = _MENDS.get(int(status)) if status else None
    said = " ".join(str(getattr(error, "message", "") or error).split())
    return f"{mends or 'see what the store says'} ({int(status) if status else '?'} {said})"
