"""`policies.review.dangling`: each rule fires on what the change brings about."""

from __future__ import annotations

import dataclasses

import pytest

from policies.plan import AppRoleRole, AwsRole, DatabaseConnection, DatabaseStaticRole
from policies.review import Snapshot, Verdict
from policies.review.dangling import dangling
from policies.review.model import Finding, Severity
from policies.review.sides import Sides
from tests.policies.review.sides_made import (
    BASE,
    SHOP,
    altered,
    but,
    finding,
    reviewed,
    rules_of,
    token,
    with_policies,
)


def found(head: Snapshot, base: Snapshot = BASE) -> list[Finding]:
    return [one for one in reviewed(head, base).findings if one.rule.startswith("dangling")]


def told(head: Snapshot, base: Snapshot = BASE) -> list[tuple[str, str]]:
    return [(one.rule, one.title) for one in found(head, base)]


def shop(rules: dict[str, str]) -> Snapshot:
    return with_policies({"shop-api-prod": {**SHOP, **rules}})


def test_what_was_so_before_is_not_found() -> None:
    broken = but(shop({"foo/bar": "read"}), database_connections=())
    assert list(dangling(Sides(broken, broken))) == []
    assert len(list(dangling(Sides(BASE, broken)))) == 2


def test_a_role_that_names_a_policy_that_is_not_there() -> None:
    roles = altered(BASE.kubernetes_roles, "blog", token=token("blog-api-prod", "nothing"))
    (one,) = found(but(kubernetes_roles=roles))
    assert one.rule == "dangling-policy-name"
    assert one.title == (
        "blog/api: the role names the ACL policy nothing, which these files do not have"
    )
    (reason,) = one.reasons
    assert reason == (
        "what it gives cannot be told: Vault may have it from elsewhere (default, the "
        "provisioner's, another environment's); if it has not, whoever writes a policy of that "
        "name gives it to these tokens"
    )


@pytest.mark.parametrize("name", ["default", "provisioner", "shop-api-staging"])
def test_a_policy_that_only_vault_has_takes_an_approval(name: str) -> None:
    """What it gives is in no file: to say that nothing is gained would be a guess."""
    roles = altered(BASE.kubernetes_roles, "blog", token=token("blog-api-prod", name))
    head = but(kubernetes_roles=roles)
    (one,) = found(head)
    assert one.severity is Severity.HIGH
    assert reviewed(head).verdict is Verdict.NEEDS_APPROVAL
    assert told(head, head) == []


def test_a_policy_that_went_leaves_its_role_dangling() -> None:
    head = with_policies({"blog-api-prod": None})
    (one,) = found(head)
    assert one.title == (
        "blog/api: the role names the ACL policy blog-api-prod, which does not exist any more"
    )
    (reason,) = one.reasons
    assert reason == (
        "Vault takes a name without a policy for no rights; whoever writes a policy of that name "
        "gives it to these tokens, and to those that are out already"
    )
    assert one.severity is Severity.WARNING
    assert one.rule == "dangling-policy-name"
    assert told(head, head) == []
    assert reviewed(head).verdict is Verdict.NOTHING_GAINED


def test_a_second_role_that_names_a_policy_that_went() -> None:
    roles = altered(BASE.kubernetes_roles, "shop", token=token("shop-api-prod", "blog-api-prod"))
    head = dataclasses.replace(with_policies({"blog-api-prod": None}), kubernetes_roles=roles)
    assert {(one.title.partition(":")[0], one.severity) for one in found(head)} == {
        ("blog/api", Severity.WARNING),
        ("shop/api", Severity.HIGH),
    }


def test_all_who_name_a_policy_that_is_not_there_are_one_finding() -> None:
    roles = tuple(
        dataclasses.replace(one, token=token(*one.token.policies, "nothing"))
        for one in BASE.kubernetes_roles
    )
    (one,) = found(but(kubernetes_roles=roles))
    assert one.title.startswith("blog/api, shop/api: the role names the ACL policy nothing")
    both = tuple(
        dataclasses.replace(one, token=token("blog-api-prod")) for one in BASE.kubernetes_roles
    )
    base = but(kubernetes_roles=both)
    (gone,) = found(with_policies({"blog-api-prod": None}, base), base)
    assert gone.title.startswith("blog/api, shop/api: the role names the ACL policy blog-api-prod")


def test_a_role_that_names_a_policy_that_is_there() -> None:
    roles = altered(BASE.kubernetes_roles, "blog", token=token("blog-api-prod", "people-ops-prod"))
    assert told(but(kubernetes_roles=roles)) == []


def test_a_policy_that_no_role_names() -> None:
    head = with_policies({"left-over": {"secret/data/blog/x": "read"}})
    assert told(head) == [("dangling-policy", "no role names the ACL policy left-over")]
    (one,) = found(head)
    assert one.reasons == (
        "it grants nothing; remove it, or name it in the role that it was meant for",
    )
    assert (one.severity, one.witness) == (Severity.WARNING, "")
    assert told(head, head) == []


@pytest.mark.parametrize(
    "path", ["foo/bar", "sec", "foo/*", "secrets/data/x", "foo/+/x", "auth/ldap/x"]
)
def test_a_rule_on_no_mount(path: str) -> None:
    (one,) = found(shop({path: "read"}))
    assert one.rule == "dangling-mount"
    assert one.title == f"ACL policy shop-api-prod: {path} is on no mount"
    assert one.reasons[0].startswith("the mounts are secret, database, ")
    assert one.reasons[0].endswith(
        ", cubbyhole; whoever mounts an engine there gives it to this policy's holders"
    )
    assert one.witness == ("" if "*" in path or "+" in path else path)


