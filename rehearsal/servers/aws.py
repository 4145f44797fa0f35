"""AWS, as moto's server plays it: KMS, IAM, STS and S3 among others.

As moto does by default, it accepts any credential and checks no IAM policy: what IAM would deny
cannot be shown with it. It keeps everything in memory: a KMS key is gone when its process ends.
"""

import sys
from dataclasses import dataclass
from typing import Final

import requests

from rehearsal.errors import NotYet
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import PATIENCE, answer, http_session, python_path
from rehearsal.supervisor import Supervisor, wait_until

# An address of moto's own which needs no AWS service to be loaded first.
_READY_PATH: Final = "/moto-api/data.json"


@dataclass(frozen=True)
class AwsServer:
    """A running moto server. `url` is the endpoint of every AWS service; `region` is any."""

    url: str
    region: str = "us-east-1"

    def environment(self) -> dict[str, str]:
        """Variables with which AWS SDKs and Vault's awskms seal speak to it; no real secrets."""
        return {
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def start(supervisor: Supervisor, name: str = "aws") -> AwsServer:
    """Start moto's server and wait until it answers. Raises RehearsalError."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    process = supervisor.start(
        name,
        [sys.executable, "-m", "moto.server", "--host", LOOPBACK, "--port", str(port)],
        env=supervisor.environment(**python_path()),
    )
    session = http_session()
    wait_until(
        lambda: _ready(session, url),
        awaited=f"moto's server to answer on {url}",
        patience=PATIENCE,
        processes=[process],
    )
    return AwsServer(url)


def _ready(session: requests.Session, url: str) -> None:
    response = answer(session, url + _READY_PATH)
    if not response.ok:
        raise NotYet(f"{url}{_READY_PATH} answers {response.status_code}")
