"""What cert-manager is asked for."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import meta

from components.certificate import make_certificate
from tests.components.delivery.shop import ISSUER
from tests.recording import Runner


def test_a_certificate(run: Runner) -> None:
    metadata = meta.v1.ObjectMetaArgs(name="a", namespace="b")
    recording = run(
        lambda: make_certificate(
            "certificate",
            metadata,
            ISSUER,
            "secret",
            ("a.example.com", "b.example.com"),
            ("server auth",),
            pulumi.ResourceOptions(),
        )
    )
    found = recording["certificate"]
    assert found.type == "kubernetes:cert-manager.io/v1:Certificate"
    assert found.values["metadata"] == {"name": "a", "namespace": "b"}
    assert found.values["spec"] == {
        "secretName": "secret",
        "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "platform"},
        "dnsNames": ["a.example.com", "b.example.com"],
        "duration": "2160h",
        "renewBefore": "720h",
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "usages": ["server auth"],
    }


def test_it_may_hold_addresses(run: Runner) -> None:
    made = run(
        lambda: make_certificate(
            "certificate",
            meta.v1.ObjectMetaArgs(name="a", namespace="b"),
            ISSUER,
            "secret",
            (),
            (),
            pulumi.ResourceOptions(),
            addresses=("127.0.0.1",),
        )
    )
    assert made["certificate"].values["spec"]["ipAddresses"] == ["127.0.0.1"]
