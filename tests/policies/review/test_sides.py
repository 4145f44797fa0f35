"""`policies.review.sides` looks where something may differ, and nowhere else."""

from __future__ import annotations

import dataclasses

import pytest

from policies.plan import KvSecret
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


def test_nobody_else_is() -> None:
    assert looked_at(but(kv_entries=(*BASE.kv_entries, KvSecret("other/x", ("k",), None)))) == set()


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
