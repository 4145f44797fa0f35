"""What holds data is protected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest
from pulumi_policy import EnforcementLevel

from policies.environments import Environment
from policies.guardrails.protection import PROTECTED, ROTATED, RULES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Seed, check, names, said

HOLDING: Final = {
    "cluster-aws-key": "the key without which no server unseals",
    "cluster-aws-alias": "the name by which the servers find their seal's key",
    "cluster-aws-bucket": "the snapshots",
    "cluster-servers": "all servers at once",
    "cluster-namespace": "the servers with their volumes",
    "vault-initialisation": "the shares of the unseal or recovery key",
    "kv-mount": "every secret",
    "kv-config": "how many versions of secrets are kept",
    "kv-entry-media-catalog-api": "a secret with all its versions",
    "pki-mount-pki": "a CA with its key",
    "pki-root": "the CA that every client trusts",
    "pki-intermediate": "the CA that every client trusts",
}
CONNECTION: Final = "database-connection-kubesentiment"
SEEDS: Final = (
    Seed(
        "volumes-retained",
        "cluster-servers",
        "spec.persistentVolumeClaimRetentionPolicy.whenDeleted",
        "Delete",
        "persistentVolumeClaimRetentionPolicy.whenDeleted deletes volumes",
    ),
)


@pytest.mark.parametrize(("name", "lost"), HOLDING.items())
def test_what_holds_data_must_be_protected(
    name: str, lost: str, prod: Mapping[str, Declared]
) -> None:
    assert said(PROTECTED.name, prod[name]) == []
    (message,) = said(PROTECTED.name, replace(prod[name], protect=False))
    assert message == f"{name}: is not protected, and with it goes {lost}. {PROTECTED.repair}"


def test_mounts_without_data_need_no_protection(prod: Mapping[str, Declared]) -> None:
    assert not prod["database-mount"].protect
    assert said(PROTECTED.name, prod["database-mount"]) == []


def test_a_connection_with_a_rotated_password_must_be_protected(
    prod: Mapping[str, Declared],
) -> None:
    assert said(ROTATED.name, *prod.values()) == []
    open_ = {**prod, CONNECTION: replace(prod[CONNECTION], protect=False)}
    (message,) = said(ROTATED.name, *open_.values())
    assert message.startswith(f"{CONNECTION}: is not protected, and with it goes the admin")
    del open_["database-rotation-kubesentiment"]
    assert said(ROTATED.name, *open_.values()) == []


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) | {PROTECTED.name, ROTATED.name} == {rule.name for rule in RULES}


def test_dev_is_thrown_away() -> None:
    for rule in (PROTECTED, ROTATED):
        assert rule.levels.of(Environment.DEV) is EnforcementLevel.DISABLED
        assert rule.levels.of(Environment.STAGING) is EnforcementLevel.MANDATORY
        assert rule.levels.of(Environment.PROD) is EnforcementLevel.MANDATORY


def test_all_that_the_program_protects_in_prod_because_it_holds_data_is_known(
    prod: Mapping[str, Declared],
) -> None:
    """What it protects besides only guards what holds data, such as a bucket's settings; of audit
    devices there is a rule of their own.
    """
    guards = ("cluster-aws-", "pki-intermediate-", "audit-", CONNECTION)
    found = {
        one.name
        for one in prod.values()
        if one.protect and not said(PROTECTED.name, replace(one, protect=False))
    }
    assert {name for name in found if not name.startswith(guards)} == set()
