"""The server configuration is HCL that says what was meant, whatever the values hold."""

from __future__ import annotations

import dataclasses

import pytest

from components.cluster.server_config import (
    AwsKmsSeal,
    FileStorage,
    Listener,
    LogFormat,
    MetricsListener,
    Peer,
    RaftStorage,
    ServerConfig,
    Telemetry,
    TlsFiles,
    render,
    server_environment,
)
from policies.lifetime import Duration

PLAIN = ServerConfig(
    listener=Listener("127.0.0.1:8200", None),
    storage=FileStorage("/vault/data"),
    api_addr="http://127.0.0.1:8200",
)


def test_dev_is_one_server_on_files_without_tls() -> None:
    assert render(PLAIN) == (
        'api_addr = "http://127.0.0.1:8200"\n'
        "ui = true\n"
        "disable_mlock = true\n"
        'log_format = "json"\n'
        "\n"
        'storage "file" {\n'
        '  path = "/vault/data"\n'
        "}\n"
        "\n"
        'listener "tcp" {\n'
        '  address = "127.0.0.1:8200"\n'
        "  tls_disable = true\n"
        "}\n"
    )


def test_tls_is_on_where_there_are_files() -> None:
    tls = TlsFiles("/tls/tls.crt", "/tls/tls.key")
    text = render(dataclasses.replace(PLAIN, listener=Listener("0.0.0.0:8200", tls)))
    assert "tls_disable" not in text
    assert '  tls_cert_file = "/tls/tls.crt"\n' in text
    assert '  tls_key_file = "/tls/tls.key"\n' in text
    assert '  tls_min_version = "tls12"\n' in text


def test_flags_are_hcls() -> None:
    text = render(dataclasses.replace(PLAIN, ui=False, log_format=LogFormat.STANDARD))
    assert "\nui = false\n" in text
    assert '\nlog_format = "standard"\n' in text


def test_no_value_can_leave_its_string() -> None:
    text = render(dataclasses.replace(PLAIN, storage=FileStorage('/a"\n${b}')))
    assert '  path = "/a\\"\\n$${b}"\n' in text


PEERS = (
    Peer("https://vault-1.vault-internal:8200", "/tls/ca.crt", "vault-1.vault-internal"),
    Peer("https://vault-2.vault-internal:8200", "/tls/ca.crt", "vault-2.vault-internal"),
)
CLUSTER = ServerConfig(
    listener=Listener(
        "[::]:8200", TlsFiles("/tls/tls.crt", "/tls/tls.key"), cluster_address="[::]:8201"
    ),
    storage=RaftStorage("/vault/data", PEERS),
    seal=AwsKmsSeal("alias/vault", "eu-west-1"),
    telemetry=Telemetry(Duration.parse("12h")),
    kubernetes_registration=True,
)


def test_a_cluster_is_raft_with_peers_over_tls_and_a_kms_seal() -> None:
    assert render(CLUSTER) == (
        "ui = true\n"
        "disable_mlock = true\n"
        'log_format = "json"\n'
        "\n"
        'storage "raft" {\n'
        '  path = "/vault/data"\n'
        "  performance_multiplier = 1\n"
        '  autopilot_reconcile_interval = "10s"\n'
        '  autopilot_update_interval = "2000ms"\n'
        "  retry_join {\n"
        '    leader_api_addr = "https://vault-1.vault-internal:8200"\n'
        '    leader_ca_cert_file = "/tls/ca.crt"\n'
        '    leader_tls_servername = "vault-1.vault-internal"\n'
        "  }\n"
        "  retry_join {\n"
        '    leader_api_addr = "https://vault-2.vault-internal:8200"\n'
        '    leader_ca_cert_file = "/tls/ca.crt"\n'
        '    leader_tls_servername = "vault-2.vault-internal"\n'
        "  }\n"
        "}\n"
        "\n"
        'listener "tcp" {\n'
        '  address = "[::]:8200"\n'
        '  cluster_address = "[::]:8201"\n'
        '  tls_cert_file = "/tls/tls.crt"\n'
        '  tls_key_file = "/tls/tls.key"\n'
        '  tls_min_version = "tls12"\n'
        "}\n"
        "\n"
        'seal "awskms" {\n'
        '  region = "eu-west-1"\n'
        '  kms_key_id = "alias/vault"\n'
        "}\n"
        "\n"
        "telemetry {\n"
        '  prometheus_retention_time = "12h"\n'
        "  disable_hostname = true\n"
        "}\n"
        "\n"
        'service_registration "kubernetes" {\n'
        "}\n"
    )


def test_another_kms_and_a_quicker_autopilot_are_said() -> None:
    storage = RaftStorage("/d", (), reconcile_interval=Duration(3))
    seal = AwsKmsSeal("key", "eu-west-1", "http://127.0.0.1:1")
    text = render(dataclasses.replace(CLUSTER, storage=storage, seal=seal))
    assert '  autopilot_reconcile_interval = "3s"\n' in text
    assert '  autopilot_update_interval = "600ms"\n' in text
    assert '  endpoint = "http://127.0.0.1:1"\n' in text
    assert "endpoint" not in render(CLUSTER)


def test_metrics_are_shown_to_a_certificate_and_never_to_just_anybody() -> None:
    shown = MetricsListener("0.0.0.0:8203", "127.0.0.1:8204", TlsFiles("/c", "/k"), "/ca")
    text = render(dataclasses.replace(CLUSTER, metrics=shown))
    assert (
        'listener "tcp" {\n'
        '  address = "0.0.0.0:8203"\n'
        '  cluster_address = "127.0.0.1:8204"\n'
        '  tls_cert_file = "/c"\n'
        '  tls_key_file = "/k"\n'
        '  tls_min_version = "tls12"\n'
        '  tls_client_ca_file = "/ca"\n'
        "  tls_require_and_verify_client_cert = true\n"
        "  telemetry {\n"
        "    unauthenticated_metrics_access = true\n"
        "  }\n"
        "}\n"
    ) in text
    # The API's own listener shows none without a token.
    assert text.count("unauthenticated") == 1
    assert "unauthenticated" not in render(CLUSTER)


def test_how_often_tokens_are_counted_is_said_where_it_is_not_vaults_own() -> None:
    often = Telemetry(Duration.parse("12h"), Duration.parse("1m"))
    text = render(dataclasses.replace(CLUSTER, telemetry=often))
    assert '  usage_gauge_period = "1m"\n' in text
    assert "usage_gauge_period" not in render(CLUSTER)


@pytest.mark.parametrize("multiplier", [0, 11, -1])
def test_raft_timers_that_vault_would_refuse_cannot_be_written(multiplier: int) -> None:
    with pytest.raises(ValueError, match=r"performance_multiplier .*must be from 1 to 10; write 1"):
        RaftStorage("/d", (), performance_multiplier=multiplier)


def test_each_server_is_told_its_own_name_and_addresses_by_its_environment() -> None:
    assert server_environment(
        node_id="vault-0", api_address="https://a:8200", cluster_address="https://a:8201"
    ) == {
        "VAULT_RAFT_NODE_ID": "vault-0",
        "VAULT_API_ADDR": "https://a:8200",
        "VAULT_CLUSTER_ADDR": "https://a:8201",
    }
