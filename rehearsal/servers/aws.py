"""AWS, as moto's server plays it: KMS, IAM, STS and S3 among others.

As moto does by default, it accepts any credential and checks no IAM policy: what IAM would deny
cannot be shown with it. It keeps everything in memory: a KMS key is gone when its process ends.
"""

import os
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, overload

import boto3
import botocore.session
import requests
from botocore.config import Config

from policies.iam import AwsAccount
from rehearsal.errors import NotYet
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import CALL_TIMEOUT, PATIENCE, answer, http_session, python_path
from rehearsal.supervisor import Supervisor, wait_until

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_sts import STSClient

# An address of moto's own which needs no AWS service to be loaded first.
_READY_PATH: Final = "/moto-api/data.json"
_PROGRAM: Final = "rehearsal.servers.aws_process"
_SOME_ACCOUNT: Final = AwsAccount("123456789012", "us-east-1")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """Who speaks to AWS."""

    id: str
    secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


_ANYBODY: Final = AccessKey("rehearsal", "rehearsal")


@dataclass(frozen=True)
class AwsServer:
    """A running moto server. `url` is the endpoint of every AWS service; it knows every region, and
    `region` is the one that is used.
    """

    url: str
    region: str = _SOME_ACCOUNT.region
    account_id: str = _SOME_ACCOUNT.id

    def environment(self) -> dict[str, str]:
        """Variables with which AWS SDKs and Vault's awskms seal speak to it; no real secrets."""
        return {
            "AWS_ACCESS_KEY_ID": _ANYBODY.id,
            "AWS_SECRET_ACCESS_KEY": _ANYBODY.secret,
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @overload
    def client(
        self, service: Literal["iam"], key: AccessKey = ..., *, region: str | None = ...
    ) -> "IAMClient": ...
    @overload
    def client(
        self, service: Literal["kms"], key: AccessKey = ..., *, region: str | None = ...
    ) -> "KMSClient": ...
    @overload
    def client(
        self, service: Literal["sts"], key: AccessKey = ..., *, region: str | None = ...
    ) -> "STSClient": ...
    @overload
    def client(
        self, service: Literal["s3"], key: AccessKey = ..., *, region: str | None = ...
    ) -> Any: ...
    def client(self, service: str, key: AccessKey = _ANYBODY, *, region: str | None = None) -> Any:
        """boto3's client of a service, as whoever holds `key`; by default as somebody whom moto
        lets do anything. `region`: by default the server's.

        Nothing of the caller's AWS configuration or proxies comes in between.
        """
        return _client(self.url, service, region or self.region, key)


# A client takes a tenth of a second to make, and threads may share it.
@lru_cache(maxsize=32)
def _client(url: str, service: str, region: str, key: AccessKey) -> Any:
    unread = (None, None, os.devnull, None)
    session = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": unread,
            "credentials_file": unread,
        }
    )
    create: Any = boto3.Session(botocore_session=session).client
    return create(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
        aws_session_token=key.session_token,
        config=Config(proxies={}, read_timeout=CALL_TIMEOUT.total_seconds()),
    )


def start(
    supervisor: Supervisor, name: str = "aws", *, account: AwsAccount = _SOME_ACCOUNT
) -> AwsServer:
    """Start moto's server as the given account's AWS, and wait until it answers. Raises
    `RehearsalError`.
    """
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    process = supervisor.start(
        name,
        [sys.executable, "-m", _PROGRAM, "--host", LOOPBACK, "--port", str(port)],
        env=supervisor.environment(MOTO_ACCOUNT_ID=account.id, **python_path()),
    )
    session = http_session()
    wait_until(
        lambda: _ready(session, url),
        awaited=f"moto's server to answer on {url}",
        patience=PATIENCE,
        processes=[process],
    )
    return AwsServer(url, account.region, account.id)


def _ready(session: requests.Session, url: str) -> None:
    response = answer(session, url + _READY_PATH)
    if not response.ok:
        raise NotYet(f"{url}{_READY_PATH} answers {response.status_code}")
