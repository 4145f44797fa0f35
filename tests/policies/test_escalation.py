"""The powers whose holder can give itself more."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

from policies import paths, provisioner
from policies.acl import Acl, Operation, Pattern, Request, regions
from policies.compile import compile_plan
from policies.environments import Environment
from policies.escalation import POWERS, Effect, Power, Way, held
from policies.escalation.harm import HARM
from policies.escalation.holding import POWERS as ALL
from policies.escalation.more import MORE
from policies.escalation.power import WRITE, ways
from policies.escalation.root import ROOT
from policies.hcl import Capability, Stanza, parse
from policies.matrix import MATRIX

BY_NAME: Final = {power.name: power for power in POWERS}
MOUNTS: Final = {f"{mount}/": "pki" for mount in (paths.PKI, paths.PKI_ROOT)}
SUDO: Final = Capability.SUDO


def acl(*rules: tuple[str, str]) -> Acl:
    """`rules`: path, and capabilities separated by commas."""
    return Acl.of(
        [
            [
                Stanza(path=path, capabilities=tuple(map(Capability, what.split(","))))
                for path, what in rules
            ]
        ]
    )


def powers(*rules: tuple[str, str]) -> set[str]:
    return {one.power.name for one in held(acl(*rules))}


def concrete(pattern: str) -> str:
    """A path that a pattern matches."""
    text = pattern.replace("+", "x")
    return f"{text[:-1]}y" if text.endswith("*") else text


EACH: Final = [
    pytest.param(power, way, capability, id=f"{power.name}-{capability}-{way.pattern}")
    for power in POWERS
    for way in power.ways
    for capability in way.capabilities
]


@pytest.mark.parametrize(("power", "way", "capability"), EACH)
def test_each_power_is_found_at_each_of_its_paths(
    power: Power, way: Way, capability: Capability
) -> None:
    path = concrete(way.pattern)
    found = held(acl((path, f"{capability},sudo")))
    assert (power.name, capability, path) in {
        (one.power.name, one.capability, one.witness) for one in found
    }


@pytest.mark.parametrize(
    ("power", "way"), [(power, way) for power in POWERS for way in power.ways], ids=str
)
def test_nothing_is_found_without_its_capabilities(power: Power, way: Way) -> None:
    others = set(Capability) - {*way.capabilities, Capability.DENY}
    found = held(acl((concrete(way.pattern), ",".join(sorted(others)))))
    assert power.name not in {one.power.name for one in found}


def test_what_is_found_is_what_vault_would_allow() -> None:
    """Each witness is asked for, with the capability that was found."""
    given = acl(("*", "create,read,update,patch,delete,sudo"), ("sys/audit/*", "update"))
    for one in held(given):
        assert given.decide(Request(Operation(one.capability), one.witness), MOUNTS).allowed, one


def test_no_path_that_holds_a_power_is_missed() -> None:
    """Every region of the paths that some rules and a power's patterns can tell apart."""
    given = acl(
        ("sys/*", "update"),
        ("sys/policies/acl/team-*", "deny"),
        ("auth/+/role/a", "create"),
        ("auth/kubernetes/*", "read"),
        ("+/config/root", "patch"),
        ("database/roles/+", "update"),
    )
    found = {(one.power.name, one.capability) for one in held(given)}
    for power in POWERS:
        for way in power.ways:
            for region in regions((given,), [Pattern.of(way.pattern)]):
                if not region.within or region.witness.endswith("/") or power.sudo:
                    continue
                for capability in way.capabilities:
                    request = Request(Operation(capability), region.witness)
                    if given.decide(request, MOUNTS).allowed:
                        assert (power.name, capability) in found, region.witness


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("sys/audit/file", "write-audit-devices"),
        ("sys/plugins/catalog/secret/x", "register-plugins"),
        ("sys/raw/core/keyring", "read-raw-storage"),
        ("sys/auth/mine", "mount-auth"),
        ("sys/remount", "move-mounts"),
        ("sys/seal", "seal"),
        ("pki/root/sign-self-issued", "sign-certificates"),
    ],
)
def test_root_protected_paths_take_sudo(path: str, name: str) -> None:
    assert name not in powers((path, "update"))
    assert name in powers((path, "update,sudo"))


def test_creating_tokens_with_any_policy_takes_sudo_though_the_path_does_not() -> None:
    assert powers(("auth/token/create", "update")) == {"create-tokens"}
    assert powers(("auth/token/create", "update,sudo")) == {"create-tokens", "create-any-token"}


