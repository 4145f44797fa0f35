"""That what is made was reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from policies.environments import Environment
from policies.guardrails import reviewed
from policies.guardrails.reviewed import REVIEWED, RULES
from policies.plan import AzureRole, GcpRole
from policies.review.snapshot import Snapshot
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

RULE: Final = REVIEWED.name
KUBERNETES: Final = "kubernetes-role-kubesentiment"
SEEDS: Final = (
    Seed(
        RULE,
        "acl-policy-kubesentiment-batch-prod",
        "policy",
        'path "secret/data/kubesentiment/*" { capabilities = ["read", "update"] }',
        "the ACL policy 'kubesentiment-batch-prod' is not what acl/",
    ),
    Seed(
        RULE,
        KUBERNETES,
        "tokenPolicies",
        ["kubesentiment-admin-prod"],
        "tokenPolicies is not what kubernetes_roles.json says of kubesentiment",
    ),
    Seed(
        RULE,
        KUBERNETES,
        "boundServiceAccountNames",
        ["kubesentiment-batch"],
        "boundServiceAccountNames is not",
    ),
    Seed(RULE, KUBERNETES, "backend", "other", "backend is not what"),
    Seed(RULE, KUBERNETES, "roleName", "more", "roleName is 'more', which kubernetes_roles.json"),
    Seed(RULE, KUBERNETES, "tokenTtl", 7200, "tokenTtl is not what"),
    Seed(RULE, KUBERNETES, "tokenPeriod", 60, "tokenPeriod is set, and kubernetes_roles.json"),
    Seed(RULE, "approle-role-kubesentiment-ci", "secretIdNumUses", 0, "secretIdNumUses is not"),
    Seed(
        RULE,
        "oidc-role-operators",
        "boundClaims.groups",
        "vault-operators-prod,vault-auditors-prod",
        "boundClaims is not the groups that oidc_roles.json says",
    ),
    Seed(
        RULE,
        "database-role-kubesentiment-readonly",
        "creationStatements.0",
        'CREATE ROLE "{{name}}" IN ROLE "kubesentiment";',
        "creationStatements is not what database_roles.json says",
    ),
    Seed(
        RULE,
        "database-connection-kubesentiment",
        "allowedRoles",
        ["*"],
        "allowedRoles is not what database_connections.json says of kubesentiment",
    ),
    Seed(
        RULE,
        "database-connection-kubesentiment",
        "postgresql.connectionUrl",
        "postgresql://{{username}}:{{password}}@db:5432/media_catalog?sslmode=verify-full",
        "postgresql.connectionUrl is not of the database that database_connections.json says",
    ),
    Seed(
        RULE,
        "database-connection-kubesentiment",
        "postgresql.connectionUrl",
        "postgresql://{{username}}:{{password}}@db:5432/kubesentiment/../media?x=/kubesentiment",
        "postgresql.connectionUrl is not of the database",
    ),
    Seed(RULE, KUBERNETES, "tokenBoundCidrs", ["10.0.0.0/8"], "tokenBoundCidrs is not what"),
    Seed(
        RULE,
        "database-static-role-kubesentiment-exports",
        "rotationSchedule",
        "30 3 1 * *",
        "rotationSchedule is not what database_static_roles.json says of kubesentiment-exports",
    ),
    Seed(
        RULE,
        "database-static-role-kubesentiment-exports",
        "rotationStatements",
        ["ALTER ROLE postgres PASSWORD '{{password}}'"],
        "rotationStatements is not what database_static_roles.json says",
    ),
    Seed(
        RULE,
        "database-static-role-kubesentiment-exports",
        "selfManagedPassword",
        "x",
        "selfManagedPassword is set, and database_static_roles.json does not say it",
    ),
    Seed(RULE, "aws-role-s3-access", "policyDocument", "{}", "policyDocument is not what"),
    Seed(RULE, "aws-role-s3-access", "policyArns", ["arn"], "policyArns is set, and"),
    Seed(
        RULE,
        "pki-role-kubesentiment-api",
        "allowedDomains",
        ["vault.prod.example.internal"],
        "allowedDomains is not what pki_roles.json says of kubesentiment-api",
    ),
    Seed(RULE, "pki-role-kubesentiment-api", "allowSubdomains", True, "allowSubdomains is not"),
)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


GCP: Final = Declared(
    "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount",
    "gcp",
    {
        "backend": "gcp",
        "impersonatedAccount": "models",
        "serviceAccountEmail": "a@b",
        "tokenScopes": ["read"],
        "ttl": "3600",
    },
)
AZURE: Final = Declared(
    "vault:azure/backendRole:BackendRole",
    "azure",
    {
        "backend": "azure",
        "role": "models",
        "azureRoles": [{"roleName": "Reader", "scope": "/a"}],
        "ttl": "3600",
        "maxTtl": "7200",
        "permanentlyDelete": True,
    },
)


@pytest.mark.parametrize(
    ("declared", "path", "value"),
    [
        (GCP, "serviceAccountEmail", "c@d"),
        (GCP, "tokenScopes", ["read", "write"]),
        (AZURE, "azureRoles.0.roleName", "Owner"),
        (AZURE, "maxTtl", "7201"),
        (AZURE, "applicationObjectId", "one"),
    ],
)
def test_clouds_that_the_matrix_does_not_use(
    declared: Declared, path: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = Snapshot(
        "rendered",
        Environment.PROD,
        {},
        gcp_roles=(GcpRole("models", "a@b", ("read",), 3600),),
        azure_roles=(AzureRole("models", (("Reader", "/a"),), 3600, 7200),),
    )
    monkeypatch.setattr(reviewed, "snapshot_of", lambda _: snapshot)
    assert said(RULE, declared) == []
    assert len(said(RULE, declared.changed(path, value))) == 1


@pytest.mark.parametrize(
    ("name", "key", "filled_in", "other"),
    [
        (KUBERNETES, "tokenType", "default", "batch"),
        ("approle-role-kubesentiment-ci", "tokenType", "default", "batch"),
        ("oidc-role-operators", "tokenType", "default", "default-batch"),
        ("pki-role-kubesentiment-api", "requireCn", True, False),
        ("pki-role-kubesentiment-api", "useCsrCommonName", True, False),
        ("pki-role-kubesentiment-api", "useCsrSans", True, False),
    ],
)
def test_what_the_provider_fills_in_by_itself_is_nobodys_change(
    prod: Mapping[str, Declared], name: str, key: str, filled_in: object, other: object
) -> None:
    """The engine shows a rule the inputs as the provider completed them, once it could be asked."""
    assert said(RULE, prod[name].changed(key, filled_in)) == []
    (message,) = said(RULE, prod[name].changed(key, other))
    assert f"{key} is set" in message


def test_files_that_are_not_there_let_nothing_pass(
    prod: Mapping[str, Declared], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reviewed, "RENDERED", tmp_path)
    monkeypatch.setattr(reviewed, "snapshot_of", reviewed.snapshot_of.__wrapped__)
    (message,) = said(RULE, prod[KUBERNETES])
    assert "cannot be compared with what was reviewed" in message
    assert "no rendered plan" in message
