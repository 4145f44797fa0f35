"""`policies.review.identity`: each rule fires with its message, and not on a harmless neighbour."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from policies.environments import Environment
from policies.plan import AwsRole, KubernetesRole, Member, OidcRole, Owner
from policies.review import Review, Snapshot, Verdict, compare
from policies.review.difference import Direction
from policies.review.identity import Names, accounts_of, identity_risks
from policies.review.model import Severity, TermChange, Topic
from policies.review.sides import Sides
from policies.review.territory import Territory
from tests.policies.review.sides_made import (
    BASE,
    LIMITS,
    SHOP,
    altered,
    but,
    finding,
    reviewed,
    rules_of,
    token,
    with_policies,
)


def kubernetes(base: Snapshot = BASE, **fields: Any) -> Review:
    head = but(base, kubernetes_roles=altered(base.kubernetes_roles, "shop", **fields))
    return reviewed(head, base)


def test_another_service_account_is_wider() -> None:
    one = finding(kubernetes(service_account="shop-2"), "wider-identity")
    assert one.title == "more may log in as shop/api: service account shop-2"
    assert one.reasons == ("auth/kubernetes/role/shop: service account is shop-2, before shop",)
    assert one.severity is Severity.WARNING
    assert one.approvers == ()


def test_all_that_is_wider_is_one_finding() -> None:
    roles = altered(BASE.oidc_roles, "ops", groups=("ops-prod", "more", "others"))
    one = finding(reviewed(but(oidc_roles=roles)), "wider-identity")
    assert one.title == "more may log in as people/ops: group more, group others"
    assert one.reasons == tuple(
        f"auth/oidc/role/ops: group is {group}, before not that" for group in ("more", "others")
    )


def test_another_namespace_than_the_applications() -> None:
    one = finding(kubernetes(namespace="elsewhere-prod"), "another-namespace")
    assert one.severity is Severity.HIGH
    assert one.title == (
        "shop/api logs in from the namespace elsewhere-prod, which is not one of shop"
    )
    assert one.reasons == (
        "at the base shop runs in shop-prod",
        "whoever may make pods in elsewhere-prod has the access of shop/api",
    )
    assert one.approvers == ("security-team",)
    assert "another-namespace" not in rules_of(kubernetes(service_account="shop-2"))


def grown(namespace: str, owner: str) -> Review:
    """An application has a workload more."""
    owners = BASE.owners
    role = KubernetesRole("more", "more", namespace, "vault-prod", token("shop-api-prod"))
    mine = next((one for one in owners if one.name == owner), Owner(owner, "", (), ()))
    member = Member(f"{owner}/more", "more")
    rest = tuple(one for one in owners if one is not mine)
    head = but(
        owners=(*rest, dataclasses.replace(mine, members=(*mine.members, member))),
        kubernetes_roles=(*BASE.kubernetes_roles, role),
    )
    return reviewed(head)


def test_a_workload_that_is_new_in_anothers_namespace() -> None:
    assert "another-namespace" in rules_of(grown("elsewhere-prod", "shop"))
    assert "another-namespace" not in rules_of(grown("shop-prod", "shop"))
    assert "another-namespace" not in rules_of(grown("elsewhere-prod", "newcomer"))


@pytest.mark.parametrize(
    ("cidrs", "shown"),
    [
        ((), "CIDR anywhere"),
        (("0.0.0.0/0",), "CIDR 0.0.0.0/0"),
        (("0.0.0.0/1", "128.0.0.0/1"), "CIDR 0.0.0.0/1, CIDR 128.0.0.0/1"),
        (("::/0",), "CIDR ::/0"),
        (("10.1.2.3/0",), "CIDR 10.1.2.3/0"),
    ],
)
def test_all_networks_or_nearly_are_graver(cidrs: tuple[str, ...], shown: str) -> None:
    base = but(
        kubernetes_roles=altered(
            BASE.kubernetes_roles,
            "shop",
            token=token("shop-api-prod", bound_cidrs=("10.1.0.0/16",)),
        )
    )

    def head(networks: tuple[str, ...]) -> Review:
        return kubernetes(base, token=token("shop-api-prod", bound_cidrs=networks))

    one = finding(head(cidrs), "wider-identity")
    assert one.severity is Severity.HIGH
    assert one.title == f"more may log in as shop/api: {shown}"
    assert one.approvers == ("security-team",)
    assert finding(head(("10.0.0.0/8",)), "wider-identity").severity is Severity.WARNING
    assert finding(head(("fc00::/7",)), "wider-identity").severity is Severity.WARNING
    assert finding(head(("no network",)), "wider-identity").severity is Severity.WARNING
    assert finding(head(("10.*",)), "wider-identity").severity is Severity.WARNING


def test_people_are_no_application_that_shares_its_identities() -> None:
    """A group that reads becomes one that ends credentials: that is another's power."""
    auditors = OidcRole("auditors", ("auditors-prod",), token("people-ops-prod"))
    base = but(oidc_roles=(auditors, *BASE.oidc_roles))
    people = dataclasses.replace(
        BASE.owners[1], members=(*BASE.owners[1].members, Member("people/auditors", "auditors"))
    )
    base = but(base, owners=(BASE.owners[0], people, BASE.owners[2]))
    roles = altered(base.oidc_roles, "ops", groups=("ops-prod", "auditors-prod"))
    one = finding(reviewed(but(base, oidc_roles=roles), base), "shared-identity")
    assert one.severity is Severity.HIGH
    assert one.title == "group auditors-prod logs in as people/ops, and is people/auditors"


