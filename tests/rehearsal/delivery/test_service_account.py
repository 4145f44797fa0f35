from __future__ import annotations

from typing import Any

import pytest

from rehearsal.delivery.annotations import PREFIX, Annotations
from rehearsal.delivery.service_account import TokenFile, token_of
from rehearsal.errors import RehearsalError
from tests.rehearsal.delivery.made import API_TOKEN, pod, volume

NAMED = {f"{PREFIX}agent-service-account-token-volume-name": "vault-token"}


def found(annotations: dict[str, str], **spec: Any) -> TokenFile:
    return token_of(pod(annotations, **spec), Annotations(annotations))


def test_the_volume_that_the_pod_names() -> None:
    mount = "/var/run/secrets/vault.hashicorp.com/serviceaccount"
    assert found(NAMED) == TokenFile(mount, f"{mount}/token", "vault-dev", 3607, "vault-token")


def test_where_the_pod_mounts_it_itself_there_it_is() -> None:
    mounts = [{"name": "vault-token", "mountPath": "/mine"}]
    containers = [{"name": "api", "volumeMounts": mounts}]
    assert found(NAMED, containers=containers).path == "/mine/token"


def test_else_the_one_that_every_pod_is_given_which_is_not_for_vault() -> None:
    token = found({})
    assert (token.path, token.audience) == (f"{API_TOKEN}/token", "")


@pytest.mark.parametrize(
    ("annotations", "spec", "error"),
    [
        (NAMED, {"volumes": []}, "the pod has no volume 'vault-token'"),
        (NAMED, {"volumes": [{"name": "vault-token", "emptyDir": {}}]}, "holds no service account"),
        ({}, {"containers": [{"name": "api"}]}, "mounts no service account's token"),
    ],
)
def test_a_pod_without_a_token_is_refused(
    annotations: dict[str, str], spec: dict[str, Any], error: str
) -> None:
    with pytest.raises(RehearsalError, match=error):
        found(annotations, **spec)


def test_the_path_within_the_volume() -> None:
    assert found(NAMED, volumes=[volume("vault-token", "a", "deep/jwt")]).path.endswith("/deep/jwt")
