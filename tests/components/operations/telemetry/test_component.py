"""What is declared so that a deployed Vault is watched."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pytest

from components.cluster import layout as names
from components.cluster.metrics import LABELS, PORT_NAME
from components.operations import watch
from components.operations.rotation.layout import object_name
from components.operations.telemetry.alerts.alert import Job, Watched
from components.operations.telemetry.component import service_monitor, watched
from components.settings import load
from policies.compile import compile_plan
from policies.environments import Environment
from policies.lifetime import Duration
from policies.matrix import MATRIX
from tests.components.cluster.deployments import LAYOUT
from tests.components.conftest import Alone
from tests.components.settings.loader import Loader, deploying
from tests.components.telemetry import TELEMETRY
from tests.recording import Recording

IMAGE = "registry.example.com/vaultstack-jobs:1"


def make(alone: Alone, environment: str = "staging", **changed: object) -> Recording:
    plan = compile_plan(MATRIX, Environment(environment))

    def component(opts: pulumi.ResourceOptions) -> object:
        return watch("telemetry", load(MATRIX.spec), plan, opts)

    return alone(component, config=deploying(environment, metrics=True, **changed))


def test_prometheus_is_told_whom_to_ask_and_when_to_tell(alone: Alone) -> None:
    recording = make(alone, prometheusSelector={"release": "ours"})
    for name, kind in (
        ("telemetry-servicemonitor", "ServiceMonitor"),
        ("telemetry-prometheusrule", "PrometheusRule"),
    ):
        made = recording[name]
        assert made.type == f"kubernetes:monitoring.coreos.com/v1:{kind}"
        metadata = made.values["metadata"]
        assert (metadata["name"], metadata["namespace"]) == ("vault", "vault")
        assert metadata["labels"]["release"] == "ours"
    rules = recording["telemetry-prometheusrule"].values["spec"]["groups"]
    count = sum(len(group["rules"]) for group in rules)
    assert recording.outputs_of("telemetry") == {"alerts": count}


def test_a_dashboard_is_made_for_whoever_looks_for_one(alone: Alone) -> None:
    assert "telemetry-dashboard" not in {one.name for one in make(alone).resources}
    recording = make(alone, grafanaLabels={"grafana_dashboard": "1"})
    labels = recording["telemetry-dashboard"].values["metadata"]["labels"]
    assert labels["grafana_dashboard"] == "1"


@pytest.mark.parametrize(
    "changed",
    [{"metrics": False}, {"target": "existing", "auditFile": "/var/log/vault/audit.log"}],
    ids=["no metrics", "no servers"],
)
def test_without_metrics_or_servers_nothing_is_watched(
    loaded: Loader, changed: Mapping[str, object]
) -> None:
    given = {"vaultAddress": "https://vault.example.com:8200", "metrics": True, **changed}
    settings = loaded.of(deploying("staging", **given))
    assert watch("telemetry", settings, compile_plan(MATRIX, Environment.STAGING)) is None


def test_every_server_is_asked_over_tls_with_a_certificate_that_is_checked() -> None:
    spec = service_monitor(LAYOUT, TELEMETRY)
    (endpoint,) = spec["endpoints"]
    tls = endpoint["tlsConfig"]
    assert (endpoint["scheme"], endpoint["port"]) == ("https", PORT_NAME)
    assert "insecureSkipVerify" not in tls
    assert tls["serverName"] in LAYOUT.certificate_names
    assert tls["ca"] == {"secret": {"name": LAYOUT.certificate_secret, "key": "ca.crt"}}
    assert tls["cert"]["secret"]["name"] == tls["keySecret"]["name"] == "vault-metrics-client"
    # The Service with these labels publishes servers that are not ready, too.
    assert spec["selector"] == {"matchLabels": LABELS}
    assert spec["namespaceSelector"] == {"matchNames": ["vault"]}


def of(loaded: Loader, environment: str, **changed: object) -> Watched:
    settings = loaded.of(deploying(environment, metrics=True, **changed))
    assert settings.deployment
    assert settings.telemetry
    plan = compile_plan(MATRIX, Environment(environment))
    return watched(settings, settings.deployment, settings.telemetry, plan)


def test_what_a_deployment_does_not_have_is_not_watched(loaded: Loader) -> None:
    one = of(loaded, "dev", tlsIssuer="", tlsSecret="given")
    assert (one.servers, one.raft, one.kms, one.issued) == (1, False, False, False)
    assert (one.snapshots, one.rotations, one.jobs) == (None, (), ())


def test_jobs_are_watched_where_somebody_runs_them(loaded: Loader) -> None:
    one = of(loaded, "staging", jobsImage=IMAGE, vaultCaCertFile="")
    assert (one.servers, one.raft, one.kms, one.issued) == (3, True, True, True)
    assert one.snapshots == Job("vault", "vault-snapshots", Duration.parse("1d"))
    assert one.rotations
    assert one.jobs == (one.snapshots, *one.rotations)
    plan = compile_plan(MATRIX, Environment.STAGING)
    intervals = {object_name(each): each.interval_seconds for each in plan.rotations}
    for job in one.rotations:
        assert job.name.startswith("rotation-")
        assert job.interval.seconds == intervals[job.name]
    assert one.job == names.METRICS
