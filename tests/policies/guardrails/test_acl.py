"""What ACL policies allow, by Vault's own decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.guardrails.acl import RULES
from policies.matrix import MATRIX
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Added as _Added
from tests.policies.guardrails.seeds import check, names, said

POLICY: Final = "vault:index/policy:Policy"
KNOWN, NOT_ROOT, NO_MORE, OWN = (
    "acl-known",
    "acl-not-root",
    "acl-no-escalation",
    "acl-own-application",
)
API, MEDIA = "kubesentiment-api-prod", "media-catalog-api-prod"
OPERATORS, AUDITORS = "people-operators-prod", "people-auditors-prod"


def policy(name: str, *rules: tuple[str, str]) -> Declared:
    """`rules`: path, and capabilities separated by commas."""
    text = "\n".join(
        f'path "{path}" {{ capabilities = [{", ".join(map(quoted, what.split(",")))}] }}'
        for path, what in rules
    )
    return Declared(POLICY, "seeded", {"name": name, "policy": text})


def quoted(text: str) -> str:
    return f'"{text}"'


def added(rule: str, name: str, path: str, what: str, message: str) -> _Added:
    return _Added(rule, policy(name, (path, what)), message)


SEEDS: Final = (
    added(KNOWN, "unheard-of", "secret/data/a", "read", "'unheard-of' is nobody's in the access"),
    added(KNOWN, "kubesentiment-api-dev", "a/b", "read", "'kubesentiment-api-dev' is nobody's in"),
    added(KNOWN, API, "a/b", "reed", "cannot be read: line 1"),
    added(KNOWN, API, "secret/data/{{identity.entity.name}}", "read", "path 'secret/data/{{ident"),
    added(NOT_ROOT, API, "sys/policies/acl/any", "update", "is as good as root: update sys/polic"),
    added(NOT_ROOT, API, "*", "update,sudo", "is as good as root: update"),
    added(NOT_ROOT, API, "sys/*", "update", "is as good as root: update sys/policy/any"),
    added(NOT_ROOT, API, "+/+/+/+", "update", "is as good as root: update sys/policies/acl/any"),
    added(
        NOT_ROOT,
        API,
        "auth/+/role/a",
        "create",
        "is as good as root: create auth/provisioner/role/a",
    ),
    added(NOT_ROOT, API, "identity/group", "update", "is as good as root: update identity/group"),
    added(NOT_ROOT, API, "auth/token/create", "update,sudo", "is as good as root: update auth/tok"),
    added(
        NOT_ROOT,
        OPERATORS,
        "auth/provisioner/role/provisioner/secret-id",
        "update",
        "is as good as root: update auth/provisioner/role/provisioner/secret-id: it logs in as",
    ),
    added(
        NO_MORE,
        API,
        "auth/approle/role/kubesentiment-ci/secret-id",
        "update",
        "lets its holder have more (issue-secret-ids): update auth/approle/role/kubesentiment-ci",
    ),
    added(
        NO_MORE,
        OPERATORS,
        "database/roles/any",
        "update",
        "lets its holder have more (write-database-roles): update database/roles/any",
    ),
    added(
        NO_MORE,
        AUDITORS,
        "sys/storage/raft/snapshot",
        "read",
        "lets its holder have more (read-snapshots): read sys/storage/raft/snapshot",
    ),
    added(
        OWN,
        MEDIA,
        "secret/data/kubesentiment/config",
        "read",
        "allows read of 'secret/data/kubesentiment/config', which is of kubesentiment",
    ),
    added(OWN, MEDIA, "secret/metadata/kubesentiment/*", "list", "allows list of 'secret/metadata"),
    added(OWN, MEDIA, "database/creds/+", "read", "allows read of 'database/creds/"),
    added(OWN, MEDIA, "aws/creds/s3-access", "read", "allows read of 'aws/creds/s3-access', which"),
    added(
        OWN,
        MEDIA,
        "pki/issue/kubesentiment-api",
        "update",
        "allows update of 'pki/issue/kubesentiment-api', which is of kubesentiment",
    ),
    added(
        OWN,
        API,
        "secret/data/unheard-of",
        "read",
        "allows read of 'secret/data/unheard-of', which is of nobody in the access matrix",
    ),
    added(
        OWN,
        AUDITORS,
        "secret/data/kubesentiment/*",
        "read",
        "allows read of 'secret/data/kubesentiment/any', which is of kubesentiment",
    ),
    added(OWN, API, "aws/sts/any", "update", "allows update of 'aws/sts/any', which is of nobody"),
)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed.rule}: {seed.message[:60]}")
def test_a_violation_is_caught(seed: _Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_our_own_policies_pass(rule: object, environment: Environment) -> None:
    for one in compile_plan(MATRIX, environment).acl_policies:
        declared = Declared(POLICY, one.name, {"name": one.name, "policy": one.hcl})
        assert said(getattr(rule, "name"), declared, environment=environment) == []  # noqa: B009


def test_a_rule_that_is_shadowed_gives_nothing() -> None:
    """By decision: the longer rule applies, whatever the shorter one says."""
    wide = ("secret/data/*", "read")
    own = ("secret/data/media-catalog/*", "read")
    others = tuple(
        (f"secret/data/{folder}*", "deny") for folder in "abcdefghijklnopqrstuvwxyz0123456789"
    )
    assert said(OWN, policy(MEDIA, wide, own)) != []
    (message,) = said(OWN, policy(MEDIA, wide, own, *others, ("secret/data/m*", "read")))
    assert "which is of nobody in the access matrix" in message
    assert (
        said(OWN, policy(MEDIA, wide, own, ("secret/data/+", "deny"), ("secret/data/+/*", "deny")))
        != []
    )
    closed = ("secret/data/*", "deny")
    assert said(OWN, policy(MEDIA, closed, own)) == []


def test_a_segment_that_is_wild_beats_the_rest_and_is_seen() -> None:
    """`+/data/...` reaches the mount without naming it."""
    (message,) = said(OWN, policy(MEDIA, ("+/data/kubesentiment/config", "read")))
    assert "'secret/data/kubesentiment/config', which is of kubesentiment" in message


def test_sudo_alone_reaches_nothing_and_missing_sudo_takes_away() -> None:
    assert said(NOT_ROOT, policy(API, ("sys/audit/x", "update"))) == []
    assert said(NOT_ROOT, policy(API, ("sys/audit/x", "sudo"))) == []
    assert said(NOT_ROOT, policy(API, ("sys/audit/x", "update,sudo"))) != []


def test_a_stack_says_who_may_hold_which_power() -> None:
    one = policy(OPERATORS, ("auth/approle/role/kubesentiment-ci/secret-id", "update"))
    assert said(NO_MORE, one) == []
    assert said(NO_MORE, one, config={"allowed": {}}) != []
    more = policy(API, ("database/roles/any", "update"))
    assert (
        said(NO_MORE, more, config={"allowed": {"kubesentiment-api": ["write-database-roles"]}})
        == []
    )


def test_auditors_see_names_and_no_values() -> None:
    assert said(OWN, policy(AUDITORS, ("secret/metadata/*", "read,list"))) == []
    assert said(OWN, policy(AUDITORS, ("secret/*", "read,list"))) != []
