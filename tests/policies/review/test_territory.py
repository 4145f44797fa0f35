"""`policies.review.territory`: whose is what, by the base's word first."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.hcl import Capability
from policies.plan import Owner
from policies.review import Snapshot
from policies.review.coverage import BELOW, by_domain
from policies.review.difference import AccessChange, Direction
from policies.review.model import Severity
from policies.review.sides import Sides
from policies.review.territory import Territory, decided_by, identities_of
from tests.policies.review.sides_made import BASE, but, finding, reviewed, rules_of


def line(rule: str) -> AccessChange:
    return AccessChange(Direction.GAINED, (), rule, (), "", rule, ())


def of_others(rule: str, own: str, head: Snapshot = BASE) -> set[tuple[str, str, str]]:
    found = Territory(Sides(BASE, head)).of_others(line(rule), frozenset({own}))
    return {(one.pattern.text, one.owner, one.team) for one in found}


def test_what_a_rule_meets_of_others() -> None:
    assert of_others("secret/data/*", "shop") == {("secret/+/blog/*", "blog", "blog-team")}
    assert of_others("secret/data/shop/*", "shop") == set()
    assert of_others("sys/*", "shop") == set()


def test_whoever_owns_a_role_owns_its_other_ways() -> None:
    assert of_others("aws/sts/*", "blog") == {("aws/sts/shop-files", "shop", "shop-team")}
    assert of_others("pki/sign/shop-api", "blog") == {
        ("pki/sign/shop-api", "shop", "shop-team"),
    }


def test_a_change_cannot_choose_who_is_asked() -> None:
    blog, people, shop = BASE.owners
    thief = dataclasses.replace(blog, team="shop-team")
    assert of_others("secret/data/blog/*", "shop", but(owners=(thief, people, shop))) == {
        ("secret/+/blog/*", "blog", "blog-team")
    }
    assert of_others("secret/data/blog/*", "shop", but(owners=(people, shop))) == {
        ("secret/+/blog/*", "blog", "blog-team")
    }


def test_an_application_that_is_new_has_no_team_that_counts() -> None:
    new = Owner("new", "new-team", (), ("secret/+/new/*",))
    head = but(owners=(*BASE.owners, new))
    assert of_others("secret/data/new/*", "shop", head) == {("secret/+/new/*", "new", "")}


def test_another_team_is_told_and_the_old_one_asked() -> None:
    blog, people, shop = BASE.owners
    review = reviewed(but(owners=(dataclasses.replace(blog, team="other-team"), people, shop)))
    one = finding(review, "ownership")
    assert one.title == "blog answers to other-team instead of blog-team"
    assert one.reasons == (
        "from the next change on that team is asked about its paths: secret/+/blog/*",
    )
    assert one.severity is Severity.HIGH
    assert one.approvers == ("blog-team",)


def test_who_answers_to_no_team_is_told_so() -> None:
    blog, people, shop = BASE.owners
    nobody = dataclasses.replace(shop, team="")
    one = finding(reviewed(but(owners=(blog, people, nobody))), "ownership")
    assert one.title == "shop answers to no team instead of shop-team"
    assert one.reasons[0].endswith(f" is asked about its paths: {', '.join(shop.paths)}")
    assert one.approvers == ("shop-team",)
    somebody = dataclasses.replace(people, team="ops-team")
    one = finding(reviewed(but(owners=(blog, somebody, shop))), "ownership")
    assert one.title == "people answers to ops-team instead of none"
    assert one.approvers == ("platform-team",), "it has nobody who could be asked"


def test_taking_anothers_path_is_told() -> None:
    blog, people, shop = BASE.owners
    wide = dataclasses.replace(shop, paths=(*shop.paths, "secret/+/*"))
    review = reviewed(but(owners=(blog, people, wide)))
    one = finding(review, "ownership")
    assert one.title == "secret/+/* is said to be of shop, and secret/+/blog/* is of blog"
    assert one.reasons == (
        "shop-team would be asked, from the next change on, about what blog-team answers for",
    )
    assert one.severity is Severity.HIGH
    assert one.approvers == ("blog-team",)


def test_a_path_of_who_has_no_team_is_somebodys_all_the_same() -> None:
    blog, people, shop = BASE.owners
    base = but(owners=(blog, dataclasses.replace(people, paths=("sys/mounts",)), shop))
    wide = dataclasses.replace(people, name="newcomer", paths=("sys/mounts",), members=())
    one = finding(reviewed(but(base, owners=(*base.owners, wide)), base), "ownership")
    assert one.title == "sys/mounts is said to be of newcomer, and sys/mounts is of people"
    assert one.reasons == (
        "newcomer would be asked, from the next change on, about what people answers for",
    )
    assert one.approvers == ("platform-team",)
    gone = finding(reviewed(BASE, base), "ownership")
    assert gone.title == "sys/mounts is not said to be of people any more"
    assert gone.approvers == ("platform-team",)


def test_two_that_are_new_take_nothing_from_each_other() -> None:
    """Neither was there to be asked."""
    one, other = (Owner(name, f"{name}-team", (), ("secret/+/new/*",)) for name in ("a", "b"))
    assert rules_of(reviewed(but(owners=(one, other, *BASE.owners)))) == []


def test_a_path_more_of_ones_own_is_not_told() -> None:
    blog, people, shop = BASE.owners
    more = dataclasses.replace(shop, paths=(*shop.paths, "aws/creds/shop-more"))
    assert rules_of(reviewed(but(owners=(blog, people, more)))) == []


def test_a_path_that_nobody_answers_for_any_more() -> None:
    """Two changes, each harmless to look at, would otherwise take another's secrets."""
    blog, people, shop = BASE.owners
    less = dataclasses.replace(shop, paths=tuple(p for p in shop.paths if p != "secret/+/shop/*"))
    one = finding(reviewed(but(owners=(blog, people, less))), "ownership")
    assert one.title == "secret/+/shop/* is not said to be of shop any more"
    assert one.reasons == ("from the next change on nobody is asked who reaches for it",)
    assert one.severity is Severity.HIGH
    assert one.approvers == ("shop-team",)


