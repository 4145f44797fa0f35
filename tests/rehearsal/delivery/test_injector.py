from __future__ import annotations

import pytest

from rehearsal.delivery.injector import Injector
from rehearsal.errors import RehearsalError

VAULT = {"AGENT_INJECT_VAULT_ADDR": "https://vault:8200"}


def test_what_is_not_said_is_the_injectors_own() -> None:
    assert Injector.of(VAULT) == Injector("https://vault:8200")


def test_what_is_said() -> None:
    found = Injector.of(
        {
            **VAULT,
            "AGENT_INJECT_VAULT_CACERT_BYTES": "PEM",
            "AGENT_INJECT_VAULT_AUTH_PATH": "auth/other",
            "AGENT_INJECT_VAULT_IMAGE": "vault:1.21.0",
            "AGENT_INJECT_DEFAULT_TEMPLATE": "json",
            "AGENT_INJECT_TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE": "false",
            "AGENT_INJECT_TEMPLATE_MAX_CONNECTIONS_PER_HOST": "3",
            "AGENT_INJECT_RUN_AS_USER": "7",
            "AGENT_INJECT_CPU_LIMIT": "1",
            "AGENT_INJECT_EPHEMERAL_REQUEST": "8Mi",
            # Of the webhook itself.
            "AGENT_INJECT_LISTEN": ":8080",
            "AGENT_INJECT_TLS_CERT_FILE": "/tls/tls.crt",
            "PATH": "/bin",
        }
    )
    assert (found.ca_pem, found.auth_path, found.image) == ("PEM", "auth/other", "vault:1.21.0")
    assert (found.default_template, found.exit_on_retry_failure) == ("json", False)
    assert (found.max_connections_per_host, found.user) == (3, "7")
    assert found.sizes == {
        "requests-cpu": "250m",
        "requests-mem": "64Mi",
        "limits-cpu": "1",
        "limits-mem": "128Mi",
        "requests-ephemeral": "8Mi",
    }
    assert "PEM" not in repr(found)


@pytest.mark.parametrize(
    ("variable", "error"),
    [
        ("AGENT_INJECT_VAULT_ADRESS", r"AGENT_INJECT_VAULT_ADRESS: vault-k8s 1.7.6 knows no such"),
        ("AGENT_INJECT_TEMPLATE_LEASE_RENEWAL_THRESHOLD", r"reads it and forgets it; set the"),
    ],
)
def test_what_would_be_lost_is_refused(variable: str, error: str) -> None:
    with pytest.raises(RehearsalError, match=error):
        Injector.of({**VAULT, variable: "0.5"})


def test_it_must_know_where_vault_is() -> None:
    with pytest.raises(RehearsalError, match="AGENT_INJECT_VAULT_ADDR"):
        Injector.of({})
