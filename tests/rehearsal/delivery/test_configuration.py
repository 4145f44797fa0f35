"""The whole text, as the injector of version 1.7.6 writes it: what is not here is not in it."""

from __future__ import annotations

from rehearsal.delivery.configuration import Mode, configuration
from rehearsal.delivery.injector import Injector
from tests.rehearsal.delivery.made import ADDRESS, API_TOKEN, TEMPLATE, injection

SIDECAR = {
    "auto_auth": {
        "method": {
            "type": "kubernetes",
            "mount_path": "auth/kubernetes",
            "config": {"role": "kubesentiment", "token_path": f"{API_TOKEN}/token"},
        },
        "sink": [{"type": "file", "config": {"path": "/home/vault/.vault-token"}}],
    },
    "exit_after_auth": False,
    "pid_file": "/home/vault/.pid",
    "vault": {"address": ADDRESS},
    "template": [
        {
            "destination": "/vault/secrets/config",
            "contents": TEMPLATE,
            "left_delimiter": "{{",
            "right_delimiter": "}}",
        }
    ],
    "template_config": {"exit_on_retry_failure": True},
}


def test_the_decision_records_pod() -> None:
    assert configuration(injection(), Mode.SIDECAR) == SIDECAR
    assert configuration(injection(), Mode.INIT) == {**SIDECAR, "exit_after_auth": True}


def test_everything_that_can_be_said() -> None:
    config = configuration(
        injection(
            Injector(ADDRESS, namespace="ns", disable_idle_connections="auto-auth,templating"),
            ca_cert="/vault/tls/ca.crt",
            ca_key="/vault/tls/cas",
            client_cert="/vault/tls/c.crt",
            client_key="/vault/tls/c.key",
            tls_server_name="vault",
            tls_skip_verify="true",
            auth_min_backoff="1s",
            auth_max_backoff="1m",
            agent_auto_auth_exit_on_err="true",
            agent_inject_token="true",
            agent_inject_command_config="touch /x",
            agent_inject_perms_config="0440",
            error_on_missing_key_config="true",
            template_config_exit_on_retry_failure="false",
            template_static_secret_render_interval="30s",
            template_max_connections_per_host="5",
            template_lease_renewal_threshold="0.7",
            agent_disable_keep_alives="caching",
        ),
        Mode.SIDECAR,
    )
    assert config["vault"] == {
        "address": ADDRESS,
        "ca_cert": "/vault/tls/ca.crt",
        "ca_path": "/vault/tls/cas",
        "client_cert": "/vault/tls/c.crt",
        "client_key": "/vault/tls/c.key",
        "tls_server_name": "vault",
        "tls_skip_verify": True,
    }
    method = config["auto_auth"]["method"]
    assert (method["namespace"], method["exit_on_err"]) == ("ns", True)
    assert (method["min_backoff"], method["max_backoff"]) == ("1s", "1m")
    assert config["auto_auth"]["sink"][1]["config"] == {"path": "/vault/secrets/token"}
    (template,) = config["template"]
    assert (template["command"], template["perms"]) == ("touch /x", "0440")
    assert template["error_on_missing_key"] is True
    assert config["template_config"] == {
        "exit_on_retry_failure": False,
        "static_secret_render_interval": "30s",
        "max_connections_per_host": 5,
        "lease_renewal_threshold": 0.7,
    }
    assert config["disable_idle_connections"] == ["auto-auth", "templating"]
    assert config["disable_keep_alives"] == ["caching"]


def test_a_persistent_cache_is_in_both_containers() -> None:
    made = injection(agent_cache_enable="true", agent_cache_use_auto_auth_token="false")
    for mode in Mode:
        config = configuration(made, mode)
        assert config["listener"] == [
            {"type": "tcp", "address": "127.0.0.1:8200", "tls_disable": True}
        ]
        assert config["cache"] == {
            "use_auto_auth_token": "false",
            "persist": {"type": "kubernetes", "path": "/vault/agent-cache"},
        }


def test_a_cache_in_memory_is_the_sidecars_alone() -> None:
    made = injection(agent_cache_enable="true", agent_pre_populate="false")
    assert configuration(made, Mode.SIDECAR)["cache"] == {"use_auto_auth_token": "true"}
    assert "cache" not in configuration(made, Mode.INIT)
    assert "listener" not in configuration(made, Mode.INIT)


def test_who_may_end_the_agent_needs_a_listener_and_so_an_empty_cache() -> None:
    config = configuration(injection(agent_enable_quit="true"), Mode.INIT)
    (listener,) = config["listener"]
    assert listener["agent_api"] == {"enable_quit": True}
    assert config["cache"] == {}
