"""The rotation job and the example application together: nobody is logged out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from examples.media_catalog.app import create_app
from examples.media_catalog.signing_keys import SigningKeys
from policies.hcl import Capability, Stanza
from rehearsal.supervisor import write_private
from rehearsal.vault_api import VaultApi
from tests.examples.entries import Entries
from tests.examples.running import running
from tests.jobs.installed import Installer, Job, Kubernetes
from tests.live.conftest import Stage
from vaultstack_client import Timing

pytestmark = pytest.mark.live

ENTRY = "media-catalog/api"
FRESH_FOR = timedelta(seconds=2)
"""A minute in production. What counts is that it is below the `SPREAD` of the signing keys."""


@pytest.fixture
def entries(root: VaultApi) -> Iterator[Entries]:
    changed = Entries(root)
    yield changed
    changed.put_back()


@pytest.fixture
def rotation(stage: Stage, tmp_path: Path) -> Iterator[Job]:
    kubernetes = Kubernetes(stage)
    kubernetes.prepare()
    installer = Installer(stage, kubernetes, tmp_path)
    yield installer.install(
        "example-jwt-secret",
        {
            "type": "kv-key",
            "path": ENTRY,
            "key": "jwt_secret",
            "length": 48,
            "overlap_seconds": 86_400,
            "tell": {"type": "agent"},
        },
        [
            Stanza(f"secret/data/{ENTRY}", (Capability.READ, Capability.PATCH)),
            Stanza(f"secret/metadata/{ENTRY}", (Capability.READ,)),
        ],
    )
    installer.remove()


@pytest.fixture
def environ(stage: Stage, tmp_path: Path) -> dict[str, str]:
    token = stage.account_token("media-catalog-api")
    return {
        "VAULT_ADDR": stage.scene.vault_address,
        "VAULT_CACERT": stage.ca_file,
        "VAULT_ROLE": "media-catalog-api",
        "VAULT_JWT_FILE": str(write_private(tmp_path / "token", token)),
        "VAULT_ENABLED_SECRETS": '["external", "database", "api"]',
    }


def signed(secret: str) -> dict[str, str]:
    token = SigningKeys(secret).issue("ada", datetime.now(UTC))
    return {"Authorization": f"Bearer {token}"}


class Visitor(threading.Thread):
    """Goes from one instance to the other, each time with the token that the last one gave."""

    def __init__(self, instances: list[httpx.Client], first: dict[str, str]) -> None:
        super().__init__(name="visitor")
        self.instances, self.token = instances, first
        self.done = threading.Event()
        self.answers: list[int] = []

    def run(self) -> None:
        while not self.done.wait(0.02):
            for instance in self.instances:
                answer = instance.post("/tokens/refresh", headers=self.token)
                self.answers.append(answer.status_code)
                if answer.status_code == 200:
                    self.token = {"Authorization": f"Bearer {answer.json()['token']}"}


def test_a_rotation_under_traffic_logs_nobody_out(
    environ: dict[str, str], rotation: Job, entries: Entries
) -> None:
    before = entries.values(ENTRY)
    timing = Timing(secret_fresh_for=FRESH_FOR)
    with (
        running(create_app(environ, timing=timing)) as one,
        running(create_app(environ, timing=timing)) as other,
    ):
        old = signed(before["jwt_secret"])
        visitor = Visitor([one, other], old)
        visitor.start()
        try:
            # Half its freshness apart, so that for a while only one of them has the new secret.
            visitor.done.wait(FRESH_FOR.total_seconds() / 2)
            done = rotation.run("--now")
            visitor.done.wait(FRESH_FOR.total_seconds() * 2)
        finally:
            visitor.done.set()
            visitor.join()
        assert done.exit == 0, done.errors
        after = entries.values(ENTRY)
        assert after["jwt_secret"] != before["jwt_secret"] == after["jwt_secret_previous"]
        assert after["session_secret"] == before["session_secret"]
        assert len(visitor.answers) > 50
        assert set(visitor.answers) == {200}
        new = signed(after["jwt_secret"])
        for instance in (one, other):
            assert instance.get("/me", headers=old).status_code == 200
            assert instance.get("/me", headers=new).status_code == 200
            assert instance.get("/health/ready").status_code == 200
