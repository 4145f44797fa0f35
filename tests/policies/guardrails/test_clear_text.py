"""No secret in clear."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

import pytest
from pulumi_policy import EnforcementLevel

from policies.environments import Environment
from policies.guardrails.clear_text import RULES, SHAPED, UNMARKED, MarksRule, leaves
from tests.policies.guardrails.looking import UNKNOWN, Declared, violations
from tests.policies.guardrails.seeds import Added, Seed, check, names, said
from tests.recording import SECRET, SIGNATURE

NOT_MARKED: Final = "is not marked as secret, so that the state and every preview show it"
JWT: Final = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"RS256"}', b'{"sub":"somebody"}', b"a signature of it")
)
SHAPES: Final = {
    "a token of Vault": "hvs.CAESI" + "a" * 40,
    "a private key": "-----BEGIN EC PRIVATE KEY-----",
    "an access key of AWS": "key AKIAABCDEFGHIJKLMNOP is here",
    "a token of GitHub": "ghp_" + "a" * 36,
    "a token of Slack": "xoxb-" + "1" * 24,
    "a JWT": JWT,
    "a password in a URL": "postgresql://me:hidden@db.example.com/x",
}
SEEDS: Final = (
    Seed(
        UNMARKED.name,
        "database-connection-kubesentiment",
        "postgresql.password",
        "value-not-shown",
        f"postgresql.password {NOT_MARKED}",
    ),
    Seed(
        UNMARKED.name,
        "kv-entry-kubesentiment-config",
        "dataJson",
        '{"key": "value-not-shown"}',
        f"dataJson {NOT_MARKED}",
    ),
    Seed(
        UNMARKED.name,
        "oidc-mount",
        "oidcClientSecret",
        "value-not-shown",
        f"oidcClientSecret {NOT_MARKED}",
    ),
    Seed(
        UNMARKED.name,
        "vault-provisioner",
        "authLogin",
        {"path": "auth/provisioner/login", "parameters": {"secret_id": "value-not-shown"}},
        f"authLogin.parameters.secret_id {NOT_MARKED}",
    ),
    Seed(
        "audit-hashed",
        "kv-mount",
        "auditNonHmacResponseKeys",
        ["data"],
        "auditNonHmacResponseKeys writes data in clear",
    ),
    Seed(
        "audit-hashed",
        "oidc-mount",
        "tune.auditNonHmacRequestKeys",
        ["code"],
        "tune.auditNonHmacRequestKeys writes code in clear",
    ),
    *(
        Seed(SHAPED.name, "cluster-config", "data.more", text, f"data.more holds {what} in clear")
        for what, text in SHAPES.items()
    ),
)
AUDIT: Final = "vault:index/audit:Audit"
ADDED: Final = (
    Added(
        "audit-hashed",
        Declared(AUDIT, "raw", {"type": "file", "options": {"log_raw": "true"}}),
        "options.log_raw writes tokens and secrets in clear",
    ),
    Added(
        "audit-hashed",
        Declared(AUDIT, "accessors", {"type": "file", "options": {"hmac_accessor": "false"}}),
        "options.hmac_accessor writes tokens' accessors in clear",
    ),
    Added(
        UNMARKED.name,
        Declared("kubernetes:core/v1:Secret", "seeded", {"stringData": {"any": "value-not-shown"}}),
        f"stringData.any {NOT_MARKED}",
    ),
)


@pytest.mark.parametrize("seed", [*SEEDS, *ADDED], ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_no_message_holds_the_value(seed: Seed, prod: Mapping[str, Declared]) -> None:
    for message in said(seed.rule, prod[seed.resource].changed(seed.path, seed.value)):
        assert "not-shown" not in message
        assert not any(text in message for text in SHAPES.values())


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


def test_what_is_marked_may_have_any_shape(prod: Mapping[str, Declared]) -> None:
    marked = {SIGNATURE: SECRET, "value": SHAPES["a token of Vault"]}
    assert said(SHAPED.name, prod["cluster-config"].changed("data.more", marked)) == []


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://{{username}}:{{password}}@db.example.com/x",
        "https://vault.example.com:8200",
        "arn:aws:iam::333333333333:role/vault",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_only_looks_alike_passes(text: str, prod: Mapping[str, Declared]) -> None:
    assert said(SHAPED.name, prod["cluster-config"].changed("data.more", text)) == []


def test_what_is_not_known_yet_is_not_in_clear(prod: Mapping[str, Declared]) -> None:
    later = prod["kv-entry-kubesentiment-config"].changed("dataJson", UNKNOWN)
    assert said(UNMARKED.name, later) == []


def test_a_key_of_a_certificate_is_described_and_not_given(prod: Mapping[str, Declared]) -> None:
    assert "privateKey" in prod["cluster-certificate"].inputs["spec"]
    assert said(UNMARKED.name, prod["cluster-certificate"]) == []


@pytest.mark.parametrize("rule", [UNMARKED, SHAPED], ids=lambda rule: rule.name)
def test_marks_are_shown_at_one_level_only(rule: MarksRule) -> None:
    """There alone the SDK asks for a remediation."""
    for environment in Environment:
        assert rule.levels.of(environment) is EnforcementLevel.REMEDIATE


def test_where_marks_are_not_shown_it_says_so_once(prod: Mapping[str, Declared]) -> None:
    found = violations(prod.values(), Environment.PROD, [UNMARKED], remediate=False)
    assert [one.message for one in found] == [
        "secrets-marked sees nothing: its level must be `remediate`"
    ]


def test_leaves_in_clear_are_found_with_their_place() -> None:
    value: dict[str, Any] = {
        "a": ["x", {"b": "y"}],
        "c": {SIGNATURE: SECRET, "value": "hidden"},
        "d": 1,
        "e": UNKNOWN,
    }
    assert list(leaves(value)) == [(("a", "0"), "x"), (("a", "1", "b"), "y")]
