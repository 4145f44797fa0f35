"""The object that Grafana's sidecar takes up."""

from __future__ import annotations

import json

from components.operations.telemetry.dashboard.config_map import KEY, NAME, make_config_map
from components.operations.telemetry.dashboard.document import text
from tests.components.cluster.deployments import record
from tests.recording import Runner


def test_it_holds_the_dashboard_under_the_sidecars_label(run: Runner) -> None:
    labels = {"grafana_dashboard": "1"}
    made = record(run, lambda opts: make_config_map("dashboard", "vault", labels, opts))
    found = made["dashboard"].values
    assert found["metadata"]["name"] == NAME
    assert found["metadata"]["namespace"] == "vault"
    assert labels.items() <= found["metadata"]["labels"].items()
    assert found["metadata"]["labels"]["app.kubernetes.io/managed-by"]
    assert found["data"] == {KEY: text()}
    assert json.loads(found["data"][KEY])["title"] == "Vault"


def test_it_is_small_enough_for_kubernetes() -> None:
    """And for `kubectl apply`, which writes it into an annotation of at most 256 KiB."""
    assert len(text().encode()) < 256 * 1024