def test_a_path_whose_role_went_is_nobodys() -> None:
    blog, people, shop = BASE.owners
    gone = tuple(p for p in shop.paths if p != "aws/creds/shop-files")
    owners = (blog, people, dataclasses.replace(shop, paths=gone))
    assert "ownership" not in rules_of(reviewed(but(owners=owners, aws_roles=())))
    assert "ownership" in rules_of(reviewed(but(owners=owners)))


def test_an_application_that_went_has_nothing() -> None:
    _, people, shop = BASE.owners
    assert "ownership" not in rules_of(reviewed(but(owners=(people, shop))))


def test_a_workload_that_changes_sides() -> None:
    blog, people, shop = BASE.owners
    fewer = dataclasses.replace(shop, members=shop.members[:1])
    more = dataclasses.replace(blog, members=(*blog.members, shop.members[1]))
    one = finding(reviewed(but(owners=(more, people, fewer))), "ownership")
    assert one.title == "the role shop-ci is said to be of blog, and was of shop"
    assert one.reasons == ("from the next change on what it reaches of blog is no finding",)
    assert one.severity is Severity.HIGH
    assert one.approvers == ("blog-team", "shop-team")
    new = Owner("new", "new-team", shop.members[1:], ())
    one = finding(reviewed(but(owners=(blog, new, people, fewer))), "ownership")
    assert one.title == "the role shop-ci is said to be of new, and was of shop"
    assert one.approvers == ("shop-team",), "who is new had no say"


def test_a_role_that_is_nobodys_any_more_changes_no_sides() -> None:
    blog, people, shop = BASE.owners
    fewer = dataclasses.replace(shop, members=shop.members[:1])
    roles = rules_of(reviewed(but(owners=(blog, people, fewer), approle_roles=())))
    assert "ownership" not in roles


