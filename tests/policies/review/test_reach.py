"""`policies.review.reach` finds a mark if and only if some path within it is newly allowed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.acl import Acl, Pattern
from policies.hcl import Capability, Stanza, parse
from policies.plan import Owner
from policies.review.difference import difference
from policies.review.reach import Led, Reach, Reached, Secret, reach
from policies.review.sides import Sides
from policies.review.territory import Owned, Territory
from tests.policies.review.sides_made import but, hcl

OWNERS = (
    Owner("other", "other-team", (), ("s/+/a/*", "b/c")),
    Owner("own", "own-team", (), ("s/+/b/*",)),
)
TERRITORY = Territory(Sides(but(owners=OWNERS), but(owners=OWNERS)))
READ, UPDATE, LIST, SUDO, DENY = (
    Capability.READ,
    Capability.UPDATE,
    Capability.LIST,
    Capability.SUDO,
    Capability.DENY,
)


def reached(before: dict[str, str], after: dict[str, str]) -> Reach:
    return between(hcl(before), hcl(after))


def between(before: str, after: str) -> Reach:
    old, new = Acl.of([parse(before)]), Acl.of([parse(after)])
    return reach(old, new, difference(old, new), TERRITORY, frozenset({"own"}))


def powers(found: Reach) -> set[str]:
    return {one.mark.power.name for one in found.powers if isinstance(one.mark, Led)}


def shown(many: Sequence[Reached]) -> list[tuple[str, str, str]]:
    return [(one.rule, " ".join(sorted(one.capabilities)), one.witness) for one in many]


def test_anothers_paths() -> None:
    found = reached({}, {"s/data/*": "read list"})
    assert shown(found.owned) == [("s/data/*", "list read", "s/data/a/any")]
    assert reached({}, {"s/data/b/*": "read"}).owned == []


def test_what_was_there_before_is_not_reached() -> None:
    assert reached({"s/+/a/*": "read"}, {"s/data/*": "read", "s/+/a/*": "read"}).owned == []


def test_an_exception_keeps_a_wide_rule_away() -> None:
    assert reached({}, {"s/*": "read", "s/+/a/*": "deny", "b/c": "read"}).owned[0].rule == "b/c"


def test_what_is_given_more_freely_is_reached() -> None:
    free = hcl({"b/c": "update"})
    assert shown(between(asked("b/c"), free).owned) == [("b/c", "update", "b/c")]
    assert between(free, asked("b/c")).owned == []


def asked(path: str) -> str:
    """Update, of requests that say why."""
    return f'path "{path}" {{ capabilities = ["update"]\nrequired_parameters = ["why"] }}'


def test_what_goes_is_not_given_more_freely() -> None:
    assert shown(between(asked("b/c"), hcl({"b/c": "read"})).owned) == [("b/c", "read", "b/c")]


@pytest.mark.parametrize(("had", "more"), [("list", "read"), ("read", "list")])
def test_what_comes_to_another_capability_is_told_alone(had: str, more: str) -> None:
    (one,) = reached({"b/c": had}, {"b/c": "read list"}).owned
    assert (one.capabilities, one.instead_of) == ({Capability(more)}, "b/c")
    (one,) = reached({}, {"b/c": had}).owned
    assert (one.capabilities, one.instead_of) == ({Capability(had)}, "")


def test_powers_take_sudo_where_the_path_is_root_protected() -> None:
    assert powers(reached({}, {"sys/auth/x": "update"})) == set()
    assert "mount-auth" in powers(reached({}, {"sys/auth/x": "update sudo"}))
    assert "mount-auth" in powers(reached({"sys/auth/x": "update"}, {"sys/auth/x": "update sudo"}))


def test_some_powers_take_sudo_although_vault_does_not_ask_for_it() -> None:
    assert powers(reached({}, {"auth/token/create": "update"})) == {"create-tokens"}
    found = reached({}, {"auth/token/create": "update sudo"})
    assert powers(found) == {"create-tokens", "create-any-token"}


def test_a_power_that_is_given_more_freely_is_reached() -> None:
    path = "database/roles/a"
    assert powers(between(asked(path), hcl({path: "update"}))) == {"write-database-roles"}
    assert powers(between(hcl({path: "update"}), asked(path))) == set()


def test_a_power_is_told_with_the_rule_in_whose_place_it_came() -> None:
    (one,) = reached({"database/roles/a": "read"}, {"database/roles/a": "read update"}).powers
    assert (one.rule, one.instead_of) == ("database/roles/a", "database/roles/a")


def test_a_power_that_stays_is_not_reached_by_what_else_comes() -> None:
    before = {"database/roles/*": "update"}
    found = reached(before, {**before, "database/roles/b": "read update"})
    assert (found.powers, found.had) == ([], {"write-database-roles"})


def test_a_power_that_was_held_by_another_way_is_known() -> None:
    before = {"database/static-roles/a": "update"}
    found = reached(before, {**before, "database/roles/b": "update"})
    assert found.had == {"write-database-roles"}


def test_a_power_that_was_held_elsewhere_is_known() -> None:
    before = {"database/roles/a": "update"}
    found = reached(before, {**before, "database/roles/b": "update"})
    assert powers(found) == {"write-database-roles"}
    assert found.had == {"write-database-roles"}
    assert reached({}, before).had == set()


def test_no_power_where_vault_refuses_the_path() -> None:
    assert powers(reached({}, {"database/roles/": "update"})) == set()


def test_the_provisioners_credential() -> None:
    found = reached({}, {"auth/provisioner/role/+/role-id": "read"})
    assert [one.mark.what for one in found.secrets if isinstance(one.mark, Secret)] == [
        "one half of what the provisioner logs in with"
    ]
    assert reached({}, {"auth/provisioner/role/+": "read"}).secrets == []
    listing = reached({}, {"auth/provisioner/role/x/secret-id": "list"})
    assert shown(listing.secrets)[0][:2] == ("auth/provisioner/role/x/secret-id", "list")
    assert [one.mark.what for one in listing.secrets if isinstance(one.mark, Secret)] == [
        "how many secret IDs the provisioner has, and their names"
    ]


@pytest.mark.parametrize("end", ["role-id", "secret-id"])
def test_writing_them_is_not_reading_the_provisioners_credential(end: str) -> None:
    """It is a power, which is told as one."""
    assert reached({}, {f"auth/provisioner/role/x/{end}": "update"}).secrets == []


@pytest.mark.parametrize(
    ("end", "capability"),
    [("role-id", "read"), ("secret-id", "list"), ("secret-id/lookup", "update")],
)
def test_of_the_provisioners_credential_only_what_comes_is_told(end: str, capability: str) -> None:
    path = f"auth/provisioner/role/x/{end}"
    (one,) = reached({path: "delete"}, {path: f"delete create {capability}"}).secrets
    assert (one.capabilities, one.instead_of) == ({Capability(capability)}, path)


def test_sudo_counts_on_root_protected_paths() -> None:
    assert shown(reached({}, {"sys/leases/lookup/*": "list sudo"}).sudo)[0][:2] == (
        "sys/leases/lookup/*",
        "sudo",
    )
    assert reached({}, {"s/b/*": "read sudo"}).sudo == []
    assert reached({}, {"sys/mounts": "read sudo"}).sudo == []
    assert reached({}, {"sys/leases/lookup/*": "read"}).sudo == []


def test_sudo_is_told_of_what_is_read_and_of_what_is_listed_by_the_path_without_slash() -> None:
    path = "sys/leases/lookup/*"
    (one,) = reached({path: "read"}, {path: "read sudo"}).sudo
    assert (one.rule, one.capabilities, one.instead_of) == (path, {SUDO}, path)
    path = "auth/token/accessors"
    (one,) = reached({path: "list"}, {path: "list sudo"}).sudo
    assert (one.rule, one.capabilities, one.instead_of) == (path, {SUDO}, path)
    assert one.witness == f"{path}/"
    assert reached({path: "sudo"}, {path: "read sudo"}).sudo == []


def test_sudo_of_a_listing_that_stays_is_not_reached_by_what_else_comes() -> None:
    before = {"auth/token/accessors": "list sudo"}
    assert reached(before, {**before, "auth/token/*": "read"}).sudo == []


def test_writing_what_was_only_read() -> None:
    found = reached({"x/*": "read"}, {"x/*": "read update"})
    assert [(one.rule, one.instead_of) for one in found.writes] == [("x/*", "x/*")]
    assert reached({"x/*": "list"}, {"x/*": "list update"}).writes == []
    assert reached({"x/*": "read create"}, {"x/*": "read create update"}).writes == []
    assert reached({"x/a": "read"}, {"x/a": "read", "x/b": "update"}).writes == []
    assert reached({"x/a": "read"}, {"x/a": "read sudo", "x/b": "update"}).writes == []


# --- complete, for any two ACLs -------------------------------------------------------------------

SEGMENTS = st.sampled_from(["s", "a", "b", "c", "+", "data"])
PATHS = st.builds(
    lambda parts, end: "/".join(parts) + end,
    st.lists(SEGMENTS, min_size=1, max_size=4),
    st.sampled_from(["", "*", "/*"]),
).filter(lambda path: "+*" not in path)
RULES = st.lists(
    st.tuples(PATHS, st.lists(st.sampled_from([READ, UPDATE, LIST, SUDO, DENY]), max_size=3)),
    max_size=5,
)
ASKED = st.lists(st.sampled_from(["s", "a", "b", "c", "data", "zz"]), min_size=1, max_size=5)


def made(rules: list[tuple[str, list[Capability]]]) -> Acl:
    return Acl.of([[Stanza(path, tuple(capabilities)) for path, capabilities in rules]])


def granted(acl: Acl, path: str, capability: Capability) -> bool:
    rule = acl.rule(path, listing=capability is LIST)
    return rule is not None and capability in rule.granted


@settings(max_examples=150)
@given(RULES, RULES, st.lists(ASKED, min_size=20, max_size=40))
def test_a_mark_is_reached_if_and_only_if_a_path_within_it_is(
    before: list[tuple[str, list[Capability]]],
    after: list[tuple[str, list[Capability]]],
    asked: list[list[str]],
) -> None:
    old, new = made(before), made(after)
    found = reach(old, new, difference(old, new), TERRITORY, frozenset({"own"})).owned
    for one in found:
        assert isinstance(one.mark, Owned)
        assert one.mark.pattern.matches(one.witness)
        gained = [c for c in one.capabilities if granted(new, one.witness, c)]
        assert any(not granted(old, one.witness, c) for c in gained)
    told = {(one.mark.pattern.text, c) for one in found if one.mark for c in one.capabilities}
    for path in {"/".join(parts) for parts in asked} | {"b/c", "s/data/a/any"}:
        for text in ("s/+/a/*", "b/c"):
            for capability in (READ, UPDATE, SUDO, LIST):
                newly = granted(new, path, capability) and not granted(old, path, capability)
                if newly and Pattern.of(text).matches(path):
                    assert (text, capability) in told
