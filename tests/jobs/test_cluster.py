"""`vaultstack_jobs.cluster`: one object each, asked again while the API server is away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kubernetes.config import incluster_config

from tests.jobs.authorities import ca_pem
from tests.jobs.fakes import DEPLOYMENT, SECRET, Fakes
from vaultstack_jobs import cluster
from vaultstack_jobs.cluster import (
    ClusterConflictError,
    ClusterError,
    ClusterUnavailableError,
)


def test_a_lease_is_replaced_only_as_it_was_read(fakes: Fakes) -> None:
    lease = fakes.cluster.lease("jobs", "one")
    fakes.cluster.replace_lease({**lease, "spec": {"holderIdentity": "a"}})
    with pytest.raises(ClusterConflictError, match=r"update Lease jobs/one: .*409"):
        fakes.cluster.replace_lease({**lease, "spec": {"holderIdentity": "b"}})
    assert fakes.cluster.lease("jobs", "one")["spec"] == {"holderIdentity": "a"}


def test_annotating_pods_changes_nothing_else(fakes: Fakes) -> None:
    fakes.cluster.annotate_pods("app", "app", {"a/b": "c"})
    found = fakes.cluster.deployment("app", "app")
    assert found["spec"]["template"]["metadata"]["annotations"] == {"a/b": "c"}
    assert found["spec"]["replicas"] == 2


def test_a_dry_run_changes_nothing(fakes: Fakes) -> None:
    before = fakes.api.objects[DEPLOYMENT]
    fakes.cluster.annotate_pods("app", "app", {"a/b": "c"}, dry_run=True)
    assert fakes.api.requests[-1][1].endswith("?dryRun=All")
    assert fakes.api.objects[DEPLOYMENT] == before


def test_one_key_of_a_secret_is_set_without_reading_it(fakes: Fakes) -> None:
    fakes.cluster.set_secret_key("app", "app", "key", "hidden")
    assert [(method, path) for method, path, _ in fakes.api.requests] == [("PATCH", SECRET)]
    assert fakes.api.requests[0][2] == {"stringData": {"key": "hidden"}}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_api_server_that_is_away_for_a_moment_is_asked_again(fakes: Fakes, status: int) -> None:
    fakes.api.failures = [(status, "not now")] * 3
    assert fakes.cluster.lease("jobs", "one")
    assert len(fakes.api.requests) == 4
    assert fakes.clock.passed > 1


def test_an_api_server_that_stays_away_is_said_to_be(fakes: Fakes) -> None:
    fakes.api.failures = [(503, "not now")] * 9
    with pytest.raises(ClusterUnavailableError, match=r"read Lease jobs/one: .*503: not now"):
        fakes.cluster.lease("jobs", "one")


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_refusal_is_told_at_once_in_the_api_servers_words(fakes: Fakes, status: int) -> None:
    fakes.api.failures = [(status, "it is forbidden")]
    with pytest.raises(ClusterError, match=f"read Lease jobs/one: .*{status}: it is forbidden"):
        fakes.cluster.lease("jobs", "one")
    assert len(fakes.api.requests) == 1


def test_a_refused_secret_is_in_no_error(fakes: Fakes) -> None:
    fakes.api.failures = [(422, "invalid")]
    with pytest.raises(ClusterError) as raised:
        fakes.cluster.set_secret_key("app", "app", "key", "hidden-value")
    assert "hidden-value" not in repr(raised.value)
    assert raised.value.__cause__ is None


def test_outside_a_pod_the_kubeconfig_says_who(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kubeconfig"
    content = {
        "clusters": [{"name": "it", "cluster": {"server": fakes.api.url}}],
        "users": [{"name": "me", "user": {"token": "hidden"}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "current-context": "it",
    }
    file.write_text(json.dumps(content))
    monkeypatch.setenv("KUBECONFIG", str(file))
    found = cluster.connect(fakes.clock)
    assert found.lease("jobs", "one")["metadata"]["name"] == "one"
    found.api.rest_client.pool_manager.clear()


def test_in_a_pod_it_is_the_pods_own_account(
    fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, authorities = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("hidden-token")
    authorities.write_text(ca_pem())
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(authorities))
    settings = cluster.connect(fakes.clock).api.configuration
    assert settings.host == "https://10.0.0.1:443"
    assert settings.ssl_ca_cert == str(authorities)
    assert settings.verify_ssl
    assert settings.auth_settings()["BearerToken"]["value"] == "bearer hidden-token"


def test_without_either_it_says_what_is_missing(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ClusterError, match="run in a pod with a token of its service account"):
        cluster.connect(fakes.clock)
