"""A bucket of S3: one PUT, whose checksum S3 compares with what it received."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from vaultstack_jobs.snapshot_configuration import S3Part
from vaultstack_jobs.snapshot_targets import Beating, Parcel, Receipt, TargetError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GIB: Final = 1 << 30
_LARGEST: Final = 5 * _GIB
"""What S3 takes in one PUT; of several parts it would know no checksum of the whole."""
_SSE: Final = "AES256"
_CONFIG: Final = Config(
    connect_timeout=10,
    read_timeout=60,
    retries={"mode": "standard", "max_attempts": 4},
    # Or it would send a checksum of its own choice beside ours.
    request_checksum_calculation="when_required",
)
_BY_PATH: Final = Config(s3={"addressing_style": "path"})
_THERE: Final = frozenset({"PreconditionFailed", "412"})
# What is wrong -> what mends it. S3 and those that speak like it name few things alike.
_MENDS: Final[Mapping[str, str]] = {
    "NoSuchBucket": "there is no such bucket; fix: make it, or correct its name and region",
    "AccessDenied": "the job may not put there; fix: give its role s3:PutObject on the prefix, and "
    "see that neither the bucket's policy nor that of its key forbids it",
    "403": "the job may not put there; fix: give its role s3:PutObject on the prefix",
    "PermanentRedirect": "the bucket is in another region; fix: correct the region",
    "AuthorizationHeaderMalformed": "the bucket is in another region; fix: correct the region",
    "EntityTooLarge": "it is larger than the store takes in one piece",
    "InsufficientStorage": "the store is full; fix: make room there, or shorten the retention",
    "507": "the store is full; fix: make room there, or shorten the retention",
    "QuotaExceeded": "the bucket's quota is used up; fix: raise it, or shorten the retention",
    "SlowDown": "the store takes no more requests for now; the next run tries again",
    "503": "the store takes no more requests for now; the next run tries again",
    "ExpiredToken": "the pod's token for AWS has ended; fix: see the role's trust policy",
    "InvalidIdentityToken": "AWS does not know the pod's token; fix: see the OIDC provider",
    "BadDigest": "what arrived is not what was sent; the next run tries again",
    "XAmzContentChecksumMismatch": "what arrived is not what was sent; the next run tries again",
}


@dataclass(frozen=True, slots=True)
class S3Target:
    part: S3Part

    @property
    def url(self) -> str:
        return f"s3://{self.part.bucket}/{self.part.prefix}"

    def put(self, parcel: Parcel, beat: Callable[[], object]) -> Receipt:
        """Raises `TargetError`."""
        if parcel.snapshot.file_bytes > _LARGEST:
            raise TargetError(
                f"{self.url}: the snapshot has {parcel.snapshot.file_bytes / _GIB:.1f} GiB, and S3 "
                "takes 5 GiB in one piece; delete what nobody needs in Vault, such as old versions"
            )
        key = self.part.prefix + parcel.name
        try:
            with parcel.path.open("rb") as file:
                answer = self._client().put_object(
                    Bucket=self.part.bucket,
                    Key=key,
                    Body=Beating(file, beat),  # type: ignore[arg-type]
                    ContentLength=parcel.snapshot.file_bytes,
                    ContentType="application/gzip",
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=parcel.checksum,
                    ServerSideEncryption=_SSE,
                    Metadata=dict(parcel.metadata),
                    # Nothing is ever overwritten.
                    IfNoneMatch="*",
                )
        except ClientError as error:
            if _code(error) in _THERE:
                # Only a PUT of just this content, whose answer got lost, gives it this name.
                return Receipt(f"s3://{self.part.bucket}/{key}", "", "")
            raise TargetError(f"{self.url}: {_told(error)}") from None
        except BotoCoreError as error:
            raise TargetError(f"{self.url}: S3 cannot be asked ({error})") from None
        return self._receipt(key, parcel, answer)

    def _receipt(self, key: str, parcel: Parcel, answer: Any) -> Receipt:
        if (received := answer.get("ChecksumSHA256")) != parcel.checksum:
            raise TargetError(
                f"{self.url}: S3 must say which checksum it received, {parcel.checksum}, but said "
                f"{received or 'none'}; see whether what answers at this endpoint checks them"
            )
        encryption = answer.get("ServerSideEncryption") or ""
        if not encryption:
            raise TargetError(
                f"{self.url}: the bucket must encrypt what lies in it, but did not say that it "
                "does; see its default encryption"
            )
        return Receipt(f"s3://{self.part.bucket}/{key}", answer.get("VersionId") or "", encryption)

    def _client(self) -> S3Client:
        return boto3.client(
            "s3",
            region_name=self.part.region,
            endpoint_url=self.part.endpoint,
            # A bucket is a host name at AWS; elsewhere there may be no such host.
            config=_CONFIG.merge(_BY_PATH) if self.part.endpoint else _CONFIG,
        )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code") or "")


def _told(error: ClientError) -> str:
    code = _code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    said = " ".join(str(error.response.get("Error", {}).get("Message") or "").split())
    mends = _MENDS.get(code) or _MENDS.get(str(status)) or "see what the store says"
    return f"{mends} ({error.operation_name} answered {status} {code}{': ' + said if said else ''})"