@pytest.mark.parametrize(
    ("path", "what", "name"),
    [
        ("auth/approle/role/shop-ci/token-bound-cidrs", "delete", "loosen-auth-roles"),
        ("auth/approle/role/shop-ci/period", "update", "loosen-auth-roles"),
        ("pki/config/acme", "update", "configure-acme"),
        ("identity/oidc/*", "update", "write-identity-tokens"),
        ("sys/mounts/secret/tune", "update", "tune-mounts"),
        ("sys/mounts/auth/kubernetes/tune", "update", "tune-mounts"),
        ("sys/auth/kubernetes/tune", "update,sudo", "tune-mounts"),
    ],
)
def test_settings_that_widen_what_others_were_given(path: str, what: str, name: str) -> None:
    assert powers((path, what)) == {name}
    assert powers((path, "read,list")) == set()


def test_a_rule_that_goes_first_takes_a_power_away() -> None:
    assert powers(("sys/policies/acl/*", "update")) == {"write-acl-policies"}
    assert powers(("sys/policies/acl/*", "update"), ("sys/policies/acl/+", "deny")) == {
        "write-acl-policies"  # a name with a slash
    }
    assert powers(("sys/policies/*", "update"), ("sys/policies/acl/*", "read")) == {
        "weaken-passwords"
    }


def test_whatever_is_wild_reaches() -> None:
    assert "write-acl-policies" in powers(("sys/+/acl/mine", "update"))
    assert "write-auth-roles" in powers(("auth/+/role/+", "create"))
    assert "write-auth-roles" in powers(("+/kubernetes/role/mine", "create"))


def test_a_path_that_ends_in_a_slash_cannot_be_written() -> None:
    assert powers(("sys/policies/acl/", "update")) == set()


def test_policies_add_up() -> None:
    text = 'path "sys/mounts/a" {{ capabilities = ["{}"] }}'
    both = Acl.of(parse(text.format(what)) for what in ("read", "update"))
    assert {one.power.name for one in held(both)} == {"mount-engines"}


def test_an_empty_acl_holds_none() -> None:
    assert held(Acl.of([])) == ()


def test_what_each_of_the_matrix_holds() -> None:
    """The operators hand out secret IDs and end leases, and the platform's jobs rotate what they
    are named after, or copy all of it, as the matrix says. Nobody else has any.
    """
    plan = compile_plan(MATRIX, Environment.PROD)
    found = {
        policy.name: {one.power.name for one in held(Acl.of([policy.stanzas]))}
        for policy in plan.acl_policies
    }
    assert {name: names for name, names in found.items() if names} == {
        "people-operators-prod": {"issue-secret-ids", "revoke-leases"},
        "platform-rotation-aws-prod": {"rotate-root-credentials"},
        "platform-rotation-kubesentiment-ci-prod": {"issue-secret-ids", "end-secret-ids"},
        "platform-rotation-kubesentiment-database-prod": {"rotate-root-credentials"},
        "platform-rotation-pki-prod": {"sign-certificates", "change-issuers"},
        "platform-snapshots-prod": {"read-snapshots"},
    }


def test_the_provisioner_is_as_good_as_root_and_known_to_be() -> None:
    found = held(Acl.of([parse(provisioner.acl())]))
    assert {one.power.name for one in found if one.power.effect is Effect.ROOT} == {
        "write-acl-policies",
        "write-audit-devices",
        "write-auth-roles",
        "issue-provisioner-secret-ids",
    }


def test_it_says_how_it_leads_there() -> None:
    (one,) = held(acl(("sys/remount", "update,sudo")))
    assert str(one) == (
        "update sys/remount: it moves an engine with its secrets to a path that its ACL covers"
    )


def test_powers_are_named_once_and_grouped_by_what_comes_of_them() -> None:
    assert Counter(power.name for power in POWERS).most_common(1)[0][1] == 1
    assert (*ROOT, *MORE, *HARM) == POWERS == ALL
    assert {power.effect for power in ROOT} == {Effect.ROOT}
    assert {power.effect for power in MORE} == {Effect.MORE}
    assert {power.effect for power in HARM} == {Effect.HARM}
    for power in POWERS:
        assert not power.chain.endswith("."), power.name
        patterns = [way.pattern for way in power.ways]
        assert len(set(patterns)) == len(patterns), power.name
        assert not any(SUDO in way.capabilities for way in power.ways)


def test_ways_below_mounts() -> None:
    assert ways(WRITE, "a") == (Way("a", WRITE),)
    assert [way.pattern for way in ways(WRITE, "c", "d/+", mounts=("a", "b"))] == [
        "a/c",
        "a/d/+",
        "b/c",
        "b/d/+",
    ]
    assert {way.pattern for way in BY_NAME["sign-certificates"].ways} > {
        "pki/root/sign-intermediate",
        "pki-root/root/sign-intermediate",
    }
