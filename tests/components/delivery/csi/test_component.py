"""All that the CSI provider is made of, and what it mounts."""

from __future__ import annotations

import base64
import json
from typing import Final

import pytest

from components.delivery.csi import CsiProvider, CsiProviderArgs
from components.delivery.files import Delivery, SecretFile, Value, Via
from components.delivery.provider_class import secret_provider_class
from components.delivery.reading import DeliveryError
from components.settings import DeliverySettings
from policies.paths import SecretPath
from tests.components.conftest import Alone
from tests.components.delivery.shop import CSI, ENTRY, PLAN, SETTINGS, settings
from tests.recording import Recording, is_secret, plain

MOUNTED: Final = Delivery("shop/api", (SecretFile("key", ENTRY, Value("api_key")),), via=Via.CSI)


def made(
    alone: Alone,
    *deliveries: Delivery,
    given: DeliverySettings = SETTINGS,
    protect: bool = True,
) -> Recording:
    args = CsiProviderArgs(given, CSI, PLAN, deliveries, protect)
    return alone(lambda opts: CsiProvider("csi", args, opts))


def test_what_a_workload_mounts_is_in_its_namespace(alone: Alone) -> None:
    recording = made(alone, MOUNTED)
    (declared,) = recording.of("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass")
    assert declared.name == "csi-class-shop-api"
    expected = secret_provider_class(PLAN, MOUNTED)
    assert declared.values["spec"] == expected["spec"]
    assert expected["metadata"].items() <= declared.values["metadata"].items()
    assert "secretObjects" not in declared.values["spec"]


def test_what_is_not_granted_stops_the_program(alone: Alone) -> None:
    file = SecretFile("key", SecretPath("deploy/shop/keys"), Value("token"))
    with pytest.raises(DeliveryError, match=r"the matrix does not grant 'shop/api'"):
        made(alone, Delivery("shop/api", (file,), via=Via.CSI))


def test_it_becomes_only_those_that_it_delivers_to(alone: Alone) -> None:
    recording = made(alone, MOUNTED)
    (rule,) = recording["csi-access-tokens-shop-staging-role"].values["rules"]
    assert rule["resourceNames"] == ["shop-api"]


def test_its_key_is_made_here_and_secret(alone: Alone) -> None:
    recording = made(alone)
    data = recording["csi-versions-key-secret"].inputs["data"]
    assert is_secret(data) or is_secret(data["key"])
    key = base64.b64decode(plain(data)["key"])
    assert key == b"random-hidden-csi-versions-key"
    assert [leaf for leaf in recording.leaves_in_clear() if "hidden" in leaf] == []
    assert recording["csi-versions-key"].values["length"] == 43


def test_its_pods_come_after_all_that_they_need(alone: Alone) -> None:
    recording = made(alone, MOUNTED)
    assert recording["csi-pods"].after >= {
        "csi-network",
        "csi-network-servers",
        "csi-account",
        "csi-authority",
        "csi-config",
        "csi-versions-key-secret",
        "csi-access-tokens-shop-staging-binding",
    }


def test_its_namespace_lets_it_in_and_is_its_own(alone: Alone) -> None:
    (namespace,) = made(alone).of("kubernetes:core/v1:Namespace")
    metadata = namespace.values["metadata"]
    assert metadata["name"] == "vault-csi"
    assert metadata["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert namespace.protect
    assert not made(alone, protect=False)["csi-namespace"].protect


def test_its_agent_may_reach_the_servers_and_they_let_it_in(alone: Alone) -> None:
    recording = made(alone)
    own = recording["csi-network"].values["spec"]
    assert "ingress" not in own
    assert [rule["ports"][0]["port"] for rule in own["egress"]] == [8200, 53, 443]
    theirs = recording["csi-network-servers"].values
    assert theirs["metadata"]["namespace"] == "vault"
    assert theirs["spec"]["policyTypes"] == ["Ingress"]
    (rule,) = theirs["spec"]["ingress"]
    assert rule["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "vault-csi"}},
            "podSelector": own["podSelector"],
        }
    ]


def test_a_vault_that_others_run_is_let_in_by_others(alone: Alone) -> None:
    recording = made(alone, given=settings(servers=False))
    assert "csi-network-servers" not in recording


def test_the_agent_is_told_where_vault_is(alone: Alone) -> None:
    config = json.loads(made(alone)["csi-config"].values["data"]["agent.json"])
    assert config["vault"] == {
        "address": SETTINGS.vault_address,
        "ca_cert": "/etc/vault/ca/ca.crt",
    }
