"""Who is there that no declared login explains, and which tokens should not be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from attest.differences import Difference, Fate
from attest.expected import expected
from attest.identities import Holders, holders, identities
from attest.kinds import Kind
from attest.live import Live, Tokens
from tests.attest.vaults import matching, plan_of, settings, with_object

STACK = settings()
WANTED = expected(plan_of(STACK), STACK)
LIVE = matching(STACK)


def found(live: Live) -> list[Difference]:
    return list(identities(WANTED, live))


def entity(*aliases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "entity_1", "aliases": list(aliases), "policies": [], **more}


def kubernetes(namespace: str, name: str) -> dict[str, Any]:
    said = {"service_account_namespace": namespace, "service_account_name": name}
    return {"mount_path": "auth/kubernetes/", "name": "a-uid", "metadata": said}


def with_role(mount: str, key: str, role: str) -> dict[str, Any]:
    return {"mount_path": f"auth/{mount}/", "name": "somebody", "metadata": {key: role}}


EXPLAINED = [
    kubernetes("kubesentiment-prod", "kubesentiment"),
    kubernetes("vault", "attest"),
    with_role("approle", "role_name", "kubesentiment-ci"),
    with_role("oidc", "role", "auditors"),
    with_role("ci", "role", "attest"),
    {"name": "of a mount that is gone", "metadata": {"role_name": "provisioner"}},
]
UNEXPLAINED = [
    (kubernetes("kubesentiment-dev", "kubesentiment"), "as kubesentiment-dev/kubesentiment"),
    (kubernetes("kubesentiment-prod", "stranger"), "as kubesentiment-prod/stranger"),
    (with_role("oidc", "role", "admins"), "as somebody with the role admins"),
    (with_role("approle", "role_name", "gone"), "as somebody with the role gone"),
    (with_role("userpass", "role", "auditors"), "at auth/userpass/ as somebody"),
    ({"mount_path": "auth/oidc/", "name": "x", "metadata": None}, "as x with the role ?"),
]


@pytest.mark.parametrize("alias", EXPLAINED, ids=str)
def test_who_a_declared_role_lets_in_is_expected(alias: dict[str, Any]) -> None:
    assert found(with_object(LIVE, Kind.ENTITY, "id-1", entity(alias))) == []


@pytest.mark.parametrize(("alias", "who"), UNEXPLAINED, ids=str)
def test_who_none_does_is_told(alias: dict[str, Any], who: str) -> None:
    (one,) = found(with_object(LIVE, Kind.ENTITY, "id-1", entity(alias)))
    assert (one.kind, one.path, one.fate) == (
        Kind.ENTITY,
        "identity/entity/id/id-1",
        Fate.UNDECLARED,
    )
    (detail,) = one.details
    assert detail.what == "logs in"
    assert who in detail.live


def test_policies_of_an_entity_are_told_whoever_it_is() -> None:
    body = entity(EXPLAINED[0], policies=["admin"])
    (one,) = found(with_object(LIVE, Kind.ENTITY, "id-1", body))
    assert [(detail.what, detail.live) for detail in one.details] == [("policies", "admin")]
    (without,) = found(with_object(LIVE, Kind.ENTITY, "id-1", entity()))
    assert [detail.what for detail in without.details] == ["name"]


def test_every_group_is_told_with_what_it_gives() -> None:
    body = {"name": "admins", "type": "external", "policies": ["b", "a"], "member_entity_ids": []}
    (one,) = found(with_object(LIVE, Kind.GROUP, "g-1", body))
    told = {detail.what: detail.live for detail in one.details}
    assert told == {"name": "admins", "type": "external", "policies": "a\nb"}


def token(accessor: str, *policies: str, role: str = "", **more: Any) -> dict[str, Any]:
    return {
        "meta": {"role": role},
        "accessor": accessor,
        "creation_time": 1795356451,
        "display_name": "somebody",
        "expire_time": None,
        "path": "auth/kubernetes/login",
        "policies": list(policies),
        **more,
    }


# An hour, and half of one, after it was made.
ENDS, ENDS_OF_CI = "2026-11-22T15:07:31.5Z", "2026-11-22T14:37:31Z"


def test_tokens_of_declared_logins_are_expected_and_counted() -> None:
    known = (
        token("a", "kubesentiment-api-prod", role="kubesentiment", expire_time=ENDS),
        token("b", "kubesentiment-api-prod", role="kubesentiment", expire_time=ENDS),
        token("c", "provisioner", role="provisioner", path="auth/ci/login", expire_time=ENDS_OF_CI),
        token("d", "response-wrapping", path="auth/approle/role/kubesentiment-ci/secret-id"),
    )
    live = replace(LIVE, tokens=Tokens(known, 4))
    assert found(live) == []
    counted = {one.policy: one for one in holders(WANTED, live)}
    assert counted["kubesentiment-api-prod"] == Holders("kubesentiment-api-prod", 2, declared=True)
    assert counted["people-auditors-prod"].tokens == 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (token("a", "root", path="auth/token/root"), "root: it may do everything"),
        (token("a", "kubesentiment-api-prod", "backdoor"), "backdoor"),
        (token("a", "people-auditors-dev"), "people-auditors-dev"),
        (token("a", "provisioner", identity_policies=["admin"]), "admin"),
    ],
)
def test_a_token_with_what_nobody_declared_is_named(body: dict[str, Any], told: str) -> None:
    live = replace(LIVE, tokens=Tokens((body,), 1))
    (one,) = found(live)
    assert (one.kind, one.name, one.path) == (Kind.TOKEN, "a", "auth/token/accessors/a")
    details = {detail.what: detail.live for detail in one.details}
    assert details["policies"] == told
    assert details["made at"].endswith("2026-11-22 14:07 UTC")
    assert details["ends"] == "never"
    assert not any(one.declared for one in holders(WANTED, live) if one.policy in told)


OWN = {"role": "kubesentiment", "expire_time": ENDS}


@pytest.mark.parametrize(
    ("body", "what", "told"),
    [
        (
            token("a", "kubesentiment-api-prod", "provisioner", **OWN),
            "policies that its role does not give",
            "provisioner",
        ),
        (
            token("a", "kubesentiment-api-prod", **OWN, period=86400),
            "is renewed for ever",
            "by 86400 s at a time",
        ),
        (
            token("a", "kubesentiment-api-prod", role="kubesentiment"),
            "lives longer than its role lets it",
            "",
        ),
        (
            token("a", "kubesentiment-api-prod", role="kubesentiment", expire_time="2030-01-01"),
            "lives longer than its role lets it",
            "",
        ),
        (
            token("a", "provisioner", role="gone", expire_time=ENDS),
            "came in",
            "with a role that nobody declared: gone",
        ),
        (
            token("a", "provisioner", path="auth/userpass/login/x", expire_time=ENDS),
            "came in",
            "with a role that nobody declared: ?",
        ),
    ],
)
def test_a_token_has_no_more_than_its_role_gives(
    body: dict[str, Any], what: str, told: str
) -> None:
    """What the role was for a moment, nobody sees any more."""
    (one,) = found(replace(LIVE, tokens=Tokens((body,), 1)))
    assert {detail.what: detail.live for detail in one.details}[what] == told
    assert [detail.what for detail in one.details][-3:] == ["made at", "is called", "ends"]


def test_a_token_that_no_login_made_is_named_even_with_a_declared_policy() -> None:
    made = token("a", "people-auditors-prod", path="auth/token/create")
    (one,) = found(replace(LIVE, tokens=Tokens((made,), 1)))
    assert [detail.what for detail in one.details] == ["made at", "is called", "ends"]


def test_root_tokens_come_first() -> None:
    known = (token("a", "backdoor"), token("z", "root", path="auth/token/create"))
    assert [one.name for one in found(replace(LIVE, tokens=Tokens(known, 2)))] == ["z", "a"]


def test_what_could_not_be_looked_up_is_nothing() -> None:
    assert found(replace(LIVE, tokens=None)) == []
    assert all(one.tokens == 0 for one in holders(WANTED, replace(LIVE, tokens=None)))
