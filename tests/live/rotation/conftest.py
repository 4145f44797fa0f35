"""What the tests of rotations share: jobs, installed beside the stage's servers, and
what is put back after them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.servers.aws import AccessKey
from rehearsal.vault_api import VaultApi
from tests.examples.entries import Entries
from tests.jobs.installed import Installer, Kubernetes
from tests.live.conftest import Stage


@pytest.fixture(scope="module")
def kubernetes(stage: Stage) -> Kubernetes:
    found = Kubernetes(stage)
    found.prepare()
    return found


@pytest.fixture
def installer(stage: Stage, kubernetes: Kubernetes, tmp_path: Path) -> Iterator[Installer]:
    made = Installer(stage, kubernetes, tmp_path)
    yield made
    made.remove()


@pytest.fixture
def iam_user(stage: Stage, root: VaultApi) -> Iterator[AccessKey]:
    """The AWS engine as an IAM user with a key of its own, which the rehearsal's is not."""
    iam = stage.scene.aws.client("iam")
    iam.create_user(UserName="vault-engine")
    made = iam.create_access_key(UserName="vault-engine")["AccessKey"]
    key = AccessKey(made["AccessKeyId"], made["SecretAccessKey"])
    before = root.call("GET", "aws/config/root").data
    common = {
        name: before[name] for name in ("region", "iam_endpoint", "sts_endpoint", "sts_region")
    }
    root.write("aws/config/root", {**common, "access_key": key.id, "secret_key": key.secret})
    yield key
    given = stage.scene.configuration
    old = {"access_key": given["awsAccessKeyId"], "secret_key": given["awsSecretAccessKey"]}
    root.write("aws/config/root", {**common, **old})
    for left in iam.list_access_keys(UserName="vault-engine")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="vault-engine", AccessKeyId=left["AccessKeyId"])
    iam.delete_user(UserName="vault-engine")


@pytest.fixture
def old_issuer(root: VaultApi) -> Iterator[str]:
    """The intermediate in use, which is so again afterwards, and the only one."""
    default = root.call("GET", "pki/config/issuers").data["default"]
    before = set(root.call("LIST", "pki/issuers").data["keys"])
    yield default
    usage = "read-only,issuing-certificates,crl-signing,ocsp-signing"
    root.call(
        "PATCH",
        f"pki/issuer/{default}",
        {"usage": usage},
        {"Content-Type": "application/merge-patch+json"},
    )
    root.write("pki/config/issuers", {"default": default})
    for made in set(root.call("LIST", "pki/issuers").data["keys"]) - before:
        assert root.call("DELETE", f"pki/issuer/{made}").allowed


@pytest.fixture
def old_entries(stage: Stage, root: VaultApi) -> Iterator[None]:
    """The entries that the matrix has rotated, with no previous value beside them afterwards."""
    entries = Entries(root)
    for rotation in stage.plan.rotations:
        if path := rotation.task.get("path"):
            entries.values(path)
    yield
    entries.put_back()