@pytest.mark.parametrize(
    ("rule", "capability", "decided"),
    [
        ("a", Capability.READ, ["a"]),
        ("a", Capability.LIST, ["a", "a/"]),
        ("a", Capability.SUDO, ["a", "a/"]),
        ("a/", Capability.LIST, ["a/"]),
        ("a*", Capability.LIST, ["a*"]),
    ],
)
def test_a_rule_decides_the_folder_of_its_name_for_list_and_its_sudo(
    rule: str, capability: Capability, decided: list[str]
) -> None:
    change = dataclasses.replace(line(rule), capabilities=(capability,))
    assert [pattern.text for pattern in decided_by(change)] == decided


def test_identities() -> None:
    assert identities_of(BASE.kubernetes_roles[0]) == (("service account", "blog-prod", "blog"),)
    assert identities_of(BASE.oidc_roles[0]) == (("group", "ops-prod"),)
    assert identities_of(BASE.approle_roles[0]) == (("AppRole", "shop-ci"),)


def test_who_else_logs_in_with_an_identity() -> None:
    territory = Territory(Sides(BASE, BASE))
    blog = ("service account", "blog-prod", "blog")
    assert territory.others_as(blog, frozenset({"shop"})) == ["blog/api"]
    assert territory.others_as(blog, frozenset({"blog"})) == []
    assert territory.others_as(("group", "ops-prod"), frozenset({"people"})) == ["people/ops"]
    assert territory.others_as(("group", "others"), frozenset({"people"})) == []


def test_where_an_application_runs() -> None:
    territory = Territory(Sides(BASE, but(kubernetes_roles=())))
    assert territory.namespaces_of(frozenset({"shop"})) == {"shop-prod"}
    assert territory.namespaces_of(frozenset({"people"})) == set()


def test_whose_database_it_is() -> None:
    territory = Territory(Sides(BASE, BASE))
    assert list(territory.databases_of_others("shop", frozenset({"blog"}))) == [
        ("database/roles/shop-readonly", "shop", "shop-team")
    ]
    assert list(territory.databases_of_others("shop", frozenset({"shop"}))) == []
    assert list(territory.databases_of_others("blog", frozenset({"blog"}))) == []


def test_whose_names_a_domain_covers() -> None:
    territory = Territory(Sides(BASE, BASE))
    wide = "prod.example and below"
    assert list(territory.domains_of_others(wide, frozenset({"blog"}))) == [
        ("pki/roles/shop-api", "shop", "shop-team")
    ]
    assert list(territory.domains_of_others(wide, frozenset({"shop"}))) == []
    assert list(territory.domains_of_others("blog.example", frozenset({"blog"}))) == []


DOMAINS = st.lists(st.sampled_from(["a", "b", "", "*"]), min_size=1, max_size=3).map(".".join)


@given(
    st.lists(st.lists(DOMAINS, max_size=2).map(tuple), max_size=3),
    DOMAINS,
    st.sampled_from(["", BELOW]),
)
def test_of_many_names_those_within_a_domain_are_found(
    allowed: list[tuple[str, ...]], domain: str, more: str
) -> None:
    roles = tuple(
        dataclasses.replace(BASE.pki_roles[0], name=f"role-{number}", allowed_domains=domains)
        for number, domains in enumerate(allowed)
    )
    owners = (Owner("others", "others-team", (), ("pki/issue/*",)),)
    territory = Territory(Sides(but(pki_roles=roles, owners=owners), BASE))
    wanted = f"{domain}{more}"
    found = [role for role, _, _ in territory.domains_of_others(wanted, frozenset())]
    assert found == [
        f"pki/roles/{role.name}"
        for role in roles
        if any(by_domain(name, (wanted,)) for name in role.allowed_domains)
    ]
