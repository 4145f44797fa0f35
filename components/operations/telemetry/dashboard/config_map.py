"""The ConfigMap that Grafana's sidecar looks for: how the dashboard comes to a Grafana."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pulumi
from pulumi_kubernetes import core, meta

from components.namespace import MANAGED
from components.operations.telemetry.dashboard.document import text

NAME: Final = "vault-dashboard"
KEY: Final = "vault.json"
"""The sidecar takes it for the file's name, so that it must differ from other dashboards'."""


def make_config_map(
    name: str, namespace: str, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> core.v1.ConfigMap:
    """`labels`: those by which the sidecar finds dashboards, mostly `grafana_dashboard: "1"`. It
    must look in `namespace` too, which by default it does not: `sidecar.dashboards.searchNamespace`
    of Grafana's chart.
    """
    return core.v1.ConfigMap(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=NAME, namespace=namespace, labels={**MANAGED, **labels}
        ),
        data={KEY: text()},
        opts=opts,
    )