@pytest.mark.parametrize(
    "path",
    ["sys/health", "secret/data/shop/x", "*", "+/data/x", "sec*", "cubbyhole/x", "auth/*", "sys/*"],
)
def test_a_rule_that_is_on_some_mount(path: str) -> None:
    assert told(shop({path: "read"})) == []


@pytest.mark.parametrize(
    "path", ["secret/shop", "secret/shop/*", "secret/dat", "/secret/shop", "secret/dx*"]
)
def test_a_rule_without_the_infix_of_kv(path: str) -> None:
    (one,) = found(shop({path: "read"}))
    assert one.rule == "dangling-infix"
    bare = path.removeprefix("/")
    assert one.title == (f"ACL policy shop-api-prod: {bare} lacks data/ or metadata/ after secret/")
    (reason,) = one.reasons
    assert reason == (
        "secret is KV v2, which has values behind secret/data/ only; write "
        f"secret/data/{bare.removeprefix('secret/')}"
    )
    assert one.witness == ("" if "*" in path else bare)


@pytest.mark.parametrize(
    "path",
    ["secret/metadata/shop", "secret/+/shop", "secret/*", "secret/da*", "secret/config"],
)
def test_a_rule_with_an_infix_of_kv(path: str) -> None:
    assert told(shop({path: "read"})) == []


@pytest.mark.parametrize(
    "path",
    [
        "database/creds/nobody",
        "aws/creds/nobody",
        "aws/sts/nobody",
        "azure/creds/nobody",
        "gcp/impersonated-account/nobody/token",
        "pki/issue/nobody",
        "pki/sign/nobody",
        "auth/approle/role/nobody/secret-id",
    ],
)
def test_a_rule_about_a_role_that_is_not_there(path: str) -> None:
    (one,) = found(shop({path: "update"}))
    assert one.rule == "dangling-role"
    assert one.title == (
        f"ACL policy shop-api-prod: {path} is about the role nobody, which does not exist"
    )
    assert one.witness == path
    assert one.reasons[0].endswith(
        "s.json has no nobody; whoever makes it gives its credentials to this policy's holders"
    )


@pytest.mark.parametrize(
    "path",
    [
        "database/creds/shop-readonly",
        "database/creds/*",
        "database/creds/+",
        "database/creds/{{identity.entity.name}}",
        "auth/approle/role/shop-ci/role-id",
    ],
)
def test_a_rule_about_a_role_that_is_there_or_about_many(path: str) -> None:
    assert told(shop({path: "update"})) == []


@pytest.mark.parametrize(
    ("head", "role"),
    [
        (but(aws_roles=()), "shop-files"),
        (but(pki_roles=()), "shop-api"),
        (but(database_roles=(), database_connections=()), "shop-readonly"),
    ],
)
def test_a_role_that_went_leaves_the_rules_about_it_dangling(head: Snapshot, role: str) -> None:
    (one,) = found(head)
    assert one.rule == "dangling-role"
    assert f"is about the role {role}, which does not exist" in one.title
    assert told(head, head) == []


def test_a_role_that_went_with_its_rules_leaves_nothing() -> None:
    rules = {path: words for path, words in SHOP.items() if "aws" not in path}
    head = but(with_policies({"shop-api-prod": rules}), aws_roles=())
    assert told(head) == []


def test_a_rule_that_was_dangling_before_is_not_told_again() -> None:
    base = shop({"aws/creds/nobody": "read"})
    head = dataclasses.replace(
        base, policies={**base.policies, "shop-api-prod": base.policies["shop-api-prod"] + "\n"}
    )
    assert told(head, base) == []


@pytest.mark.parametrize("path", ["aws\\u002fcreds/shop-files", "/aws/creds/shop-files"])
def test_a_path_that_is_written_in_another_way_is_found_too(path: str) -> None:
    text = f'path "{path}" {{ capabilities = ["read"] }}'
    base = dataclasses.replace(BASE, policies={**BASE.policies, "blog-api-prod": text})
    titles = [title for _, title in told(but(base, aws_roles=()), base)]
    assert any("blog-api-prod" in title for title in titles)


def test_a_database_role_that_its_connection_does_not_allow() -> None:
    head = but(database_connections=(DatabaseConnection("shop", "shop", ()),))
    assert told(head) == [
        (
            "dangling-database-role",
            "database/roles/shop-readonly is not among the allowed_roles of its connection shop",
        )
    ]
    assert told(head, head) == []
    assert told(BASE, head) == []


def test_a_user_that_stays_and_that_its_connection_does_not_allow() -> None:
    head = but(database_static_roles=(DatabaseStaticRole("stays", "shop", "u", "", 60),))
    (one,) = found(head)
    assert one.title == (
        "database/static-roles/stays is not among the allowed_roles of its connection shop"
    )
    assert one.reasons == ("Vault makes no user for it",)


def test_a_database_role_of_no_connection() -> None:
    head = but(database_connections=())
    assert finding(reviewed(head), "dangling-database-role").title == (
        "database/roles/shop-readonly is of the connection shop, which does not exist"
    )
    assert finding(reviewed(head), "dangling-database-role").reasons == (
        "Vault makes no user for it",
    )


def test_a_new_role_and_a_new_approle_leave_nothing_dangling() -> None:
    head = but(
        aws_roles=(*BASE.aws_roles, AwsRole("new", "{}", 60, 60)),
        approle_roles=(*BASE.approle_roles, AppRoleRole("new", 60, 1, token("shop-ci-prod"))),
    )
    assert [rule for rule in rules_of(reviewed(head)) if rule.startswith("dangling")] == []