def test_an_approle_that_is_called_as_anothers_workload() -> None:
    """Its secret IDs are out already: whoever has them would log in as another application."""
    blog, people, shop = BASE.owners
    owners = (
        dataclasses.replace(blog, members=(Member("blog/api", "shop-ci"),)),
        people,
        dataclasses.replace(shop, members=(shop.members[0], Member("shop/ci", "blog"))),
    )
    ci = altered(BASE.approle_roles, "shop-ci", token=token("blog-api-prod"))
    found = reviewed(but(owners=owners, approle_roles=ci)).findings
    (one,) = (one for one in found if one.title.startswith("AppRole"))
    assert one.rule == "shared-identity"
    assert one.title == "AppRole shop-ci logs in as blog/api, and is shop/ci"


def test_a_narrower_identity_is_no_finding() -> None:
    narrow = token("shop-api-prod", bound_cidrs=("10.0.0.0/8",))
    assert rules_of(kubernetes(token=narrow)) == []


def test_an_approles_secret_ids_are_no_identity() -> None:
    roles = altered(BASE.approle_roles, "shop-ci", secret_id_ttl_seconds=172800)
    assert rules_of(reviewed(but(approle_roles=roles))) == []


def test_a_longer_token_is_no_wider_identity() -> None:
    assert rules_of(kubernetes(token=token("shop-api-prod", ttl_seconds=7200))) == []


@pytest.mark.parametrize(
    ("fields", "term"),
    [
        ({"service_account": "*"}, "service account that fits '*'"),
        ({"namespace": "shop-*"}, "namespace that fits 'shop-*'"),
        ({"audience": ""}, "audience that fits 'anyone'"),
    ],
)
def test_wildcards(fields: dict[str, Any], term: str) -> None:
    one = finding(kubernetes(**fields), "wildcard-identity")
    assert one.severity is Severity.HIGH
    assert one.title == f"auth/kubernetes/role/shop lets in any {term}"
    before = {"service account": "shop", "namespace": "shop-prod", "audience": "vault-prod"}
    assert one.reasons == (
        f"before: {before[term.partition(' that')[0]]}",
        "whoever may create such a name, or is given it, logs in",
    )
    assert one.approvers == ("security-team",)


def test_everybody_of_an_identity_provider() -> None:
    review = reviewed(but(oidc_roles=altered(BASE.oidc_roles, "ops", groups=())))
    assert finding(review, "wildcard-identity").title == (
        "auth/oidc/role/ops lets in any group that fits 'anyone'"
    )


def added(role: KubernetesRole, label: str) -> Snapshot:
    blog, people, shop = BASE.owners
    owner = dataclasses.replace(shop, members=(*shop.members, Member(label, role.name)))
    return but(kubernetes_roles=(*BASE.kubernetes_roles, role), owners=(blog, people, owner))


NEW = KubernetesRole("shop-new", "shop-new", "shop-prod", "vault-prod", token("shop-api-prod"))


def test_a_workload_that_is_new_to_prod() -> None:
    review = reviewed(added(NEW, "shop/new"))
    one = finding(review, "new-to-prod")
    assert one.title == "shop/new is new to prod"
    assert one.reasons == ("the base has no role in prod with which shop/new logs in",)
    assert (one.severity, one.approvers) == (Severity.WARNING, ())
    assert rules_of(review) == ["new-to-prod"]


def test_a_workload_that_is_new_elsewhere() -> None:
    sides = {Environment.STAGING: dataclasses.replace(BASE, environment=Environment.STAGING)}
    head = dataclasses.replace(added(NEW, "shop/new"), environment=Environment.STAGING)
    review = compare(
        sides, {Environment.STAGING: head}, base_name="a", head_name="b", limits=LIMITS
    )
    assert "new-to-prod" not in rules_of(review)


def test_a_new_wildcard() -> None:
    wild = dataclasses.replace(NEW, service_account="*")
    one = finding(reviewed(added(wild, "shop/new")), "wildcard-identity")
    assert one.reasons[0] == "before: none"


