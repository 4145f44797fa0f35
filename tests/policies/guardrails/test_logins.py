"""Who can log in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from policies.guardrails.logins import RULES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

KUBERNETES: Final = "kubernetes-role-kubesentiment"
APPROLE: Final = "approle-role-kubesentiment-ci"
OIDC: Final = "oidc-role-operators"
NAMES, NAMESPACES = "boundServiceAccountNames", "boundServiceAccountNamespaces"
ONE, ENVIRONMENT, APPLICATION = (
    "login-one-identity",
    "login-own-environment",
    "login-own-application",
)

SEEDS: Final = (
    Seed(ONE, KUBERNETES, NAMES, ["*"], f"{NAMES} has a wildcard, '*'"),
    Seed(ONE, KUBERNETES, NAMESPACES, ["kubesentiment-*"], f"{NAMESPACES} has a wildcard"),
    Seed(ONE, KUBERNETES, NAMES, ["api", "batch"], f"{NAMES} has 2 names instead of one"),
    Seed(ONE, KUBERNETES, NAMES, None, f"{NAMES} has 0 names instead of one"),
    Seed(ONE, KUBERNETES, "audience", None, "audience is not set"),
    Seed(
        ONE,
        KUBERNETES,
        "boundServiceAccountNamespaceSelector",
        '{"matchLabels":{}}',
        "boundServiceAccountNamespaceSelector lets whoever labels a namespace log in",
    ),
    Seed(ONE, OIDC, "boundClaims", None, "boundClaims is empty: everyone"),
    Seed(ONE, OIDC, "boundClaims", {"groups": ""}, "boundClaims has no name for groups"),
    Seed(ONE, OIDC, "boundAudiences", [], "boundAudiences is empty"),
    Seed(ONE, OIDC, "verboseOidcLogging", True, "verboseOidcLogging writes people's tokens"),
    Seed(
        ONE,
        OIDC,
        "allowedRedirectUris",
        ["https://*.example.com/callback"],
        "allowedRedirectUris has a wildcard",
    ),
    Seed(ONE, APPROLE, "bindSecretId", False, "bindSecretId is not true: the role ID alone"),
    Seed(ONE, APPROLE, "tokenBoundCidrs", ["0.0.0.0/0"], "tokenBoundCidrs has '0.0.0.0/0'"),
    Seed(
        ENVIRONMENT,
        KUBERNETES,
        NAMESPACES,
        ["kubesentiment-dev"],
        f"{NAMESPACES} has 'kubesentiment-dev', which does not end in '-prod'",
    ),
    Seed(ENVIRONMENT, KUBERNETES, "audience", "vault-staging", "audience has 'vault-staging'"),
    Seed(
        ENVIRONMENT,
        OIDC,
        "boundClaims.groups",
        "vault-operators-prod,vault-operators-dev",
        "boundClaims has 'vault-operators-dev'",
    ),
    Seed(
        ENVIRONMENT,
        APPROLE,
        "tokenPolicies",
        ["kubesentiment-ci-staging"],
        "tokenPolicies has 'kubesentiment-ci-staging'",
    ),
    Seed(
        APPLICATION,
        KUBERNETES,
        "tokenPolicies",
        ["kubesentiment-api-prod", "media-catalog-api-prod"],
        "service account kubesentiment-prod/kubesentiment is of kubesentiment, and is given "
        "'media-catalog-api-prod' of media-catalog",
    ),
    Seed(
        APPLICATION,
        KUBERNETES,
        NAMES,
        ["another"],
        "service account kubesentiment-prod/another is nobody in the access matrix",
    ),
    Seed(
        APPLICATION,
        APPROLE,
        "tokenPolicies",
        ["people-operators-prod"],
        "AppRole kubesentiment-ci is of kubesentiment, and is given 'people-operators-prod' of "
        "people",
    ),
    Seed(
        APPLICATION,
        OIDC,
        "boundClaims.groups",
        "everybody-prod",
        "group everybody-prod is nobody in the access matrix",
    ),
    Seed(
        APPLICATION,
        OIDC,
        "tokenPolicies",
        ["unheard-of-prod"],
        "tokenPolicies has 'unheard-of-prod', which is nobody's in the access matrix",
    ),
    Seed(
        "login-named-policies",
        KUBERNETES,
        "tokenNoDefaultPolicy",
        None,
        "tokenNoDefaultPolicy is not true",
    ),
    Seed("login-named-policies", OIDC, "tokenPolicies", ["root"], "tokenPolicies has 'root'"),
    Seed("login-named-policies", APPROLE, "tokenPolicies", [], "tokenPolicies is empty"),
    Seed(
        "login-named-policies",
        KUBERNETES,
        "tokenPolicies",
        ["kubesentiment-api-prod", "kubesentiment-batch-prod"],
        "tokenPolicies has several",
    ),
    Seed("login-known-method", "approle-mount", "type", "userpass", "mounts 'userpass' at"),
    Seed("login-known-method", "oidc-mount", "defaultRole", "auditors", "defaultRole lets people"),
)
ADDED: Final = (
    Added(
        "login-known-method",
        Declared(
            "vault:index/authBackend:AuthBackend", "seeded", {"type": "github", "path": "github"}
        ),
        "mounts 'github' at 'github'",
    ),
)


@pytest.mark.parametrize("seed", [*SEEDS, *ADDED], ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


def test_claims_are_patterns_only_where_the_role_says_so(prod: Mapping[str, Declared]) -> None:
    role = prod[OIDC].changed("boundClaims.groups", "vault-*-prod")
    assert said(ONE, role) == []
    (message,) = said(ONE, role.changed("boundClaimsType", "glob"))
    assert "boundClaims has no name for groups, but 'vault-*-prod'" in message
