"""The seal's key, the snapshots' bucket, and other clouds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from policies.environments import Environment
from policies.guardrails.cloud import RULES
from tests.policies.guardrails.looking import BY_NAME, UNKNOWN, Declared, violations
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

KEY: Final = "cluster-aws-key"
BUCKET: Final = "cluster-aws-bucket"
PRIVATE, VERSIONED, ENCRYPTED, TLS = (
    "bucket-private",
    "bucket-versioned",
    "bucket-encrypted",
    "bucket-tls",
)
AZURE: Final = "vault:azure/backendRole:BackendRole"
GROUP: Final = "/subscriptions/s/resourceGroups/g"

SEEDS: Final = (
    Seed("kms-rotation", KEY, "enableKeyRotation", False, "enableKeyRotation is not true"),
    Seed("kms-rotation", KEY, "enableKeyRotation", None, "enableKeyRotation is not true"),
    Seed("kms-rotation", KEY, "isEnabled", False, "isEnabled is false"),
    Seed("kms-rotation", KEY, "deletionWindowInDays", 7, "deletionWindowInDays is 7, less than 30"),
    Seed(
        "kms-rotation",
        KEY,
        "bypassPolicyLockoutSafetyCheck",
        True,
        "bypassPolicyLockoutSafetyCheck lets",
    ),
)
ADDED: Final = (
    Added(
        "cloud-least-privilege",
        Declared(AZURE, "owner", {"azureRoles": [{"roleName": "Owner", "scope": GROUP}]}),
        "azureRoles has 'Owner'",
    ),
    Added(
        "cloud-least-privilege",
        Declared(
            AZURE, "wide", {"azureRoles": [{"roleName": "Reader", "scope": "/subscriptions/s"}]}
        ),
        "azureRoles has the scope '/subscriptions/s', a whole subscription or more",
    ),
    Added(
        "cloud-least-privilege",
        Declared(
            "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount",
            "default",
            {"serviceAccountEmail": "1-compute@developer.gserviceaccount.com"},
        ),
        "serviceAccountEmail is '1-compute@developer.gserviceaccount.com'",
    ),
)

# Rule, the resource that is changed, how, and what is said of the bucket.
OF_BUCKET: Final[tuple[tuple[str, str, str, Any, str], ...]] = (
    (PRIVATE, "privacy", "blockPublicAcls", False, "cluster-aws-privacy.blockPublicAcls is not"),
    (
        PRIVATE,
        "privacy",
        "restrictPublicBuckets",
        None,
        "cluster-aws-privacy.restrictPublicBuckets",
    ),
    (
        PRIVATE,
        "ownership",
        "rule.objectOwnership",
        "ObjectWriter",
        "no BucketOwnershipControls say",
    ),
    (PRIVATE, "tls", "policy.Statement.0.Effect", "Allow", "cluster-aws-tls allows '*'"),
    (VERSIONED, "versioning", "versioningConfiguration.status", "Suspended", "no BucketVersioning"),
    (VERSIONED, "bucket", "forceDestroy", True, "forceDestroy deletes the snapshots"),
    (ENCRYPTED, "encryption", "rules", [], "no BucketServerSideEncryptionConfiguration encrypts"),
    (TLS, "tls", "policy.Statement.0.Condition", None, "no BucketPolicy denies what comes without"),
    (
        TLS,
        "tls",
        "policy.Statement.0.Action",
        ["s3:GetObject"],
        "no BucketPolicy denies what comes",
    ),
    (TLS, "tls", "policy.Statement.0.Resource", ["arn:aws:s3:::x"], "no BucketPolicy denies what"),
)
PARTS: Final = {
    PRIVATE: ("privacy", "ownership"),
    VERSIONED: ("versioning",),
    ENCRYPTED: ("encryption",),
    TLS: ("tls",),
}


@pytest.mark.parametrize("seed", [*SEEDS, *ADDED], ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


@pytest.mark.parametrize(("rule", "part", "path", "value", "message"), OF_BUCKET)
def test_a_bucket_that_is_open_is_caught(
    rule: str, part: str, path: str, value: Any, message: str, prod: Mapping[str, Declared]
) -> None:
    assert said(rule, *prod.values()) == []
    name = f"cluster-aws-{part}"
    seeded = {**prod, name: prod[name].changed(path, value)}
    found = said(rule, *seeded.values())
    assert [one for one in found if one.startswith(f"{BUCKET}: {message}")], found


@pytest.mark.parametrize(
    ("rule", "part"), [(rule, part) for rule, parts in PARTS.items() for part in parts]
)
def test_a_bucket_without_a_part_is_caught(
    rule: str, part: str, prod: Mapping[str, Declared]
) -> None:
    without = {name: one for name, one in prod.items() if name != f"cluster-aws-{part}"}
    (found,) = violations(without.values(), Environment.PROD, [BY_NAME[rule]])
    assert found.resource == BUCKET


@pytest.mark.parametrize("rule", PARTS)
def test_what_another_bucket_has_does_not_count(rule: str, prod: Mapping[str, Declared]) -> None:
    other = Declared("aws:s3/bucket:Bucket", "other", {"bucket": "another"}, urn="urn:other")
    found = violations([*prod.values(), other], Environment.PROD, [BY_NAME[rule]])
    assert {one.resource for one in found} == {"other"}


def test_parts_are_found_by_the_bucket_that_they_come_from(prod: Mapping[str, Declared]) -> None:
    """In a preview a bucket's name may not be known yet, and still leads to it."""
    parts = {
        name: one.changed("bucket", UNKNOWN)
        if name.startswith("cluster-aws-") and "bucket" in one.inputs and one.related.get("bucket")
        else one
        for name, one in prod.items()
    }
    assert parts["cluster-aws-versioning"].inputs["bucket"] == UNKNOWN
    for rule in PARTS:
        assert said(rule, *parts.values()) == []


def test_each_rule_has_one() -> None:
    assert names([*SEEDS, *ADDED]) | PARTS.keys() == {rule.name for rule in RULES}


def test_keys_may_go_sooner_in_dev(prod: Mapping[str, Declared]) -> None:
    key = prod[KEY].changed("deletionWindowInDays", 7)
    assert said("kms-rotation", key, environment=Environment.DEV) == []
    assert said("kms-rotation", key, config={"shortestDeletionDays": 7}) == []