def test_anothers_identity() -> None:
    shared = dataclasses.replace(NEW, service_account="blog", namespace="blog-prod")
    one = finding(reviewed(added(shared, "shop/new")), "shared-identity")
    assert one.title == ("service account blog-prod/blog logs in as shop/new, and is blog/api")
    assert one.reasons == (
        "at the base it logs in as blog/api, of another application",
        "whoever runs as it has the access of shop/new from now on, too",
    )
    assert one.approvers == ("security-team",)
    assert one.severity is Severity.HIGH


def test_an_identity_of_two_others_and_a_namespace_beside_two() -> None:
    blog, shop = BASE.kubernetes_roles
    twin = dataclasses.replace(blog, name="people", token=token("people-ops-prod"))
    second = dataclasses.replace(shop, name="shop-two", namespace="shop-two")
    owners = (
        BASE.owners[0],
        dataclasses.replace(BASE.owners[1], members=(Member("people/bot", "people"),)),
        dataclasses.replace(
            BASE.owners[2], members=(*BASE.owners[2].members, Member("shop/two", "shop-two"))
        ),
    )
    base = but(kubernetes_roles=(blog, twin, shop, second), owners=owners)
    review = kubernetes(base, service_account="blog", namespace="blog-prod")
    shared = finding(review, "shared-identity")
    others = "blog/api, people/bot"
    assert shared.title == f"service account blog-prod/blog logs in as shop/api, and is {others}"
    assert shared.reasons[0] == f"at the base it logs in as {others}, of another application"
    elsewhere = finding(review, "another-namespace")
    assert elsewhere.reasons[0] == "at the base shop runs in shop-prod, shop-two"


def test_an_identity_of_the_same_application() -> None:
    shared = dataclasses.replace(NEW, service_account="shop")
    assert "shared-identity" not in rules_of(reviewed(added(shared, "shop/new")))


ELSEWHERE = "another-environment"


@pytest.mark.parametrize(
    "review",
    [
        kubernetes(namespace="shop-dev"),
        kubernetes(audience="vault-staging"),
        reviewed(but(oidc_roles=altered(BASE.oidc_roles, "ops", groups=("ops-prod", "ops-dev")))),
        reviewed(with_policies({"shop-api-prod": {**SHOP, "secret/data/shop-dev/*": "read"}})),
        reviewed(with_policies({"shop-api-prod": {**SHOP, "database/creds/dev_shop": "read"}})),
        reviewed(
            but(
                aws_roles=altered(
                    BASE.aws_roles,
                    "shop-files",
                    policy_document=BASE.aws_roles[0].policy_document.replace(
                        "shop-prod", "shop-staging"
                    ),
                )
            )
        ),
        reviewed(
            but(pki_roles=altered(BASE.pki_roles, "shop-api", allowed_domains=("a.dev.example",)))
        ),
    ],
    ids=["namespace", "audience", "group", "path", "role", "ARN", "domain"],
)
def test_names_of_another_environment(review: Review) -> None:
    one = finding(review, ELSEWHERE)
    assert one.severity is Severity.HIGH
    assert "in prod gains what is named after" in one.title
    assert "has the word" in one.reasons[0]
    assert one.approvers == ("security-team",)


def test_each_other_environment_is_a_finding_of_its_own() -> None:
    rules = {"secret/data/dev/*": "read", "secret/data/DEV/x": "read", "a/staging": "read"}
    review = reviewed(with_policies({"shop-api-prod": {**SHOP, **rules}}))
    dev, staging = (one for one in review.findings if one.rule == ELSEWHERE)
    assert dev.title == "shop/api in prod gains what is named after dev"
    assert dev.reasons == (
        "path secret/data/DEV/x: has the word 'dev'",
        "path secret/data/dev/*: has the word 'dev'",
    )
    assert staging.title == "shop/api in prod gains what is named after staging"
    assert staging.reasons == ("path a/staging: has the word 'staging'",)


def test_of_a_long_text_the_first_line_is_shown() -> None:
    statements = BASE.database_roles[0].statements
    creation = ("CREATE ROLE x;", "GRANT dev TO x;")
    changed = dataclasses.replace(statements, creation=creation)
    roles = altered(BASE.database_roles, "shop-readonly", statements=changed)
    one = finding(reviewed(but(database_roles=roles)), ELSEWHERE)
    assert one.reasons == (
        "database/roles/shop-readonly: creation SQL CREATE ROLE x; ...: has the word 'dev'",
    )


def test_what_is_lost_is_named_after_nobody() -> None:
    base = with_policies({"shop-api-prod": {**SHOP, "secret/data/dev/sh\u043ep": "read"}})
    assert rules_of(reviewed(BASE, base)) == []


@pytest.mark.parametrize("namespace", ["shop-2-prod", "devices-prod", "shop-prod2", "stagingly"])
def test_other_names_are_no_environments(namespace: str) -> None:
    assert ELSEWHERE not in rules_of(kubernetes(namespace=namespace))


