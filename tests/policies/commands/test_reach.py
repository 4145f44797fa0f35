"""What an ACL allows within a path or a pattern is what Vault would really let through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.acl import Acl, Operation, Pattern, Request
from policies.commands.errors import CommandError
from policies.commands.reach import Reach, listed_as, reaches, served
from policies.hcl import Capability, Stanza
from policies.paths import PROTECTED_MOUNTS

WORDS = ("create", "read", "update", "delete", "list", "sudo", "patch", "deny")


def acl(*rules: tuple[str, str], **stanza: int) -> Acl:
    return Acl.of(
        [
            [
                Stanza(path, tuple(Capability(word) for word in words.split()), **stanza)  # type: ignore[arg-type]
                for path, words in rules
            ]
        ]
    )


def found(it: Acl, text: str) -> dict[str, tuple[str, str]]:
    return {
        str(one.rule.pattern): (" ".join(sorted(one.capabilities)), one.example)
        for one in reaches(it, Pattern.of(text))
    }


def test_of_one_path() -> None:
    it = acl(("secret/data/*", "read"), ("secret/data/a", "update"))
    assert found(it, "secret/data/a") == {"secret/data/a": ("update", "secret/data/a")}
    assert found(it, "secret/data/b") == {"secret/data/*": ("read", "secret/data/b")}
    assert found(it, "sys/mounts") == {}


def test_list_is_asked_with_a_slash_and_may_be_of_another_rule() -> None:
    it = acl(("secret/metadata/*", "list"), ("secret/metadata/a", "read"))
    # LIST of the folder is decided by the rule of its name, which has no list.
    assert found(it, "secret/metadata/a") == {"secret/metadata/a": ("read", "secret/metadata/a")}
    assert found(it, "secret/metadata/b") == {"secret/metadata/*": ("list", "secret/metadata/b/")}
    assert listed_as("a") == listed_as("a/") == "a/"


def test_within_a_pattern_each_rule_has_a_witness() -> None:
    it = acl(("secret/data/a/*", "read"), ("secret/data/+/x", "update"), ("sys/mounts", "read"))
    assert found(it, "secret/*") == {
        "secret/data/+/x": ("update", "secret/data/any/x"),
        "secret/data/a/*": ("read", "secret/data/a/x"),
    }
    assert set(found(it, "*")) == {"secret/data/+/x", "secret/data/a/*", "sys/mounts"}


def test_a_rule_that_others_hide_is_left_out() -> None:
    it = acl(("secret/+", "read"), ("secret/*", "deny"))
    assert found(it, "secret/a") == {"secret/+": ("read", "secret/a")}
    it = acl(("a/+/c", "read"), ("a/*", "read"), ("a/b*", "deny"))
    assert found(it, "a/b/*") == {}


def test_a_root_protected_path_takes_sudo() -> None:
    assert found(acl(("sys/audit", "read")), "sys/audit") == {}
    assert found(acl(("sys/audit", "read sudo")), "sys/audit")
    assert found(acl(("pki/root", "delete")), "pki/root") == {}
    assert found(acl(("secret/data/root", "delete")), "secret/data/root")


def test_nothing_is_written_to_a_path_that_ends_in_a_slash() -> None:
    assert found(acl(("secret/data/a/", "read update")), "secret/data/a/") == {
        "secret/data/a/": ("read", "secret/data/a/")
    }


def test_conditions_are_told_and_impossible_ones_count() -> None:
    (one,) = reaches(acl(("a/b", "read"), min_wrapping_ttl=60), Pattern.of("a/b"))
    assert one.conditions == "wrapped for at least 60 s"
    never = acl(("a/b", "read sudo"), min_wrapping_ttl=60, max_wrapping_ttl=30)
    assert found(never, "a/b") == {"a/b": ("sudo", "a/b")}
    least = acl(("a/b", "read sudo"), min_wrapping_ttl=2, max_wrapping_ttl=1)
    assert found(least, "a/b") == {"a/b": ("sudo", "a/b")}
    just = acl(("a/b", "read sudo"), min_wrapping_ttl=60, max_wrapping_ttl=60)
    assert found(just, "a/b") == {"a/b": ("read sudo", "a/b")}
    only_least = acl(("a/b", "read sudo"), min_wrapping_ttl=60)
    assert found(only_least, "a/b") == {"a/b": ("read sudo", "a/b")}


PATHS = st.lists(st.sampled_from(["a", "b", "+"]), min_size=1, max_size=3).map("/".join)
RULES = st.tuples(
    st.builds("{}{}".format, PATHS, st.sampled_from(["", "/*", "/"])),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
)


@given(st.lists(RULES, max_size=5), st.sampled_from(["*", "a/*", "+/b", "a/b", "b/"]))
def test_every_witness_is_let_through_and_nothing_that_is_let_through_is_left_out(
    rules: list[tuple[str, str]], asked: str
) -> None:
    it, pattern = acl(*rules), Pattern.of(asked)
    told = reaches(it, pattern)
    for one in told:
        for capability in one.capabilities:
            path = one.folder if capability is Capability.LIST else one.witness
            assert it.decide(Request(Operation(capability.value), path), PROTECTED_MOUNTS).allowed
    may = {capability.value for one in told for capability in one.capabilities}
    for path in ("a", "b", "a/b", "b/b", "a/x/y", "z", "a/b/c", "b/", "a/a/"):
        for operation in (Operation.READ, Operation.DELETE, Operation.SUDO, Operation.LIST):
            if pattern.matches(path) and (operation is not Operation.LIST or path.endswith("/")):
                allowed = it.decide(Request(operation, path), PROTECTED_MOUNTS).allowed
                assert not allowed or operation.value in may


def test_list_has_a_path_of_its_own_where_it_must() -> None:
    it = acl(("secret/metadata/*", "read list"), ("secret/metadata/a", "read"))
    rows = found(it, "secret/metadata/+")
    assert rows["secret/metadata/a"] == ("read", "secret/metadata/a")
    assert rows["secret/metadata/*"] == ("list read", "secret/metadata/any")
    rule = it.rule("secret/metadata/b")
    assert rule
    both = frozenset({Capability.READ, Capability.LIST})
    assert Reach(rule, both, "a", "a/").example == "a"
    assert Reach(rule, both, "a", "b/").example == "a, LIST b/"
    assert Reach(rule, both, "", "b/").example == "b/"
    assert Reach(rule, both, "a", "").example == "a"


def test_what_is_protected_is_told_apart_within_a_rule() -> None:
    rows = found(acl(("+/root", "delete")), "pki/*")
    assert rows == {}
    rows = found(acl(("pki/+", "delete")), "pki/*")
    assert rows == {"pki/+": ("delete", "pki/any")}
    assert found(acl(("pki/root*", "delete")), "pki/*") == {"pki/root*": ("delete", "pki/rootany")}


@pytest.mark.parametrize("path", ["secret/data/x", "/sys/mounts", "auth/token/create", "+/data/*"])
def test_a_path_that_a_mount_serves(path: str) -> None:
    assert served(path).text == path.lstrip("/")


@pytest.mark.parametrize("path", ["kv/data/x", "secret", "", "auth/ldap/login", "kv/*", "+"])
def test_a_path_that_no_mount_serves_is_told_the_mounts(path: str) -> None:
    with pytest.raises(CommandError) as caught:
        served(path)
    assert f"path {path!r}: must lie under a mount; the mounts are secret, database" in str(
        caught.value
    )
