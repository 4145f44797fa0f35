"""Each type is deleted as its provider would, and one that nobody taught stops the rehearsal."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import dill
import pytest
from pulumi import dynamic

from rehearsal.destroy import deletion as module
from rehearsal.destroy.deletion import Deletion
from rehearsal.errors import RehearsalError
from rehearsal.ledger import Entry
from rehearsal.servers.kubernetes import KubernetesApi
from tests.rehearsal.fakes import Call, FakeVault, answer, refusal

PROVIDER = "urn::provider"
LOGIN = {"path": "auth/provisioner/login", "parameters": {"role_id": "r", "secret_id": "hidden"}}


def entry(type_: str, id_: str = "", provider: str = PROVIDER, **state: Any) -> Entry:
    return Entry(
        "urn::it",
        type_,
        "it",
        id_,
        state,
        provider,
        protect=False,
        retain_on_delete=False,
        deleted_with="",
    )


def logged_in(call: Call) -> Any:
    if "login" in call.path:
        return answer(auth={"client_token": "hvs.provisioner"})
    return answer()


class _Kubernetes:
    def __init__(self) -> None:
        self.deleted: list[tuple[Any, ...]] = []

    def delete(self, *what: Any) -> None:
        self.deleted.append(what)


class Deleting:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.vault, self.kubernetes = FakeVault(logged_in), _Kubernetes()
        patch.setattr(module, "VaultApi", lambda *_: self.vault)
        providers = {
            PROVIDER: entry(
                "pulumi:providers:vault", address="http://x", authLogin=json.dumps(LOGIN)
            )
        }
        self.delete = Deletion(cast(KubernetesApi, self.kubernetes), "ca", providers)

    @property
    def paths(self) -> list[str]:
        return [call.path for call in self.vault.calls if call.method == "DELETE"]


@pytest.fixture
def deleting(monkeypatch: pytest.MonkeyPatch) -> Deleting:
    return Deleting(monkeypatch)


@pytest.mark.parametrize(
    ("one", "path"),
    [
        (entry("vault:index/policy:Policy", "sys/policies/acl/x"), "sys/policies/acl/x"),
        (entry("vault:index/mount:Mount", "sys/mounts/kv"), "sys/mounts/kv"),
        (
            entry("vault:kv/secretV2:SecretV2", mount="kv", name="a/data/b"),
            "kv/data/a/data/b",
        ),
        (
            entry("vault:kv/secretV2:SecretV2", mount="kv", name="a", deleteAllVersions=True),
            "kv/metadata/a",
        ),
        (entry("vault:generic/endpoint:Endpoint", path="a/b"), "a/b"),
        (
            entry("vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert", backend="pki"),
            "pki/root",
        ),
    ],
)
def test_in_vault_it_goes_where_it_is(deleting: Deleting, one: Entry, path: str) -> None:
    deleting.delete(one)
    deleting.delete(one)
    assert deleting.paths == [path, path]
    assert len(deleting.vault.calls) == 3  # one login


@pytest.mark.parametrize(
    "one",
    [
        entry("vault:generic/endpoint:Endpoint", path="a/rotate", disableDelete=True),
        entry("vault:kv/secretBackendV2:SecretBackendV2", "kv/config"),
        entry("pulumi:providers:vault"),
        entry("random:index/randomPassword:RandomPassword"),
    ],
)
def test_some_are_only_forgotten(deleting: Deleting, one: Entry) -> None:
    deleting.delete(one)
    assert deleting.vault.calls == []


def test_what_vault_refuses_is_said(deleting: Deleting) -> None:
    deleting.vault._answering = lambda call: (
        logged_in(call) if "login" in call.path else refusal(403, "permission denied")
    )
    with pytest.raises(RehearsalError, match=r"deleting sys/mounts/kv: Vault said 403: permission"):
        deleting.delete(entry("vault:index/mount:Mount", "sys/mounts/kv"))


def test_a_kubernetes_object_is_deleted_by_its_name(deleting: Deleting) -> None:
    metadata = {"name": "reviewer", "namespace": "vault"}
    deleting.delete(
        entry("kubernetes:core/v1:Secret", apiVersion="v1", kind="Secret", metadata=metadata)
    )
    assert deleting.kubernetes.deleted == [("v1", "Secret", "reviewer", "vault")]


class _Provider(dynamic.ResourceProvider):
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        raise RuntimeError(f"deleted {_id} of {_props['address']}")


def test_a_dynamic_resource_is_deleted_by_its_own_provider(deleting: Deleting) -> None:
    pickled = base64.b64encode(dill.dumps(_Provider(), byref=False, recurse=True)).decode()
    one = entry("pulumi-python:dynamic/vaultstack:It", "id", __provider=pickled, address="x")
    with pytest.raises(RuntimeError, match="deleted id of x"):
        deleting.delete(one)


@pytest.mark.parametrize("type_", ["vault:transit/key:Key", "gcp:a/b:C"])
def test_a_type_that_nobody_taught_stops(deleting: Deleting, type_: str) -> None:
    with pytest.raises(RehearsalError, match=f"cannot delete a {type_}: teach rehearsal/destroy"):
        deleting.delete(entry(type_, "x"))
