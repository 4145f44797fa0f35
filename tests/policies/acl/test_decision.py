"""One rule decides, and how: what Vault's own rules say of it, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from policies.acl import (
    Acl,
    AclError,
    Entity,
    Identity,
    Operation,
    Pattern,
    Request,
    Rule,
    differing,
)
from policies.hcl import Capability, Stanza, parse


def acl_of(*stanzas: str) -> Acl:
    """From `PATH: CAPABILITY, CAPABILITY`."""
    blocks = list[str]()
    for stanza in stanzas:
        path, _, words = stanza.rpartition(":")
        listed = ", ".join(f'"{word}"' for word in words.split())
        blocks.append(f'path "{path}" {{ capabilities = [{listed}] }}')
    return Acl.of([parse("\n".join(blocks))])


def name(rule: Rule | None) -> str | None:
    return rule.pattern.text if rule else None


# --- which rule ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stanzas", "path", "deciding"),
    [
        (["a/b: read", "a/*: list", "a/+: list"], "a/b", "a/b"),
        (["a/b*: read", "a/+/c: list"], "a/b/c", "a/b*"),
        (["a/+: read", "a/*: list"], "a/b", "a/+"),
        (["a/*: read", "a/+/*: list"], "a/b/c", "a/*"),
        (["foo/+/*: read", "+/*: list"], "foo/a/b", "foo/+/*"),
        (["+/b: read", "*: list"], "a/b", "+/b"),
        (["foo/bar/+/ba*: read", "foo/bar/+/b*: list"], "foo/bar/x/bar", "foo/bar/+/ba*"),
        (["foo/+/bar/baz: read", "foo/+/+/baz: list"], "foo/x/bar/baz", "foo/+/bar/baz"),
        (["a*: read", "ab*: list", "*: sudo"], "abc", "ab*"),
        (["a*: read", "ab*: list", "*: sudo"], "ac", "a*"),
        (["foo/*: read"], "foo", None),
        (["foo: read"], "foo/", None),
        (["foo/+: read"], "foo/x/", None),
        (["ä*: read", "*: list"], "äb", "ä*"),
        (["+/x: read"], "/x", "+/x"),
    ],
)
def test_one_rule_decides(stanzas: list[str], path: str, deciding: str | None) -> None:
    assert name(acl_of(*stanzas).rule(path)) == deciding
    assert name(acl_of(*reversed(stanzas)).rule(path)) == deciding


@pytest.mark.parametrize(
    ("stanzas", "path", "deciding"),
    [
        (["secret/*: read", "secret/foo/*: list"], "secret/foo/", "secret/*"),
        (["secret/*: read", "secret/foo/*: list"], "secret/foo/bar/", "secret/foo/*"),
        (["kv/metadata/*: list", "kv/metadata/x/*: deny"], "kv/metadata/x/", "kv/metadata/*"),
        (["secret/foo: list"], "secret/foo/", "secret/foo"),
        (["secret/foo: list", "secret/foo/: deny"], "secret/foo/", "secret/foo/"),
        (["secret/*: list"], "secret/", "secret/*"),
        (["secret/*: list"], "secret", None),
        (["foo/+: list"], "foo/", "foo/+"),
        (["foo/+: list"], "foo/x/", "foo/+"),
        (["a/*: list", "a/b/+: deny"], "a/b/", "a/*"),
    ],
)
def test_a_list_looks_without_the_slash_first(
    stanzas: list[str], path: str, deciding: str | None
) -> None:
    assert name(acl_of(*stanzas).rule(path, listing=True)) == deciding


def test_a_denial_elsewhere_does_not_overrule_what_is_more_specific() -> None:
    acl = acl_of("a/*: deny", "a/b: read")
    assert acl.decide(Request(Operation.READ, "a/b")).allowed
    assert not acl.decide(Request(Operation.READ, "a/c")).allowed


def test_capabilities_of_different_rules_never_add_up() -> None:
    acl = acl_of("a/*: read", "a/b: list")
    assert acl.capabilities("a/b") == ("list",)


def test_a_rule_without_capabilities_hides_those_behind_it() -> None:
    acl = acl_of("a/*: read", "a/b:")
    assert acl.capabilities("a/b") == ("deny",)
    assert not acl.decide(Request(Operation.READ, "a/b")).allowed


def test_a_list_is_decided_as_a_list_and_nothing_else_is() -> None:
    acl = acl_of("secret/foo: list read", "secret/foo/*: deny")
    assert acl.decide(Request(Operation.LIST, "secret/foo/")).allowed
    assert not acl.decide(Request(Operation.READ, "secret/foo/")).allowed


def test_slashes_in_front_change_nothing() -> None:
    acl = acl_of("a/b: read", "X/b: read")
    assert acl.decide(Request(Operation.READ, "//a/b")).allowed
    assert acl.decide(Request(Operation.READ, "X/b")).allowed
    assert acl.capabilities("X/b") == ("read",)
    assert not acl.decide(Request(Operation.READ, "a/b/")).allowed


# --- sys/capabilities ----------------------------------------------------------------------------


def test_capabilities_are_sorted_and_none_are_a_denial() -> None:
    acl = acl_of("a: update subscribe sudo read recover patch list delete create", "b: deny")
    everything = sorted(set(Capability) - {Capability.DENY})
    assert acl.capabilities("a") == tuple(everything)
    assert acl.capabilities("b") == acl.capabilities("c") == ("deny",)


def test_capabilities_look_as_a_list_does_whatever_the_slashes_in_front() -> None:
    acl = acl_of("secret/foo: read")
    assert acl.capabilities("//secret/foo/") == ("read",)
    assert not acl.decide(Request(Operation.READ, "secret/foo/")).allowed


def test_capabilities_look_at_no_restriction() -> None:
    acl = Acl.of([parse('path "a" { capabilities = ["read"] max_wrapping_ttl = 1 }')])
    assert acl.capabilities("a") == ("read",)
    assert not acl.decide(Request(Operation.READ, "a")).allowed


# --- operations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "capability"),
    [
        (Operation.CREATE, "create"),
        (Operation.READ, "read"),
        (Operation.UPDATE, "update"),
        (Operation.DELETE, "delete"),
        (Operation.LIST, "list"),
        (Operation.PATCH, "patch"),
        (Operation.RECOVER, "recover"),
        (Operation.SUDO, "sudo"),
        (Operation.RENEW, "update"),
        (Operation.REVOKE, "update"),
        (Operation.ROLLBACK, "update"),
    ],
)
def test_each_operation_takes_its_own_capability(operation: Operation, capability: str) -> None:
    for granted in set(Capability) - {Capability.DENY}:
        decision = acl_of(f"a: {granted}").decide(Request(operation, "a"))
        assert decision.allowed is (granted == capability)
        assert name(decision.rule) == "a"


def test_help_is_for_everyone_and_headers_for_none() -> None:
    acl = acl_of("a: create read update delete list sudo patch subscribe recover")
    helped = acl_of("a: deny").decide(Request(Operation.HELP, "a"))
    assert (helped.allowed, helped.reason) == (True, "help is for everyone")
    assert not acl.decide(Request(Operation.HEADER, "a")).allowed


@pytest.mark.parametrize("operation", [one for one in Operation if one is not Operation.HELP])
def test_what_denies_denies_all_but_help(operation: Operation) -> None:
    decision = acl_of("a: deny").decide(Request(operation, "a"))
    assert not decision.allowed
    assert decision.reason == "a denies"


def test_no_rule_is_no_access() -> None:
    decision = Acl.of([]).decide(Request(Operation.READ, "a"))
    assert (decision.allowed, decision.rule) == (False, None)
    assert decision.reason == "no rule matches the path"


def test_root_protected_paths_take_sudo_besides() -> None:
    read, sudo = Request(Operation.READ, "sys/auth/a"), Request(Operation.SUDO, "sys/auth/a")
    plain, both = acl_of("sys/*: read"), acl_of("sys/*: read sudo")
    assert not plain.decide(read).allowed
    assert "root-protected" in plain.decide(read).reason
    assert both.decide(read).allowed
    assert both.decide(sudo).allowed
    assert not acl_of("sys/*: sudo").decide(read).allowed
    root = Request(Operation.DELETE, "pki/root")
    assert acl_of("pki/root: delete").decide(root).allowed
    assert not acl_of("pki/root: delete").decide(root, {"pki/": "pki"}).allowed


# --- wrapping and parameters ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("restriction", "allowed", "refused"),
    [
        ("max_wrapping_ttl = 60", [0, 1, 60], [None, 60.5, 61]),
        ("min_wrapping_ttl = 60", [60, 61, 9999], [None, 0, 59.9]),
        ("min_wrapping_ttl = 1", [1], [None, 0]),
        ("min_wrapping_ttl = 60\nmax_wrapping_ttl = 60", [60], [None, 59, 61]),
        ('max_wrapping_ttl = "1500ms"', [0, 1, 1.5], [None, 1.500000001, 2]),
        ('min_wrapping_ttl = "5ms"', [0.005, 1], [None, 0, 0.004999999]),
        ("max_wrapping_ttl = -5", [None, 0, 9999], []),
        ('min_wrapping_ttl = ""', [None, 0, 1], []),
    ],
)
@pytest.mark.parametrize("operation", [Operation.LIST, Operation.DELETE, Operation.UPDATE])
def test_wrapping_is_asked_of_every_operation(
    restriction: str, allowed: list[float | None], refused: list[float | None], operation: Operation
) -> None:
    text = f'path "a" {{ capabilities = ["list", "delete", "update"]\n{restriction} }}'
    acl = Acl.of([parse(text)])
    for wrap_ttl in (*allowed, *refused):
        decision = acl.decide(Request(operation, "a", {}, wrap_ttl))
        assert decision.allowed is (wrap_ttl in allowed), decision.reason


def test_merging_can_leave_no_lifetime_of_wrapping_at_all() -> None:
    texts = ("min_wrapping_ttl = 60", "max_wrapping_ttl = 30")
    acl = Acl.of([parse(f'path "a" {{ capabilities = ["read"]\n{text} }}') for text in texts])
    for wrap_ttl in (None, 29.0, 30.0, 45.0, 60.0, 61.0):
        assert not acl.decide(Request(Operation.READ, "a", {}, wrap_ttl)).allowed


@pytest.mark.parametrize(
    ("operation", "looks"),
    [
        (Operation.CREATE, True),
        (Operation.READ, True),
        (Operation.UPDATE, True),
        (Operation.PATCH, True),
        (Operation.RECOVER, True),
        (Operation.LIST, False),
        (Operation.DELETE, False),
        (Operation.RENEW, False),
    ],
)
@pytest.mark.parametrize(
    ("restriction", "data"),
    [
        ('allowed_parameters = { a = ["x"] }', {"a": "y"}),
        ("denied_parameters = { a = [] }", {"a": "y"}),
        ('required_parameters = ["b"]', {}),
    ],
)
def test_parameters_are_looked_at_where_they_can_change_something(
    operation: Operation, looks: bool, restriction: str, data: dict[str, Any]
) -> None:
    everything = ", ".join(f'"{one}"' for one in Capability if one is not Capability.DENY)
    acl = Acl.of([parse(f'path "a" {{ capabilities = [{everything}]\n{restriction} }}')])
    assert acl.decide(Request(operation, "a", data)).allowed is not looks


# --- building ------------------------------------------------------------------------------------


def test_nameless_policies_are_numbered() -> None:
    acl = Acl.of([parse('path "a" { policy = "read" }'), parse('path "a" { policy = "write" }')])
    (rule,) = acl.rules.values()
    assert [source.policy for source in rule.sources] == ["#1", "#2"]


def test_nameless_policies_are_filled_in_for_their_holder_as_named_ones_are() -> None:
    policy = parse('path "a/{{identity.entity.name}}" { capabilities = ["read"] }')
    ada = Identity(Entity("e-1", "ada"))
    for policies in ([policy], {"named": policy}):
        assert Acl.of(policies, ada).capabilities("a/ada") == ("read",)
        assert Acl.of(policies).rules == {}


def test_the_reason_names_the_deciding_rule() -> None:
    decision = acl_of("a/+: read").decide(Request(Operation.UPDATE, "a/b"))
    assert decision.reason == "a/+ grants no update"


def test_a_pattern_that_stops_within_a_letter_is_not_decided() -> None:
    """Vault matches bytes: `a\\xc3*` would be for `aé`, too. Better no answer than a wrong one."""
    for path in ("a\\xc3*", "+/\\xc3*", "a\\xe6\\x97*", "a\\x80*", "a\\xff*"):
        with pytest.raises(AclError, match=r"stops within a letter.*write whole letters"):
            acl_of(f"{path}: read")
    assert acl_of("a\\xc3\\xa9*: read").capabilities("aéb") == ("read",)
    assert acl_of("a\\xc3: read").capabilities("aé") == ("deny",)


def test_rules_differ_by_what_they_decide() -> None:
    one, other = (Acl.of([[Stanza("a", (Capability.READ,), comment)]]) for comment in ("b", "c"))
    assert list(differing(one, other)) == []
    before, after = acl_of("a: read", "b: read", "c: read"), acl_of("b: read", "c: list", "d: read")
    assert set(differing(before, after)) == {Pattern.of(text) for text in ("a", "c", "d")}
