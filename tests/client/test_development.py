from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vaultstack_client import development, sources
from vaultstack_client.development import ASKED, DevelopmentSources, asked_for
from vaultstack_client.errors import ConfigurationError
from vaultstack_client.groups import Group, UnknownGroup
from vaultstack_client.sources import Origin

GROUPS = [
    Group("api", "media-catalog/api", ("jwt_secret",), ("jwt_secret_previous",)),
    Group("external", "media-catalog/external", ("tmdb_api_key",)),
]
VALUES = {
    "api": {"jwt_secret": "dev-jwt-secret-key-not-for-production"},
    "external": {"tmdb_api_key": "dev-tmdb-api-key"},
}
LAPTOP = {ASKED: "yes", "HOME": "/home/someone", "PATH": "/bin", "ENVIRONMENT": "dev"}


@pytest.fixture
def no_account(tmp_path: Path) -> Path:
    return tmp_path / "serviceaccount"


def build(
    no_account: Path,
    environ: dict[str, str] = LAPTOP,
    environment: str = "dev",
    values: dict[str, dict[str, str]] = VALUES,
) -> DevelopmentSources:
    return DevelopmentSources(
        GROUPS, values, environment=environment, environ=environ, service_account=no_account
    )


def test_on_a_developers_machine(no_account: Path, caplog: pytest.LogCaptureFixture) -> None:
    given = build(no_account)
    given.check()
    api = given.get("api")
    assert (api.origin, api["jwt_secret"]) == (Origin.DEVELOPMENT, VALUES["api"]["jwt_secret"])
    assert api.get("jwt_secret_previous") is None
    assert given.status().origins == dict.fromkeys(("api", "external"), Origin.DEVELOPMENT)
    assert caplog.messages == ["development values are used for api, external: no Vault is asked"]
    assert "dev-jwt" not in f"{api!r} {given!r} {given.status()!r} {caplog.text}"
    with pytest.raises(UnknownGroup):
        given.get("database")


@pytest.mark.parametrize("answer", [None, "", "no", "1", "true", "Yes", "yes ", "YES"])
def test_guard_somebody_must_ask(no_account: Path, answer: str | None) -> None:
    environ = {name: value for name, value in LAPTOP.items() if name != ASKED}
    if answer is not None:
        environ[ASKED] = answer
        with pytest.raises(ConfigurationError, match="must be 'yes' or not set"):
            asked_for(environ)
    else:
        assert not asked_for(environ)
    with pytest.raises(ConfigurationError, match=ASKED):
        build(no_account, environ)


@pytest.mark.parametrize("environment", ["prod", "staging", "production", "", "DEV", "development"])
def test_guard_the_environment_is_dev(no_account: Path, environment: str) -> None:
    with pytest.raises(ConfigurationError, match=f"the environment is '{environment}', not 'dev'"):
        build(no_account, environment=environment)


@pytest.mark.parametrize(
    "variable",
    [
        "VAULT_ADDR",
        "VAULT_URL",
        "VAULT_TOKEN",
        "VAULT_ROLE",
        "VAULT_CACERT",
        "VAULT_ENABLED_SECRETS",
        "VAULT_ENABLED_SECRETS_FILE",
    ],
)
@pytest.mark.parametrize("value", ["", "value"])
def test_guard_no_vault_is_configured(no_account: Path, variable: str, value: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"a Vault is configured \({variable}\)"
    ) as caught:
        build(no_account, LAPTOP | {variable: value})
    assert "value)" not in str(caught.value)


def test_guard_no_service_account(no_account: Path, tmp_path: Path) -> None:
    no_account.mkdir()
    with pytest.raises(ConfigurationError, match="there is a Kubernetes service account"):
        build(no_account)
    no_account.rmdir()
    no_account.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="there is a Kubernetes service account"):
        build(no_account)


def test_the_service_account_is_looked_for_where_kubernetes_mounts_it() -> None:
    assert str(development.SERVICE_ACCOUNT) == "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.mark.parametrize(
    "variable",
    [
        "KUBERNETES_SERVICE_HOST",
        "ECS_CONTAINER_METADATA_URI_V4",
        "AWS_LAMBDA_FUNCTION_NAME",
        "K_SERVICE",
        "WEBSITE_INSTANCE_ID",
        "NOMAD_ALLOC_ID",
    ],
)
def test_guard_no_platform_of_deployments(no_account: Path, variable: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        build(no_account, LAPTOP | {variable: "10.0.0.1"})


def test_every_reason_is_told_at_once(no_account: Path) -> None:
    no_account.mkdir()
    environ = {"VAULT_ADDR": "https://vault:8200", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    with pytest.raises(ConfigurationError) as caught:
        build(no_account, environ, "prod")
    assert str(caught.value) == (
        "VAULT_DEVELOPMENT_VALUES: development values must stay on a developer's machine, and "
        "nobody asked for them by VAULT_DEVELOPMENT_VALUES=yes; the environment is 'prod', not "
        f"'dev'; a Vault is configured (VAULT_ADDR); there is a Kubernetes service account "
        f"({no_account}); this is Kubernetes (KUBERNETES_SERVICE_HOST). Unset "
        "VAULT_DEVELOPMENT_VALUES and let the secrets come from Vault"
    )


def test_the_guards_hold_in_an_optimised_process() -> None:
    """`python -OO` drops every assert."""
    program = (
        "from vaultstack_client.development import DevelopmentSources as S\n"
        "from vaultstack_client.errors import ConfigurationError as E\n"
        "try:\n    S([], {}, environment='prod')\n"
        "except E as error:\n    print('refused', error)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-OO", "-c", program],
        env={**os.environ, ASKED: "yes"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert finished.stdout.startswith("refused")


def test_no_error_of_vault_can_lead_here() -> None:
    """What reads from Vault knows nothing of these values, and what holds them of no client."""
    assert "development" not in vars(sources)
    assert not any("client" in name for name in DevelopmentSources.__init__.__annotations__)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"api": VALUES["api"]}, "'tmdb_api_key' of the group 'external': must be given"),
        (VALUES | {"api": {}}, "'jwt_secret' of the group 'api': must be given"),
        (VALUES | {"api": VALUES["api"] | {"jwt": "x"}}, "'jwt' of the group 'api': must be a key"),
        (VALUES | {"database": {}}, "group 'database': must be declared"),
    ],
)
def test_values_fit_the_groups(
    no_account: Path, values: dict[str, dict[str, str]], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        build(no_account, values=values)
