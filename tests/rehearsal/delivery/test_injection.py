from __future__ import annotations

import pytest

from rehearsal.delivery.annotations import PREFIX
from rehearsal.delivery.injection import Cache, inject
from rehearsal.delivery.injector import Injector
from rehearsal.errors import RehearsalError
from tests.rehearsal.delivery.made import ADDRESS, API_TOKEN, SEEDS, TEMPLATE, injection, pod


def test_the_decision_records_pod() -> None:
    found = injection()
    assert found.account == ("kubesentiment-dev", "kubesentiment")
    assert found.login.config == {"role": "kubesentiment", "token_path": f"{API_TOKEN}/token"}
    assert (found.login.mount, found.connection.address) == ("auth/kubernetes", ADDRESS)
    (file,) = found.files
    assert (file.destination, file.template) == ("/vault/secrets/config", TEMPLATE)
    assert (found.has_init, found.has_sidecar, found.cache) == (True, True, None)
    assert found.environment == {"VAULT_LOG_LEVEL": "info", "VAULT_LOG_FORMAT": "standard"}
    assert found.rendering.exit_on_retry_failure


def test_what_the_injector_was_told_holds_where_the_pod_says_nothing() -> None:
    told = Injector(
        ADDRESS,
        ca_pem="PEM",
        auth_path="auth/x",
        static_secret_render_interval="30s",
        exit_on_retry_failure=False,
        max_connections_per_host=4,
        disable_keep_alives="templating",
    )
    found = injection(told)
    assert found.login.mount == "auth/x"
    assert found.environment["VAULT_CACERT_BYTES"] == "PEM"
    assert found.rendering.static_secret_render_interval == "30s"
    assert not found.rendering.exit_on_retry_failure
    assert found.rendering.max_connections_per_host == 4
    assert found.disable_keep_alives == ("templating",)
    assert "PEM" not in repr(found.connection)


def test_the_pod_overrules_the_injector() -> None:
    told = Injector(ADDRESS, auth_path="auth/x", static_secret_render_interval="30s")
    found = injection(
        told,
        auth_path="auth/y",
        service="https://other:8200",
        template_static_secret_render_interval="5s",
        template_config_exit_on_retry_failure="false",
        template_lease_renewal_threshold="0.5",
        auth_config_token_path="/elsewhere",
        client_timeout="5",
        client_max_retries="1",
        go_max_procs="1",
        log_level="debug",
        tls_server_name="vault",
        ca_cert="/vault/tls/ca.crt",
        tls_secret="vault-ca",
        auth_min_backoff="1s",
        auth_max_backoff="1m",
        agent_auto_auth_exit_on_err="true",
        agent_inject_token="true",
    )
    assert (found.login.mount, found.connection.address) == ("auth/y", "https://other:8200")
    assert found.login.config["token_path"] == "/elsewhere"
    assert (found.login.min_backoff, found.login.max_backoff) == ("1s", "1m")
    assert found.login.exit_on_error
    assert found.rendering.static_secret_render_interval == "5s"
    assert found.rendering.lease_renewal_threshold == 0.5
    assert not found.rendering.exit_on_retry_failure
    assert found.connection.ca_cert == "/vault/tls/ca.crt"
    assert (found.connection.tls_secret, found.connection.tls_server_name) == ("vault-ca", "vault")
    assert found.token_sink == "/vault/secrets/token"
    assert found.environment == {
        "VAULT_CLIENT_TIMEOUT": "5",
        "VAULT_MAX_RETRIES": "1",
        "GOMAXPROCS": "1",
        "VAULT_LOG_LEVEL": "debug",
        "VAULT_LOG_FORMAT": "standard",
    }


@pytest.mark.parametrize(
    ("said", "cache", "containers"),
    [
        ({"agent_cache_enable": "true"}, Cache(True, 8200, "true", False), (True, True)),
        (
            {"agent_cache_enable": "true", "agent_pre_populate": "false"},
            Cache(False, 8200, "true", False),
            (False, True),
        ),
        ({"agent_cache_enable": "true", "agent_pre_populate_only": "true"}, None, (True, False)),
        (
            {
                "agent_cache_enable": "true",
                "agent_cache_use_auto_auth_token": "force",
                "agent_cache_listener_port": "8300",
                "agent_cache_exit_on_err": "true",
            },
            Cache(True, 8300, "force", True),
            (True, True),
        ),
    ],
)
def test_the_cache_is_handed_on_only_from_one_container_to_the_next(
    said: dict[str, str], cache: Cache | None, containers: tuple[bool, bool]
) -> None:
    found = injection(**said)
    assert found.cache == cache
    assert (found.has_init, found.has_sidecar) == containers


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"agent_inject": "false"}, r"agent-inject: the injector leaves a pod alone"),
        ({"agent_inject_status": "injected"}, r"agent-inject-status"),
        ({"role": ""}, r"/role: the injector refuses a pod that names no role"),
        ({"auth_type": "approle"}, r"auth-type: 'approle'"),
        ({"agent_pre_populate": "false", "agent_pre_populate_only": "true"}, r"no container of"),
        ({"agent_configmap": "mine"}, r"agent-configmap: it is not known here"),
        ({"agent_telemetry_statsd_address": "x"}, r"agent-telemetry-statsd-address: it is not"),
        ({"agent_extra_secret": "x"}, r"agent-extra-secret"),
        ({"agent_injekt_perms_config": "0400"}, r"agent-injekt-perms-config"),
        ({"agent_revoke_on_shutdown": "true"}, r"agent-revoke-on-shutdown"),
    ],
)
def test_what_is_not_translated_is_an_error(said: dict[str, str], error: str) -> None:
    with pytest.raises(RehearsalError, match=error):
        injection(**said)


def test_a_pod_that_does_not_ask_is_left_alone() -> None:
    with pytest.raises(RehearsalError, match='does not say "true"'):
        inject(pod({f"{PREFIX}role": "x"}), Injector(ADDRESS))
    with pytest.raises(RehearsalError, match='does not say "true"'):
        inject(pod({**SEEDS, f"{PREFIX}agent-inject": ""}), Injector(ADDRESS))
