"""The servers' certificate: every name, renewed in time, and the issuer that the stack names."""

from __future__ import annotations

from typing import Any

import pytest

from components.cluster import layout as names
from components.cluster.certificate import make_certificate
from components.cluster.layout import Layout
from components.settings import IssuerKind, IssuerReference
from policies.lifetime import Duration
from tests.components.cluster.deployments import DEPLOYMENT, ISSUER, LAYOUT, record
from tests.recording import Runner


def make(run: Runner, layout: Layout = LAYOUT, issuer: IssuerReference = ISSUER) -> dict[str, Any]:
    made = record(run, lambda opts: make_certificate("certificate", layout, issuer, opts))
    assert made["certificate"].type == "kubernetes:cert-manager.io/v1:Certificate"
    return made["certificate"].values


@pytest.mark.parametrize("servers", [1, 3, 5])
def test_it_holds_every_name_and_the_pods_own_address(run: Runner, servers: int) -> None:
    layout = Layout.of(DEPLOYMENT, servers)
    spec = make(run, layout)["spec"]
    assert spec["dnsNames"] == list(layout.certificate_names)
    assert spec["ipAddresses"] == ["127.0.0.1"]


def test_it_is_kept_where_the_pods_look_for_it(run: Runner) -> None:
    values = make(run)
    assert values["spec"]["secretName"] == LAYOUT.certificate_secret
    assert values["metadata"]["namespace"] == LAYOUT.namespace
    assert values["metadata"]["labels"] == names.LABELS


@pytest.mark.parametrize("kind", IssuerKind)
def test_the_issuer_is_the_settings(run: Runner, kind: IssuerKind) -> None:
    spec = make(run, issuer=IssuerReference(kind, "ours"))["spec"]
    assert spec["issuerRef"] == {"group": "cert-manager.io", "kind": kind.value, "name": "ours"}


def test_it_is_renewed_long_before_it_ends_with_a_new_key(run: Runner) -> None:
    spec = make(run)["spec"]
    valid, before = Duration.parse(spec["duration"]), Duration.parse(spec["renewBefore"])
    assert before.seconds * 3 == valid.seconds
    assert before >= Duration.parse("14d"), "time to notice that it fails"
    assert spec["privateKey"]["rotationPolicy"] == "Always"


def test_a_server_may_show_it_as_a_client_of_its_peers_too(run: Runner) -> None:
    assert set(make(run)["spec"]["usages"]) == {"digital signature", "server auth", "client auth"}
