"""The published definitions on a real API server: all are accepted, and each checks its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any, Final

import pytest

from rehearsal import crds
from rehearsal.binaries import Binary, Tool
from rehearsal.errors import RehearsalError
from rehearsal.servers import kubernetes
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live

_CERT_MANAGER: Final = {"apiVersion": "cert-manager.io/v1"}
_MONITORING: Final = {"apiVersion": "monitoring.coreos.com/v1"}
_SELECTOR: Final = {"matchLabels": {"app": "shop"}}
GOOD: Final[Mapping[str, Mapping[str, Any]]] = {
    "Certificate": {
        **_CERT_MANAGER,
        "spec": {
            "secretName": "shop-tls",
            "dnsNames": ["shop"],
            "issuerRef": {"kind": "ClusterIssuer", "name": "ca"},
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            "usages": ["digital signature", "server auth"],
        },
    },
    "Issuer": {**_CERT_MANAGER, "spec": {"ca": {"secretName": "ca"}}},
    "ClusterIssuer": {**_CERT_MANAGER, "spec": {"ca": {"secretName": "ca"}}},
    "ServiceMonitor": {
        **_MONITORING,
        "spec": {"selector": _SELECTOR, "endpoints": [{"port": "https", "scheme": "https"}]},
    },
    "PodMonitor": {
        **_MONITORING,
        "spec": {"selector": _SELECTOR, "podMetricsEndpoints": [{"port": "https"}]},
    },
    "PrometheusRule": {
        **_MONITORING,
        "spec": {"groups": [{"name": "shop", "rules": [{"alert": "Down", "expr": "up == 0"}]}]},
    },
}


@pytest.fixture(scope="module")
def api(tools: Mapping[Tool, Binary]) -> Iterator[KubernetesApi]:
    """A Kubernetes API that knows all kinds, applied at the same time."""
    with Supervisor() as supervisor:
        started = kubernetes.start(
            supervisor, tools[Tool.ETCD].path, tools[Tool.KUBE_APISERVER].path
        )
        with ThreadPoolExecutor() as pool:
            list(pool.map(started.apply, crds.ensure().values()))
        yield started


def named(kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name}, **deepcopy(dict(GOOD[kind]))}


def test_every_kind_is_tried() -> None:
    assert set(GOOD) == set(crds.KINDS)


@pytest.mark.parametrize("kind", crds.KINDS)
def test_a_good_object_is_accepted_and_kept_as_it_is(api: KubernetesApi, kind: str) -> None:
    good = named(kind, "good")
    stored = api.apply(good)
    assert stored["kind"] == kind
    assert api.get(good["apiVersion"], kind, "good")["spec"] == stored["spec"]


@pytest.mark.parametrize("kind", crds.KINDS)
def test_an_unknown_field_is_refused(api: KubernetesApi, kind: str) -> None:
    bad = named(kind, "unknown-field")
    bad["spec"]["speling"] = True
    with pytest.raises(RehearsalError, match=r'unknown field "spec\.speling"'):
        api.apply(bad)


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("Certificate", {"dnsNames": ["shop"]}, r"spec\.secretName: Required value"),
        ("Certificate", {"usages": ["serverauth"]}, r'Unsupported value: "serverauth"'),
        ("Certificate", {"privateKey": {"algorithm": "DSA"}}, r'Unsupported value: "DSA"'),
        ("Issuer", {"ca": {}}, r"spec\.ca\.secretName: Required value"),
        ("ClusterIssuer", {"ca": "ca"}, r"spec\.ca in body must be of type object"),
        ("ServiceMonitor", {"endpoints": []}, r"spec\.selector: Required value"),
        ("PodMonitor", {"podMetricsEndpoints": [{"interval": "1 min"}]}, r"should match"),
        ("PrometheusRule", {"groups": [{"rules": []}]}, r"spec\.groups\[0\]\.name: Required"),
    ],
)
def test_what_the_schema_forbids_is_refused(
    api: KubernetesApi, kind: str, spec: Mapping[str, Any], said: str
) -> None:
    bad = named(kind, "forbidden") | {"spec": spec}
    with pytest.raises(RehearsalError, match=said):
        api.apply(bad)


def test_issuers_are_of_a_namespace_and_cluster_issuers_of_none(api: KubernetesApi) -> None:
    api.namespace("shop")
    issuer = named("Issuer", "inside")
    issuer["metadata"]["namespace"] = "shop"
    assert api.apply(issuer)["metadata"]["namespace"] == "shop"
    assert "namespace" not in api.apply(named("ClusterIssuer", "everywhere"))["metadata"]
