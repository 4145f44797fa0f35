"""A server's configuration in a pod: the same for all, over TLS only, and only what is meant."""

from __future__ import annotations

import dataclasses
import re

import pytest

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.cluster.pod_config import (
    AUDIT_FILE,
    CA_FILE,
    CERTIFICATE,
    CONFIG_FILE,
    METRICS_CA_FILE,
    server_config,
)
from components.cluster.server_config import (
    FileStorage,
    MetricsListener,
    RaftStorage,
    ServerConfig,
    render,
)
from components.settings import DeploymentSettings
from policies.lifetime import Duration
from tests.components.cluster.deployments import (
    ALONE,
    AWS,
    DEPLOYMENT,
    LAYOUT,
    LIMITS,
    ONE,
    THREE,
    deployed,
)
from tests.components.telemetry import TELEMETRY

KEY = "alias/vault-staging-seal"


def of_raft(
    deployment: DeploymentSettings = DEPLOYMENT, layout: Layout = LAYOUT, kms_key: str | None = KEY
) -> ServerConfig:
    return server_config(deployment, LIMITS, layout, cluster=THREE, kms_key=kms_key)


def of_one() -> ServerConfig:
    return server_config(deployed(aws=None), LIMITS, ALONE, cluster=ONE, kms_key=None)


def test_a_cluster_of_raft_sealed_by_kms_reads_like_this() -> None:
    first = "vault-0.vault-internal"
    assert render(of_raft(layout=ALONE)) == (
        'api_addr = "https://vault-active.vault.svc.cluster.local:8200"\n'
        "ui = true\n"
        "disable_mlock = true\n"
        'log_format = "json"\n'
        'default_lease_ttl = "1h"\n'
        'max_lease_ttl = "768h"\n'
        "\n"
        'storage "raft" {\n'
        '  path = "/vault/data"\n'
        "  performance_multiplier = 1\n"
        '  autopilot_reconcile_interval = "10s"\n'
        '  autopilot_update_interval = "2000ms"\n'
        "  retry_join {\n"
        f'    leader_api_addr = "https://{first}:8200"\n'
        '    leader_ca_cert_file = "/vault/tls/ca.crt"\n'
        f'    leader_tls_servername = "{first}"\n'
        "  }\n"
        "}\n"
        "\n"
        'listener "tcp" {\n'
        '  address = "0.0.0.0:8200"\n'
        '  cluster_address = "0.0.0.0:8201"\n'
        '  tls_cert_file = "/vault/tls/tls.crt"\n'
        '  tls_key_file = "/vault/tls/tls.key"\n'
        '  tls_min_version = "tls12"\n'
        "}\n"
        "\n"
        'seal "awskms" {\n'
        '  region = "eu-west-1"\n'
        f'  kms_key_id = "{KEY}"\n'
        "}\n"
        "\n"
        "telemetry {\n"
        '  prometheus_retention_time = "5m"\n'
        "  disable_hostname = true\n"
        "}\n"
        "\n"
        'service_registration "kubernetes" {\n'
        "}\n"
    )


def test_one_server_on_files_has_no_peers_no_seal_and_labels_nothing() -> None:
    config = of_one()
    assert config.storage == FileStorage("/vault/data")
    text = render(config)
    for absent in ("retry_join", "seal", "service_registration", "raft"):
        assert absent not in text
    assert "tls_cert_file" in text
    assert "tls_disable" not in text


@pytest.mark.parametrize("servers", [3, 5])
def test_every_server_is_joined_over_tls_by_a_name_that_its_certificate_holds(
    servers: int,
) -> None:
    layout = Layout.of(DEPLOYMENT, servers)
    storage = of_raft(layout=layout).storage
    assert isinstance(storage, RaftStorage)
    assert len(storage.peers) == servers
    for pod, peer in zip(layout.pods, storage.peers, strict=True):
        found = re.fullmatch(r"https://(.+):8200", peer.api_address)
        assert found
        assert found[1] == peer.server_name == Layout.peer_host(pod)
        assert peer.server_name in layout.certificate_names
        assert peer.ca_cert_file == CA_FILE


def test_clients_are_redirected_to_a_name_that_the_certificate_holds() -> None:
    for config, layout in ((of_raft(), LAYOUT), (of_one(), ALONE)):
        assert config.api_addr
        host = config.api_addr.removeprefix("https://").removesuffix(":8200")
        assert host in layout.certificate_names


def test_nothing_in_it_is_one_servers_own() -> None:
    """Node and address come from each pod's environment; here they would be the same for all."""
    text = render(of_raft())
    for own in ("node_id", "cluster_addr =", "VAULT_"):
        assert own not in text


def test_voters_are_made_as_often_as_the_settings_say() -> None:
    cluster = dataclasses.replace(THREE, reconcile_interval=Duration.parse("3s"))
    config = server_config(DEPLOYMENT, LIMITS, LAYOUT, cluster=cluster, kms_key=KEY)
    assert isinstance(config.storage, RaftStorage)
    assert config.storage.reconcile_interval == cluster.reconcile_interval


def test_kms_is_asked_where_the_settings_say() -> None:
    private = dataclasses.replace(AWS, kms_endpoint="https://kms.vpce.example.com")
    seal = of_raft(deployed(aws=private)).seal
    assert seal is not None
    assert (seal.key_id, seal.region) == (KEY, "eu-west-1")
    assert seal.endpoint == "https://kms.vpce.example.com"


def test_without_a_key_it_is_sealed_by_shares() -> None:
    assert of_raft(kms_key=None).seal is None
    assert of_raft(deployed(aws=None)).seal is None


def test_files_are_where_the_pod_has_them() -> None:
    assert CONFIG_FILE.startswith(f"{names.CONFIG}/")
    assert AUDIT_FILE.startswith(f"{names.AUDIT}/")
    for file in (CERTIFICATE.certificate, CERTIFICATE.key, CA_FILE):
        assert file.startswith(f"{names.TLS}/")
    # As cert-manager, and every Secret of type kubernetes.io/tls, names them.
    assert {CERTIFICATE.certificate, CERTIFICATE.key} == {
        "/vault/tls/tls.crt",
        "/vault/tls/tls.key",
    }


def test_watched_servers_listen_for_prometheus_and_remember_what_is_counted_rarely() -> None:
    config = server_config(
        DEPLOYMENT, LIMITS, LAYOUT, cluster=THREE, kms_key=KEY, telemetry=TELEMETRY
    )
    assert config.metrics == MetricsListener(
        "0.0.0.0:8203", "127.0.0.1:8204", CERTIFICATE, METRICS_CA_FILE
    )
    assert config.telemetry
    assert config.telemetry.usage_interval == TELEMETRY.usage_interval
    assert config.telemetry.retention > TELEMETRY.usage_interval
    assert of_raft().metrics is None
