from __future__ import annotations

import json
from pathlib import Path

import pytest
import urllib3
from kubernetes import client

from tests.jobs.fakes import FakeClock
from tests.upkeep.rolling.kube import LEASE, PODS, Kube
from upkeep.errors import UpkeepError
from upkeep.rolling.cluster import Kubernetes, connect, settings_of
from vaultstack_jobs.cluster import ClusterError, ClusterUnavailableError


def test_it_reads_the_stateful_set_and_its_pods(cluster: Kubernetes, kube: Kube) -> None:
    assert cluster.stateful_set("vault", "vault")["spec"]["replicas"] == 3
    names = [pod["metadata"]["name"] for pod in cluster.pods("vault", "app=vault")]
    assert names == ["vault-0", "vault-1", "vault-2"]
    assert kube.asked[-1][1].endswith("?labelSelector=app%3Dvault")


def test_an_eviction_names_the_very_pod(cluster: Kubernetes, kube: Kube) -> None:
    assert cluster.evict("vault", "vault-1", "uid-1") == ""
    method, path, body = kube.asked[-1]
    assert (method, path) == ("POST", f"{PODS}/vault-1/eviction")
    assert body["kind"] == "Eviction"
    assert body["deleteOptions"] == {"preconditions": {"uid": "uid-1"}}
    assert "deletionTimestamp" in kube.objects[f"{PODS}/vault-1"]["metadata"]


def test_one_that_came_since_is_left_alone(cluster: Kubernetes, kube: Kube) -> None:
    assert cluster.evict("vault", "vault-1", "the one before") == ""
    assert "deletionTimestamp" not in kube.objects[f"{PODS}/vault-1"]["metadata"]


def test_one_that_is_gone_has_ended(cluster: Kubernetes) -> None:
    assert cluster.evict("vault", "vault-7", "uid-7") == ""


def test_the_budget_has_its_say(cluster: Kubernetes, kube: Kube) -> None:
    kube.answers = [(429, "Cannot evict pod as it would violate the pod's disruption budget.")]
    assert "disruption budget" in cluster.evict("vault", "vault-1", "uid-1")


def test_a_refusal_is_told_in_the_apis_words(cluster: Kubernetes, kube: Kube) -> None:
    kube.answers = [(403, "pods/eviction is forbidden")]
    with pytest.raises(ClusterError, match=r"evict pod vault/vault-1: .* 403: pods"):
        cluster.evict("vault", "vault-1", "uid-1")


def test_an_api_server_that_is_away_at_an_eviction_is_asked_again(clock: FakeClock) -> None:
    settings = settings_without_anybody()
    said = connect(settings, clock).evict("vault", "vault-1", "uid-1")
    assert said.startswith("the API server cannot be asked")


def test_so_it_is_at_everything_else(clock: FakeClock) -> None:
    cluster = connect(settings_without_anybody(), clock)
    with pytest.raises(ClusterUnavailableError, match="cannot be asked"):
        cluster.pods("vault", "app=vault")
    with pytest.raises(ClusterError, match="read Lease vault/vault-roll"):
        cluster.find_lease("vault", "vault-roll")


def settings_without_anybody() -> client.Configuration:
    settings = client.Configuration(host="http://127.0.0.1:9")
    settings.retries = urllib3.Retry(0)
    return settings


def test_a_lease_is_made_once(cluster: Kubernetes, kube: Kube) -> None:
    assert cluster.find_lease("vault", "vault-roll") is None
    cluster.make_lease("vault", "vault-roll")
    cluster.make_lease("vault", "vault-roll")
    assert kube.objects[LEASE]["kind"] == "Lease"
    found = cluster.find_lease("vault", "vault-roll")
    assert found is not None
    assert found["metadata"]["name"] == "vault-roll"


def test_a_lease_that_may_not_be_read_is_an_error(cluster: Kubernetes, kube: Kube) -> None:
    kube.answers = [(403, "leases is forbidden")]
    with pytest.raises(ClusterError, match="403: leases is forbidden"):
        cluster.find_lease("vault", "vault-roll")


def kubeconfig(folder: Path) -> Path:
    def context(name: str) -> dict[str, object]:
        return {"name": name, "context": {"cluster": name, "user": "me"}}

    def cluster(name: str) -> dict[str, object]:
        return {"name": name, "cluster": {"server": f"https://{name}.example.com"}}

    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [cluster("here"), cluster("there")],
        "users": [{"name": "me", "user": {"token": "t"}}],
        "contexts": [context("here"), context("there")],
        "current-context": "here",
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(content))
    return path


def test_the_context_is_the_current_one_unless_named(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path)
    assert settings_of(file, None).host == "https://here.example.com"
    assert settings_of(file, "there").host == "https://there.example.com"


def test_an_unknown_context_is_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(UpkeepError, match="fix: --context with one of `kubectl config"):
        settings_of(kubeconfig(tmp_path), "nowhere")
    with pytest.raises(UpkeepError, match="no way to the Kubernetes API"):
        settings_of(tmp_path / "missing", None)
