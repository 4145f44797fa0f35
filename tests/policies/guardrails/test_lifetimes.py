"""How long what Vault hands out may live."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policies.environments import Environment
from policies.guardrails import lifetimes
from policies.guardrails.lifetimes import RULES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

KUBERNETES, APPROLE = "kubernetes-role-kubesentiment", "approle-role-kubesentiment-ci"
DATABASE, AWS = "database-role-kubesentiment-readonly", "aws-role-s3-access"
PKI = "pki-role-kubesentiment-api"
STATIC = "database-static-role-kubesentiment-exports"
UNSET = "is not set, so that Vault's own default decides"

SEEDS = (
    Seed("token-lifetime", KUBERNETES, "tokenMaxTtl", 90_000, "tokenMaxTtl is 25h, more than 24h"),
    Seed("token-lifetime", KUBERNETES, "tokenTtl", None, f"tokenTtl {UNSET}"),
    Seed("token-lifetime", APPROLE, "tokenMaxTtl", 0, f"tokenMaxTtl {UNSET}"),
    Seed("token-lifetime", "oidc-role-operators", "tokenPeriod", 60, "tokenPeriod makes tokens"),
    Seed("token-lifetime", KUBERNETES, "tokenExplicitMaxTtl", 90_000, "tokenExplicitMaxTtl is 25h"),
    Seed("secret-id-lifetime", APPROLE, "secretIdTtl", 86_401, "secretIdTtl is 24h1s, more than"),
    Seed("secret-id-lifetime", APPROLE, "secretIdTtl", None, f"secretIdTtl {UNSET}"),
    Seed("lease-lifetime", DATABASE, "maxTtl", 172_800, "maxTtl is 48h, more than 24h"),
    Seed("lease-lifetime", DATABASE, "defaultTtl", None, f"defaultTtl {UNSET}"),
    Seed("lease-lifetime", AWS, "maxStsTtl", 172_800, "maxStsTtl is 48h, more than 24h"),
    Seed("lease-lifetime", "aws-mount", "maxLeaseTtlSeconds", None, f"maxLeaseTtlSeconds {UNSET}"),
    Seed(
        "mount-lifetime", "database-mount", "maxLeaseTtlSeconds", 31_536_000, "maxLeaseTtlSeconds"
    ),
    Seed("mount-lifetime", "oidc-mount", "tune.maxLeaseTtl", "8760h", "tune.maxLeaseTtl is 8760h"),
    Seed(
        "static-user-rotation",
        STATIC,
        "rotationSchedule",
        "30 3 1 * *",
        "rotationSchedule comes every 672h, less often than every 168h",
    ),
    Seed("static-user-rotation", STATIC, "rotationSchedule", None, f"rotationPeriod {UNSET}"),
    Seed("static-user-rotation", STATIC, "rotationSchedule", "@monthly", "cannot be read"),
    Seed("certificate-lifetime", PKI, "maxTtl", "720h", "maxTtl is 720h, more than 72h"),
    Seed("certificate-lifetime", PKI, "notAfter", "9999-12-31T23:59:59Z", "notAfter overrules"),
    Seed("ca-lifetime", "pki-root", "ttl", "315360001s", "ttl is 87600h1s, more than 87600h"),
    Seed("ca-lifetime", "pki-intermediate-certificate", "ttl", "87600h", "ttl is 87600h, more"),
)
ADDED = (
    Added(
        "lease-lifetime",
        Declared("vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount", "seeded"),
        f"ttl {UNSET}",
    ),
    Added(
        "lease-lifetime",
        Declared("vault:azure/backendRole:BackendRole", "seeded", {"ttl": "1h", "maxTtl": "30d"}),
        "maxTtl is 720h, more than 24h",
    ),
)


@pytest.mark.parametrize("seed", [*SEEDS, *ADDED], ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


def test_users_that_iam_makes_for_a_lease_end_with_it(prod: Mapping[str, Declared]) -> None:
    role = prod[AWS].changed("credentialType", "iam_user")
    assert said("lease-lifetime", role.changed("maxStsTtl", None)) == []
    assert said("lease-lifetime", prod[AWS].changed("maxStsTtl", None)) != []


def test_dev_may_have_certificates_for_longer(prod: Mapping[str, Declared]) -> None:
    role = prod[PKI].changed("maxTtl", "168h")
    assert said("certificate-lifetime", role, environment=Environment.DEV) == []
    assert said("certificate-lifetime", role, environment=Environment.STAGING) != []


def test_a_stack_may_set_another_limit(prod: Mapping[str, Declared]) -> None:
    role = prod[KUBERNETES]
    assert said("token-lifetime", role, config={"longest": "23h"}) != []
    assert said("token-lifetime", role, config={"longest": "24h"}) == []


def test_a_lifetime_that_is_none_is_refused(prod: Mapping[str, Declared]) -> None:
    (message,) = said("certificate-lifetime", prod[PKI].changed("ttl", "a while"))
    assert message.startswith(f"{PKI}: cannot be read: duration 'a while'")


def test_every_kind_of_lease_is_known() -> None:
    assert set(lifetimes._LEASES) < lifetimes.LEASES.types
