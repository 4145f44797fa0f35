"""What the secrets engines may be told: every rule with its message, and what the right values
become.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from components.settings import NAMESPACE, PkiSettings, TlsMode, VaultSettings
from components.settings.loading_engines import (
    read_aws,
    read_azure,
    read_database,
    read_gcp,
    read_pki,
)
from components.settings.reader import ConfigReader
from policies.environments import Environment
from policies.lifetime import Duration
from policies.matrix import MATRIX
from tests.components.settings.loader import ADDRESS, Gist, Loader, existing, text_of
from tests.recording import Runner

RULES: Final[Mapping[str, Gist]] = {
    "one version": ("dev", {"kvMaxVersions": 1}, "kvMaxVersions", "from 2 to 1000, is 1"),
    "a port too far": ("dev", {"databasePort": 65536}, "databasePort", "from 1 to 65535"),
    "an unknown TLS mode": (
        "dev",
        {"databaseTls": "prefer"},
        "databaseTls",
        "one of disable, require, verify-ca, verify-full",
    ),
    "a database in clear in staging": (
        "staging",
        {"databaseTls": "disable"},
        "databaseTls",
        "must verify the server in staging, 'disable' does not: issued passwords travel over it",
    ),
    "a database in clear in prod": (
        "prod",
        {"databaseTls": "disable"},
        "databaseTls",
        "must verify the server in prod, 'disable' does not",
    ),
    "a database whose server is not verified": (
        "prod",
        {"databaseTls": "require"},
        "databaseTls",
        (
            "must verify the server in prod, 'require' does not: issued passwords travel over it; "
            "fix: pulumi config set vaultstack:databaseTls verify-full"
        ),
    ),
    **{
        f"awsEndpoint over http in {environment}": (
            environment,
            {"awsEndpoint": "http://10.0.0.1:8080"},
            "awsEndpoint",
            (
                "must be https: tokens or secrets travel over it; is 'http://10.0.0.1:8080'; "
                "fix: pulumi config set vaultstack:awsEndpoint https://<host>:<port>"
            ),
        )
        for environment in ("staging", "prod")
    },
    "a shared administrator rotated": (
        "prod",
        {"databaseUsername": "vault"},
        "databaseUsername",
        "must hold '{database}' where databaseRotateRoot is true",
    ),
    "an ARN that is a list": ("dev", {"awsRoleArns": {"a": ["b"]}}, "awsRoleArns", "of strings"),
    "Azure without a tenant": (
        "dev",
        {"azureSubscriptionId": "s"},
        "azureTenantId",
        "is needed with azureSubscriptionId",
    ),
    "a CA that outlives its root": (
        "dev",
        {"pkiIntermediateTtl": "87601h"},
        "pkiIntermediateTtl",
        "must not outlive the root CA: 87601h is above pkiRootTtl, 87600h",
    ),
    "a root shorter than its CA": (
        "dev",
        {"pkiRootTtl": "1000h"},
        "pkiIntermediateTtl",
        "must not outlive the root CA: 26280h is above pkiRootTtl, 1000h",
    ),
    "a CA's lifetime without a unit": (
        "dev",
        {"pkiIntermediateTtl": "3y"},
        "pkiIntermediateTtl",
        "must be a duration with its unit, is '3y'",
    ),
    "a root's lifetime without a unit": ("dev", {"pkiRootTtl": "10"}, "pkiRootTtl", "is '10'"),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_one_problem_with_its_key_and_fix(loaded: Loader, name: str) -> None:
    environment, changed, key, rule = RULES[name]
    (problem,) = loaded.problems(environment, None, **changed)
    assert problem.startswith(f"vaultstack:{key}: ")
    assert rule in problem
    assert re.search(r"; fix: .+", problem)


@pytest.mark.parametrize(
    ("given", "missing"),
    [("awsAccessKeyId", "awsSecretAccessKey"), ("awsSecretAccessKey", "awsAccessKeyId")],
)
def test_half_of_an_aws_key_alone_is_refused(loaded: Loader, given: str, missing: str) -> None:
    (problem,) = loaded.problems("dev", {given: "hidden-value"})
    assert problem.startswith(f"vaultstack:{missing}: ")
    assert f"fix: pulumi config set --secret vaultstack:{missing}" in problem
    assert "is missing while the other half of Vault's AWS key is given" in problem
    assert "hidden-value" not in problem


@pytest.mark.parametrize("host", ["localhost.example", "127.0.0.1.example", "localhost@example"])
def test_what_only_looks_like_loopback_is_refused(loaded: Loader, host: str) -> None:
    (problem,) = loaded.problems("prod", awsEndpoint=f"http://{host}")
    assert problem.startswith("vaultstack:awsEndpoint: must be https: ")


OFF: Final[Mapping[str, tuple[Callable[[ConfigReader], object], Mapping[str, object], str]]] = {
    # name: (what reads it, what is changed, the key that is wrong)
    "database": (
        lambda read: read_database(read, Environment.DEV),
        {"databaseHost": "", "databasePort": 0},
        "databasePort",
    ),
    "AWS": (
        lambda read: read_aws(read, Environment.DEV, "eu-west-1"),
        {"awsEngine": False, "awsEndpoint": "a"},
        "awsEndpoint",
    ),
    "GCP": (read_gcp, {"gcpEngine": False, "gcpCredentials": "in clear"}, "gcpCredentials"),
    "Azure": (
        read_azure,
        {"azureSubscriptionId": "", "azureClientSecret": "in clear"},
        "azureClientSecret",
    ),
}


@pytest.mark.parametrize("name", OFF)
def test_what_an_engine_is_told_is_checked_while_it_is_off(run: Runner, name: str) -> None:
    reads, changed, key = OFF[name]
    found: list[tuple[object, bool]] = []

    def program() -> None:
        read = ConfigReader(NAMESPACE)
        found.append((reads(read), read.sound(key)))

    run(program, config=existing(**changed))
    assert found == [(None, False)]


# --- what the right values become -------------------------------------------------------------


def test_secrets_are_secret_outputs(run: Runner, loaded: Loader) -> None:
    made = loaded(
        "prod",
        {
            "databasePasswords": {"kubesentiment": "db"},
            "kvValues": {"a/b": {"c": "kv"}},
            "awsAccessKeyId": "access",
            "awsSecretAccessKey": "aws",
            "gcpCredentials": "gcp",
            "azureClientSecret": "azure",
        },
        gcpEngine=True,
        azureSubscriptionId="s",
        azureTenantId="t",
        azureClientId="c",
    )
    assert made.database
    assert made.aws
    assert made.gcp
    assert made.azure
    for value, expected in (
        (made.database.passwords["kubesentiment"], "db"),
        (made.kv.values["a/b"]["c"], "kv"),
        (made.aws.access_key_id, "access"),
        (made.aws.secret_access_key, "aws"),
        (made.gcp.credentials, "gcp"),
        (made.azure.client_secret, "azure"),
    ):
        assert text_of(run, value) == (expected, True)


@pytest.mark.parametrize("environment", Environment)
def test_the_aws_engine_is_in_the_region_of_the_matrix(
    loaded: Loader, environment: Environment
) -> None:
    made = loaded(environment.value)
    assert made.aws
    assert made.aws.region == MATRIX.spec(environment).aws.region


def test_engines_are_absent_unless_turned_on(loaded: Loader) -> None:
    made = loaded(databaseHost="", awsEngine=False)
    assert made.database is None
    assert made.aws is None
    assert made.gcp is None
    assert made.azure is None


def test_engines_are_there_where_turned_on(loaded: Loader) -> None:
    made = loaded(gcpEngine=True, azureSubscriptionId="s", azureTenantId="t")
    assert made.gcp is not None
    assert made.gcp.credentials is None
    assert made.azure is not None
    assert made.azure.client_id is None


def test_dev_may_connect_in_clear(loaded: Loader) -> None:
    made = loaded(databaseTls="disable")
    assert made.database is not None
    assert made.database.tls is TlsMode.DISABLE


@pytest.mark.parametrize("mode", [TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL])
def test_a_database_is_verified_either_way(loaded: Loader, mode: TlsMode) -> None:
    made = loaded("prod", databaseTls=mode.value)
    assert made.database
    assert made.database.tls is mode


@pytest.mark.parametrize(
    ("environment", "host"),
    [("dev", "10.0.0.1"), ("prod", "127.0.0.1"), ("prod", "localhost"), ("staging", "[::1]")],
)
def test_http_is_taken_in_dev_and_on_loopback(loaded: Loader, environment: str, host: str) -> None:
    made = loaded(environment, awsEndpoint=f"http://{host}:3")
    assert made.aws
    assert made.aws.endpoint == f"http://{host}:3"


def test_certificates_may_name_another_url(loaded: Loader) -> None:
    assert loaded(pkiUrl="http://crl.example/").pki.url == "http://crl.example"
    assert loaded().pki.root_ttl == Duration.parse("87600h")


def test_certificates_name_the_address_that_was_derived(run: Runner) -> None:
    """The address of servers that are deployed is derived, and in no configuration."""
    derived = VaultSettings("https://vault.vault.svc.cluster.local:8200", None)
    assert derived.address != ADDRESS
    found: list[PkiSettings] = []
    run(lambda: found.append(read_pki(ConfigReader(NAMESPACE), derived)), config=existing())
    assert found[0].url == derived.address