def test_an_application_that_is_named_so() -> None:
    blog, people, shop = BASE.owners
    members = (Member("dev-portal/api", "shop"),)
    owner = dataclasses.replace(shop, name="dev-portal", members=members)
    base = but(owners=(blog, owner, people))
    assert ELSEWHERE not in rules_of(kubernetes(base, namespace="dev-portal-prod"))
    assert ELSEWHERE in rules_of(kubernetes(base, namespace="dev-portal-dev"))


def test_an_application_whose_name_is_within_an_environments() -> None:
    blog, people, shop = BASE.owners
    owner = dataclasses.replace(shop, name="tag", members=(Member("tag/api", "shop"),))
    base = but(owners=(blog, people, owner))
    one = finding(kubernetes(base, namespace="tag-staging"), ELSEWHERE)
    assert one.reasons == (
        "auth/kubernetes/role/shop: namespace tag-staging: has the word 'staging'",
    )


def test_who_is_let_in_by_more_takes_no_approval_whatever_the_limits() -> None:
    sides = Sides(BASE, with_policies({"shop-api-prod": {}}))
    (pair,) = sides.pairs()
    term = TermChange(Direction.GAINED, Topic.LOGIN, "r", "group", "", "more")
    found = identity_risks(pair, (), [term], Territory(sides), Names({}), "guards")
    assert [(one.rule, one.approvers) for one in found] == [("wider-identity", ())]


def account(environment: Environment, number: str) -> Snapshot:
    document = BASE.aws_roles[0].policy_document.replace(
        '"Resource":[', f'"Resource":["arn:aws:eks:eu-west-1:{number}:cluster/a",'
    )
    roles = (AwsRole("shop-files", document, 3600, 14400),)
    return dataclasses.replace(BASE, environment=environment, aws_roles=roles)


def test_the_account_of_another_environment() -> None:
    prod, staging = Environment.PROD, Environment.STAGING
    base = {prod: account(prod, "3" * 12), staging: account(staging, "2" * 12)}

    def review(number: str) -> Review:
        head = {prod: account(prod, number), staging: base[staging]}
        return compare(base, head, base_name="a", head_name="b", limits=LIMITS)

    one = finding(review("2" * 12), ELSEWHERE)
    assert one.title == "shop/api in prod gains what is named after staging"
    assert "AWS account 222222222222 is staging's only" in one.reasons[0]
    assert ELSEWHERE not in rules_of(review("4" * 12))
    assert accounts_of(base[prod]) == {"3" * 12}
    assert Names.known(base, prod).accounts == {"2" * 12: "staging"}
    assert Names.known(base, Environment.DEV).accounts == {"2" * 12: "staging", "3" * 12: "prod"}


def test_an_account_that_environments_share_is_nobodys_alone() -> None:
    prod, staging = Environment.PROD, Environment.STAGING
    base = {prod: account(prod, "2" * 12), staging: account(staging, "2" * 12)}
    document = base[prod].aws_roles[0].policy_document.replace("cluster/a", "cluster/b")
    roles = altered(base[prod].aws_roles, "shop-files", policy_document=document)
    head = {prod: but(base[prod], aws_roles=roles), staging: base[staging]}
    review = compare(base, head, base_name="a", head_name="b", limits=LIMITS)
    assert review.verdict is not Verdict.NOTHING_GAINED
    assert ELSEWHERE not in rules_of(review)


def test_an_identity_that_was_shared_before_is_no_finding() -> None:
    shared: dict[str, Any] = {"service_account": "blog", "namespace": "blog-prod"}
    base = but(kubernetes_roles=altered(BASE.kubernetes_roles, "shop", **shared))
    assert "shared-identity" not in rules_of(kubernetes(base, audience="vault-prod-2"))
    assert "shared-identity" in rules_of(kubernetes(**shared))


def test_a_name_that_looks_like_another() -> None:
    groups = ("\u043eps-prod",)
    review = reviewed(but(oidc_roles=altered(BASE.oidc_roles, "ops", groups=groups)))
    one = finding(review, "look-alike")
    assert one.severity is Severity.HIGH
    assert one.reasons == (
        "what is written with a backslash here is shown elsewhere as the letter it is",
    )
    assert one.approvers == ("security-team",)
    assert one.title == (
        "people/ops gains auth/oidc/role/ops: group '\\u043eps-prod', with letters that look like "
        "others"
    )
    path = "secret/data/sh\u043ep"
    head = with_policies({"shop-api-prod": {**SHOP, path: "read"}})
    assert finding(reviewed(head), "look-alike").title == (
        "shop/api gains path 'secret/data/sh\\u043ep', with letters that look like others"
    )
    assert "look-alike" not in rules_of(reviewed(BASE, head))
