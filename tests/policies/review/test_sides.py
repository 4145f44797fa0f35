"""`policies.review.sides` looks where something may differ, and nowhere else."""

from __future__ import annotations

import dataclasses

import pytest

from policies.acl import Acl
from policies.hcl import Capability
from policies.plan import KvSecret, Rotation
from policies.review import Snapshot
from policies.review.model import Status
from policies.review.sides import Sides
from tests.policies.review.sides_made import BASE, SHOP, altered, but, hcl, with_policies


def looked_at(head: Snapshot, base: Snapshot = BASE) -> set[str]:
    return {pair.label for pair in Sides(base, head).pairs()}


def test_nothing_is_looked_at_where_nothing_changed() -> None:
    assert looked_at(BASE) == set()


def test_a_changed_text_and_a_changed_role_are() -> None:
    assert looked_at(with_policies({"blog-api-prod": SHOP})) == {"blog/api"}
    roles = altered(BASE.kubernetes_roles, "shop", audience="x")
    assert looked_at(but(kubernetes_roles=roles)) == {"shop/api"}


@pytest.mark.parametrize(
    "rule",
    [
        hcl({"database/creds/shop-readonly": "read"}),
        hcl({"/database/creds/*": "read"}),
        hcl({"+/creds/*": "read"}),
        'path "d\\u0061tabase/creds/shop-readonly" { capabilities = ["read"] }',
        '/* a quote: " */ path "database/creds/shop-readonly" { capabilities = ["read"] }',
        '{"path": {"database/creds/shop-readonly": {"capabilities": ["read"]}}}',
    ],
)
def test_whoever_names_what_changed_is(rule: str) -> None:
    base = dataclasses.replace(BASE, policies={**BASE.policies, "blog-api-prod": rule})
    roles = altered(BASE.database_roles, "shop-readonly", max_ttl_seconds=1)
    assert looked_at(but(base, database_roles=roles), base) == {"shop/api", "blog/api"}


@pytest.mark.parametrize(
    "rule",
    [
        hcl({"database/creds/{{identity.entity.name}}": "read"}),
        'path "sys/x" { policy = <<END\nread\nEND\n}',
    ],
)
def test_whoever_could_name_it_in_another_way_is(rule: str) -> None:
    base = dataclasses.replace(BASE, policies={**BASE.policies, "blog-api-prod": rule})
    roles = altered(BASE.database_roles, "shop-readonly", max_ttl_seconds=1)
    assert looked_at(but(base, database_roles=roles), base) == {"shop/api", "blog/api"}
    assert looked_at(base, base) == set(), "but not where nothing changed"


def test_a_policy_that_is_not_there_names_nothing() -> None:
    policies = {name: text for name, text in BASE.policies.items() if name != "blog-api-prod"}
    base = but(policies=policies)
    roles = altered(BASE.database_roles, "shop-readonly", max_ttl_seconds=1)
    assert looked_at(but(base, database_roles=roles), base) == {"shop/api"}
    empty = but(policies={**policies, "blog-api-prod": ""})
    assert looked_at(empty, base) == set(), "it says as much as one without rules"


def test_nobody_else_is() -> None:
    assert looked_at(but(kv_entries=(*BASE.kv_entries, KvSecret("other/x", ("k",), None)))) == set()


def may(acl: Acl, path: str) -> set[Capability]:
    rule = acl.rule(path)
    return set(rule.granted) if rule else set()


def test_who_comes_and_who_goes_is_a_pair_with_one_side() -> None:
    fewer = but(kubernetes_roles=BASE.kubernetes_roles[1:])
    path, read = "secret/data/blog/x", {Capability.READ}
    (gone,) = Sides(BASE, fewer).pairs()
    assert (gone.label, gone.status, gone.head) == ("blog/api", Status.REMOVED, None)
    assert (may(gone.before, path), may(gone.after, path)) == (read, set())
    (new,) = Sides(fewer, BASE).pairs()
    assert (new.label, new.status, new.base) == ("blog/api", Status.ADDED, None)
    assert (may(new.before, path), may(new.after, path)) == (set(), read)
    assert new.sides.environment is BASE.environment


def test_a_workloads_rotations_are_those_that_log_in_as_it() -> None:
    """Jobs log in by Kubernetes: an AppRole of the same name has none."""
    shop = Rotation("r", "shop", "shop", "shop-prod", "vault-prod", "0 3 * * 1", 604800, {})
    ci = dataclasses.replace(shop, name="s", role="shop-ci")
    (pair,) = Sides(BASE, but(rotations=(shop, ci))).pairs()
    assert (pair.label, pair.rotations) == ("shop/api", ((), (shop,)))
    gone = but(kubernetes_roles=BASE.kubernetes_roles[:1])
    (pair,) = Sides(but(rotations=(shop,)), gone).pairs()
    assert pair.rotations == ((shop,), ())


def test_a_template_is_a_path_as_it_is_written() -> None:
    path = "secret/data/{{identity.entity.name}}"
    (pair,) = Sides(BASE, with_policies({"blog-api-prod": {path: "read"}})).pairs()
    assert [pattern.text for pattern in pair.after.rules] == [path]


def test_of_entries_only_those_that_changed_are_told_of() -> None:
    role, entry = "database/roles/shop-readonly", "secret/data/shop/config"
    rules = {"secret/data/shop/*": "read", "database/creds/shop-readonly": "read"}
    head = with_policies({"blog-api-prod": rules})
    (pair,) = Sides(BASE, head).pairs()
    assert [set(side) for side in pair.issued] == [set(), {role}]
    more = KvSecret("shop/config", ("password", "more"), None)
    pairs = {pair.label: pair for pair in Sides(BASE, but(head, kv_entries=(more,))).pairs()}
    assert [set(side) for side in pairs["blog/api"].issued] == [set(), {role, entry}]
    before, after = pairs["shop/api"].issued
    assert (before[entry].says, after[entry].says) == (BASE.kv_entries[0], more)


def test_a_pair_answers_to_the_bases_owner() -> None:
    taken = tuple(dataclasses.replace(owner, team="thief-team") for owner in BASE.owners)
    head = but(with_policies({"blog-api-prod": SHOP}), owners=taken)
    (pair,) = Sides(BASE, head).pairs()
    assert pair.team == "blog-team"
    assert pair.owners == {"blog"}
    assert pair.status is Status.CHANGED


def test_an_application_cannot_claim_anothers_workload() -> None:
    blog, people, shop = BASE.owners
    shop = dataclasses.replace(shop, members=(*shop.members, *blog.members))
    head = but(with_policies({"blog-api-prod": SHOP}), owners=(people, shop))
    (pair,) = Sides(BASE, head).pairs()
    assert pair.head
    assert pair.head.owner == shop
    assert pair.owners == {"blog"}


def test_rules_that_are_equal_are_parsed_once() -> None:
    roles = altered(BASE.kubernetes_roles, "shop", audience="x")
    (pair,) = Sides(BASE, but(kubernetes_roles=roles)).pairs()
    assert pair.after is pair.before
