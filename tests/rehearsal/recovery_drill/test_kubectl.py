"""The stand-in for kubectl: what it does to servers and disks, and that it knows its limits."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from kubernetes import client, config

from rehearsal.drill.cluster import HEALS_WITHIN
from rehearsal.errors import RehearsalError
from rehearsal.recovery_drill.desk import Answer, Asked
from rehearsal.recovery_drill.kubectl import Kubectl, _anew, _names, _patience


class FakeCluster:
    names = ("vault-0", "vault-1")

    def __init__(self) -> None:
        self.done: list[str] = []

    def __getitem__(self, name: str) -> Any:
        return SimpleNamespace(process=SimpleNamespace(exit_code=None))

    def terminate(self, name: str) -> None:
        self.done.append(f"ended {name}")

    def start(self, name: str) -> None:
        self.done.append(f"started {name}")


class FakeApi:
    """The Kubernetes API, both as the rehearsal speaks to it and as the client library does."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def get(self, _version: str, kind: str, name: str, _namespace: str) -> Any:
        if kind == "Secret":
            return {"data": {"tls.crt": base64.b64encode(b"fresh").decode()}}
        return {"metadata": {"name": name, "namespace": "vault", "uid": "u"}, "spec": {"a": 1}}

    def apply(self, what: Any) -> None:
        self.done.append(("made", what["metadata"]["name"]))

    def delete_namespaced_pod(self, name: str, _namespace: str, **_: Any) -> None:
        self.done.append(("deleted", name))


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def kubectl(
    tmp_path: Path, cluster: FakeCluster, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> Kubectl:
    for pod in cluster.names:
        (tmp_path / pod / "vault/data/raft").mkdir(parents=True)
        (tmp_path / pod / "vault/data/vault.db").touch()
        (tmp_path / pod / "vault/tls").mkdir()
        (tmp_path / pod / "vault/tls/tls.crt").write_text("old")
    monkeypatch.setattr(config, "new_client_from_config", lambda _: None)
    monkeypatch.setattr(client, "CoreV1Api", lambda _: api)
    monkeypatch.setattr(client, "CustomObjectsApi", lambda _: api)
    scene = SimpleNamespace(kubernetes=api)
    api.kubeconfig = ""  # type: ignore[attr-defined]
    return Kubectl(cast("Any", SimpleNamespace(scene=scene)), cast("Any", cluster), tmp_path)


def run(kubectl: Kubectl, *words: str, given: str = "") -> Answer:
    return kubectl(Asked(["-n", "vault", *words], Path(), given))


def test_exec_runs_in_the_pods_folder(kubectl: Kubectl, tmp_path: Path) -> None:
    script = "cat > /vault/data/raft/peers.json"
    run(kubectl, "exec", "-i", "vault-1", "--", "sh", "-c", script, given="[]")
    assert (tmp_path / "vault-1/vault/data/raft/peers.json").read_text() == "[]"


def test_exec_that_fails_is_an_error(kubectl: Kubectl) -> None:
    with pytest.raises(RehearsalError, match="exec in vault-0: no"):
        run(kubectl, "exec", "vault-0", "--", "sh", "-c", "echo no >&2; false")


def test_a_deleted_pod_ends_and_comes_back_with_its_disk(
    kubectl: Kubectl, cluster: FakeCluster, api: FakeApi
) -> None:
    assert run(kubectl, "delete", "pod", "vault-1").output == 'pod "vault-1" deleted\n'
    assert api.done == [("deleted", "vault-1"), ("made", "vault-1")]
    assert cluster.done == ["ended vault-1", "started vault-1"]
    assert (kubectl.data_folder("vault-1") / "vault.db").exists()


def test_a_deleted_claim_goes_with_its_pod_and_not_before(kubectl: Kubectl) -> None:
    run(kubectl, "delete", "pvc", "data-vault-1", "--wait=false")
    assert list(kubectl.data_folder("vault-1").iterdir())
    run(kubectl, "delete", "pod", "vault-1")
    assert not list(kubectl.data_folder("vault-1").iterdir())
    assert list(kubectl.data_folder("vault-0").iterdir())


def test_a_secret_reaches_every_pod(kubectl: Kubectl, tmp_path: Path) -> None:
    kubectl.mount_secret("vault-server-tls")
    files = [tmp_path / pod / "vault/tls/tls.crt" for pod in FakeCluster.names]
    assert [file.read_text() for file in files] == ["fresh", "fresh"]


@pytest.mark.parametrize("words", [("get", "pods"), ("delete", "namespace", "vault"), ("scale",)])
def test_what_it_does_not_know_it_says(kubectl: Kubectl, words: tuple[str, ...]) -> None:
    with pytest.raises(RehearsalError, match=f"does not know.*{words[0]}"):
        run(kubectl, *words)


def test_the_namespace_must_be_said(kubectl: Kubectl) -> None:
    with pytest.raises(RehearsalError, match="give -n vault first"):
        kubectl(Asked(["delete", "pod", "vault-0"], Path(), ""))


def test_options_are_no_names() -> None:
    words = ["data-vault-0", "-p", '{"spec":1}', "--wait=false", "other"]
    assert list(_names(words)) == ["data-vault-0", "other"]


def test_patience_is_what_was_asked() -> None:
    assert _patience(["--timeout=90s", "x"]) == timedelta(seconds=90)
    assert _patience(["x"]) == HEALS_WITHIN


def test_a_pod_is_made_anew_without_what_the_server_added() -> None:
    stored = {"metadata": {"name": "a", "uid": "u", "labels": {"x": "y"}}, "spec": {"b": 1}}
    assert _anew(stored) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "labels": {"x": "y"}},
        "spec": {"b": 1},
    }
