"""The names of a deployment: every name by which somebody calls a server is in its certificate."""

from __future__ import annotations

import re

import pytest

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.namespace import MANAGED
from components.settings import CertificateSettings, Exposure, KubernetesSettings
from tests.components.cluster.deployments import DEPLOYMENT, LAYOUT, deployed, exposed

SIZES = (1, 3, 5)


def hosts(layout: Layout) -> set[str]:
    return set(layout.certificate_names)


@pytest.mark.parametrize("servers", SIZES)
def test_a_pod_is_called_as_its_stateful_set_calls_it(servers: int) -> None:
    layout = Layout.of(DEPLOYMENT, servers)
    assert layout.pods == tuple(f"{names.STATEFUL_SET}-{index}" for index in range(servers))


@pytest.mark.parametrize("servers", SIZES)
def test_the_certificate_holds_every_server_in_every_form_that_dns_completes(servers: int) -> None:
    layout = Layout.of(DEPLOYMENT, servers)
    for pod in layout.pods:
        assert hosts(layout) >= {
            f"{pod}.vault-internal",
            f"{pod}.vault-internal.vault",
            f"{pod}.vault-internal.vault.svc",
            f"{pod}.vault-internal.vault.svc.cluster.local",
        }
    assert not any(name.startswith(f"vault-{servers}.") for name in hosts(layout))


@pytest.mark.parametrize("service", ["vault", "vault-active", "vault-standby"])
def test_the_certificate_holds_every_service_that_clients_call(service: str) -> None:
    inside = f"{service}.vault"
    assert hosts(LAYOUT) >= {service, inside, f"{inside}.svc", f"{inside}.svc.cluster.local"}


@pytest.mark.parametrize("kind", Exposure)
def test_the_certificate_holds_the_name_in_the_address_that_the_stack_is_given(
    kind: Exposure,
) -> None:
    deployment = deployed(exposure=exposed(kind))
    found = re.fullmatch(r"https://([^:/]+)(:8200)?", deployment.address)
    assert found
    assert found[1] in hosts(Layout.of(deployment, 3))


def test_without_a_host_name_the_certificate_is_valid_inside_only() -> None:
    inside = ("vault-", "vault", "localhost")
    assert all(name.startswith(inside) for name in hosts(LAYOUT))
    assert "vault.example.com" not in hosts(LAYOUT)


def test_no_name_is_there_twice() -> None:
    assert len(hosts(LAYOUT)) == len(LAYOUT.certificate_names)


def test_the_leader_is_called_by_its_service_and_the_certificate_knows_it() -> None:
    assert LAYOUT.active_address == "https://vault-active.vault.svc.cluster.local:8200"
    assert LAYOUT.service_host(names.ACTIVE) in hosts(LAYOUT)


def test_namespace_and_domain_are_the_settings() -> None:
    kubernetes = KubernetesSettings(None, "c", "secrets", "k8s.example.com")
    layout = Layout.of(deployed(kubernetes=kubernetes), 1)
    assert layout.active_address == "https://vault-active.secrets.svc.k8s.example.com:8200"
    assert "vault-0.vault-internal.secrets.svc.k8s.example.com" in hosts(layout)


def test_a_given_secret_is_used_and_an_own_one_is_named_otherwise() -> None:
    given = deployed(certificate=CertificateSettings(None, "theirs"))
    assert Layout.of(given, 3).certificate_secret == "theirs"
    assert LAYOUT.certificate_secret == names.OWN_CERTIFICATE_SECRET


def test_every_object_is_selected_by_what_it_is_labelled_with() -> None:
    assert names.SELECTOR.items() <= names.LABELS.items()
    assert MANAGED.items() <= names.LABELS.items()
