"""`policies.review.described`: each thing that a role says is told when it changes, in the right
direction, with each workload that can use it.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from policies.plan import (
    AppRoleRole,
    AzureRole,
    DatabaseConnection,
    DatabaseStaticRole,
    GcpRole,
    KvSecret,
    Member,
)
from policies.review import Snapshot, Verdict
from policies.review.described import login_path
from policies.review.lifetimes import OWN, Bounds, MountLifetimes
from policies.review.model import Topic
from tests.policies.review.sides_made import (
    BASE,
    SHOP,
    altered,
    but,
    reviewed,
    said,
    statuses,
    token,
    with_policies,
    workload,
)


def told(
    head: Snapshot, label: str = "shop/api", base: Snapshot = BASE, mounts: MountLifetimes = OWN
) -> list[str]:
    review = reviewed(head, base, mounts=mounts)
    assert set(statuses(review)) <= {label}
    return said(workload(review, label).terms) if statuses(review) else []


def kubernetes(**fields: Any) -> Snapshot:
    return but(kubernetes_roles=altered(BASE.kubernetes_roles, "shop", **fields))


LOGIN = login_path(BASE.kubernetes_roles[1])


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"service_account": "b"}, f"gained {LOGIN} service account: shop -> b"),
        ({"namespace": "b"}, f"gained {LOGIN} namespace: shop-prod -> b"),
        ({"audience": ""}, f"gained {LOGIN} audience: vault-prod -> anyone"),
        (
            {"token": token("shop-api-prod", bound_cidrs=("10.0.0.0/8",))},
            f"lost {LOGIN} CIDR: anywhere -> 10.0.0.0/8",
        ),
        ({"token": token("shop-api-prod", ttl_seconds=60)}, f"lost {LOGIN} TTL: 1h -> 1m"),
        (
            {"token": token("shop-api-prod", max_ttl_seconds=172800)},
            f"gained {LOGIN} maximum TTL: 24h -> 48h",
        ),
        (
            {"token": token("shop-api-prod", max_ttl_seconds=0)},
            f"gained {LOGIN} maximum TTL: 24h -> as the mount",
        ),
    ],
)
def test_a_kubernetes_role(fields: dict[str, Any], line: str) -> None:
    assert told(kubernetes(**fields)) == [line]


@pytest.mark.parametrize(
    ("term", "field", "name"),
    [("service account", "service_account", "shop"), ("namespace", "namespace", "shop-prod")],
)
def test_any_service_account_and_any_namespace_are_wider(term: str, field: str, name: str) -> None:
    wide = kubernetes(**{field: "*"})
    assert told(BASE, base=wide) == [f"lost {LOGIN} {term}: * -> {name}"]
    assert told(wide) == [f"gained {LOGIN} {term}: {name} -> *"]


def test_a_token_that_says_no_lifetime_has_that_of_the_mount() -> None:
    minute, silent = (kubernetes(token=token("shop-api-prod", ttl_seconds=n)) for n in (60, 0))
    assert told(silent, base=minute) == [f"gained {LOGIN} TTL: 1m -> as the mount"]
    assert told(silent) == []


def test_a_role_by_another_name_is_the_same_role() -> None:
    blog, people, shop = BASE.owners
    members = (Member("shop/api", "shop-2"), Member("shop/ci", "shop-ci"))
    head = but(
        kubernetes_roles=altered(BASE.kubernetes_roles, "shop", name="shop-2"),
        owners=(blog, people, dataclasses.replace(shop, members=members)),
    )
    assert told(head) == ["gained auth/kubernetes/role/shop-2 role: shop -> shop-2"]


def approle(uses: int = 20, seconds: int = 86400, cidrs: tuple[str, ...] = ()) -> Snapshot:
    return but(
        approle_roles=(
            AppRoleRole("shop-ci", seconds, uses, token("shop-ci-prod", bound_cidrs=cidrs)),
        )
    )


CI = "auth/approle/role/shop-ci"


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (approle(uses=0), f"gained {CI} secret-ID uses: 20 -> unlimited"),
        (approle(uses=10), f"lost {CI} secret-ID uses: 20 -> 10"),
        (approle(seconds=0), f"gained {CI} secret-ID lifetime: 24h -> unlimited"),
        (approle(cidrs=("10.0.0.0/8",)), f"lost {CI} CIDR: anywhere -> 10.0.0.0/8"),
    ],
)
def test_an_approle(head: Snapshot, line: str) -> None:
    assert told(head, "shop/ci") == [line]


def test_fewer_networks_are_narrower_and_none_is_anywhere() -> None:
    two, one = ("10.0.0.0/8", "172.16.0.0/12"), ("10.0.0.0/8",)
    assert told(approle(cidrs=one), "shop/ci", approle(cidrs=two)) == [
        f"lost {CI} CIDR: 172.16.0.0/12 -> "
    ]
    assert told(approle(), "shop/ci", approle(cidrs=one)) == [
        f"gained {CI} CIDR: 10.0.0.0/8 -> anywhere"
    ]
    assert told(approle(cidrs=("10.1.0.0/16",)), "shop/ci", approle(cidrs=one)) == [
        f"lost {CI} CIDR: 10.0.0.0/8 -> 10.1.0.0/16"
    ]


def test_groups() -> None:
    def head(*groups: str) -> Snapshot:
        return but(oidc_roles=altered(BASE.oidc_roles, "ops", groups=groups))

    assert told(head("ops-prod", "b"), "people/ops") == ["gained auth/oidc/role/ops group:  -> b"]
    assert told(head(), "people/ops") == ["gained auth/oidc/role/ops group: ops-prod -> anyone"]


def test_another_method_is_all_gained_and_all_lost() -> None:
    head = but(
        kubernetes_roles=BASE.kubernetes_roles[:1],
        approle_roles=(*BASE.approle_roles, AppRoleRole("shop", 60, 1, token("shop-api-prod"))),
    )
    lines = told(head)
    assert "gained auth/approle/role/shop secret-ID lifetime:  -> 1m" in lines
    assert f"lost {LOGIN} service account: shop -> " in lines


def test_another_method_by_another_name_is_no_role_that_was_renamed() -> None:
    blog, people, shop = BASE.owners
    members = (Member("shop/api", "shop-2"), Member("shop/ci", "shop-ci"))
    head = but(
        kubernetes_roles=BASE.kubernetes_roles[:1],
        approle_roles=(*BASE.approle_roles, AppRoleRole("shop-2", 60, 1, token("shop-api-prod"))),
        owners=(blog, people, dataclasses.replace(shop, members=members)),
    )
    lines = told(head)
    assert "gained auth/approle/role/shop-2 secret-ID lifetime:  -> 1m" in lines
    assert f"lost {LOGIN} service account: shop -> " in lines


DATABASE = "database/roles/shop-readonly"
SQL = BASE.database_roles[0].statements


def database(**fields: Any) -> Snapshot:
    return but(database_roles=altered(BASE.database_roles, "shop-readonly", **fields))


def with_creation(old: str, new: str) -> Snapshot:
    creation = tuple(text.replace(old, new) for text in SQL.creation)
    assert creation != SQL.creation
    return database(statements=dataclasses.replace(SQL, creation=creation))


def test_a_right_more_and_a_right_less() -> None:
    wide = with_creation("GRANT SELECT ON ALL TABLES", "GRANT SELECT, DELETE ON ALL TABLES")
    right = 'DELETE ON ALL TABLES IN SCHEMA "public" TO "shop_readonly"'
    assert told(wide) == [f"gained {DATABASE} right:  -> {right}"]
    assert told(BASE, base=wide) == [f"lost {DATABASE} right: {right} -> "]


def test_a_right_out_of_all_is_a_right_less() -> None:
    wide = with_creation("GRANT SELECT ON ALL TABLES", "GRANT ALL ON ALL TABLES")
    where = 'ON ALL TABLES IN SCHEMA "public" TO "shop_readonly"'
    assert f"lost {DATABASE} right: ALL {where} -> " in told(BASE, base=wide)
    assert not [line for line in told(BASE, base=wide) if line.startswith("gained")]


def test_each_statement_is_a_line() -> None:
    head = database(statements=dataclasses.replace(SQL, creation=(*SQL.creation, "SELECT 1;")))
    assert told(head) == [f"gained {DATABASE} creation SQL:  -> SELECT 1;"]


def test_other_sql_is_told_by_its_lines() -> None:
    wide = with_creation("NOLOGIN", "NOLOGIN SUPERUSER")
    old = 'CREATE ROLE "shop_readonly" NOLOGIN;'
    new = 'CREATE ROLE "shop_readonly" NOLOGIN SUPERUSER;'
    assert told(wide) == [f"gained {DATABASE} creation SQL: {old} -> {new}"]


@pytest.mark.parametrize("field", ["revocation", "renewal", "rollback"])
def test_no_sql_is_passed_over(field: str) -> None:
    head = database(statements=dataclasses.replace(SQL, **{field: ("SELECT 1;",)}))
    (line,) = told(head)
    assert line.startswith(f"gained {DATABASE} {field} SQL: ")
    assert line.endswith("-> SELECT 1;")
    more = database(statements=dataclasses.replace(SQL, **{field: ("SELECT 1;", "SELECT 2;")}))
    assert told(more, base=head) == [f"gained {DATABASE} {field} SQL:  -> SELECT 2;"]


def test_lifetimes_of_a_database_role() -> None:
    assert told(database(default_ttl_seconds=60)) == [f"lost {DATABASE} TTL: 1h -> 1m"]
    assert told(database(max_ttl_seconds=90000)) == [f"gained {DATABASE} maximum TTL: 24h -> 25h"]


def test_what_says_no_lifetime_has_that_of_its_mount() -> None:
    """Each of its own."""
    mounts = MountLifetimes(Bounds(3600, 86400), Bounds(86400, 259200))
    assert told(database(default_ttl_seconds=0, max_ttl_seconds=0), mounts=mounts) == []
    silent = altered(BASE.pki_roles, "shop-api", default_ttl_seconds=0, max_ttl_seconds=0)
    assert told(but(pki_roles=silent), mounts=mounts) == []


def test_another_database_is_gained() -> None:
    head = but(database_connections=(DatabaseConnection("shop", "other", ("shop-readonly",)),))
    assert told(head) == [f"gained {DATABASE} database: shop -> other"]


def test_a_role_that_its_connection_allows_now_is_gained_in_full() -> None:
    none = but(database_connections=(DatabaseConnection("shop", "shop", ()),))
    lines = told(BASE, base=none)
    assert f"gained {DATABASE} TTL:  -> 1h" in lines
    own = "the program's own: SELECT on all tables of shop in schema public"
    assert f"gained {DATABASE} SQL:  -> {own}" in lines


REPORT = "database/static-roles/shop-report"


def static(
    username: str = "report", schedule: str = "", period: int = 0, database: str = "shop"
) -> Snapshot:
    """With a user that stays, whose password the shop takes."""
    role = DatabaseStaticRole("shop-report", "shop", username, schedule, period)
    return but(
        with_policies({"shop-api-prod": {**SHOP, "database/static-creds/shop-report": "read"}}),
        database_static_roles=(role,),
        database_connections=(
            DatabaseConnection("shop", database, ("shop-readonly", "shop-report")),
        ),
    )


@pytest.mark.parametrize(
    ("base", "head", "lines"),
    [
        (static(), static("other"), ["gained {} user: report -> other"]),
        (static(period=60), static(period=3600), ["gained {} rotation period: 1m -> 1h"]),
        (static(period=3600), static(period=60), ["lost {} rotation period: 1h -> 1m"]),
        (
            static(schedule="0 3 * * 1"),
            static(schedule="0 3 1 * *"),
            ["gained {} rotation schedule: 0 3 * * 1 -> 0 3 1 * *"],
        ),
        (
            static(schedule="0 3 * * 1"),
            static(period=60),
            [
                "gained {} rotation schedule: 0 3 * * 1 -> ",
                "gained {} rotation period:  -> 1m",
            ],
        ),
    ],
)
def test_a_user_that_stays(base: Snapshot, head: Snapshot, lines: list[str]) -> None:
    assert told(head, base=base) == [line.format(REPORT) for line in lines]


def test_a_user_that_stays_in_another_database_is_gained() -> None:
    assert told(static(database="other"), base=static()) == [
        f"gained {DATABASE} database: shop -> other",
        f"gained {REPORT} database: shop -> other",
    ]


def test_a_shared_role_is_told_with_each_who_can_use_it_and_nobody_else() -> None:
    base = with_policies({"shop-ci-prod": {"database/creds/*": "read"}})
    head = but(base, database_roles=database(max_ttl_seconds=90000).database_roles)
    assert set(statuses(reviewed(head, base))) == {"shop/api", "shop/ci"}
    base = with_policies(
        {"shop-ci-prod": {"database/creds/*": "read", "database/creds/shop-readonly": "deny"}}
    )
    head = but(base, database_roles=head.database_roles)
    assert set(statuses(reviewed(head, base))) == {"shop/api"}


AWS = "aws/roles/shop-files"


def aws(*statements: object) -> Snapshot:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return but(aws_roles=altered(BASE.aws_roles, "shop-files", policy_document=document))


def allow(action: str, resource: str = "arn:aws:s3:::shop-prod/*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [action], "Resource": [resource]}


READ = allow("s3:GetObject")
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::shop-prod/private/*"}


FILES = "arn:aws:s3:::shop-prod/*"
DENIED = json.dumps(DENY, sort_keys=True)


@pytest.mark.parametrize(
    ("head", "lines"),
    [
        (aws(READ), []),
        (aws(READ, allow("s3:GetObject", "arn:aws:s3:::shop-prod/a")), []),
        (
            aws(READ, allow("s3:PutObject")),
            [f"gained {AWS} IAM action:  -> s3:PutObject on {FILES}"],
        ),
        (
            aws(allow("s3:Get*")),
            [f"gained {AWS} IAM action: s3:GetObject on {FILES} -> s3:Get* on {FILES}"],
        ),
        (aws(READ, DENY), [f"gained {AWS} other IAM statements:  -> {DENIED}"]),
    ],
)
def test_iam(head: Snapshot, lines: list[str]) -> None:
    assert told(head) == lines


def test_each_other_statement_is_a_line() -> None:
    other = {**DENY, "Action": "sts:*"}
    (line,) = told(aws(READ, DENY, other), base=aws(READ, DENY))
    assert line == f"gained {AWS} other IAM statements:  -> {json.dumps(other, sort_keys=True)}"


def test_a_denial_that_goes_is_gained() -> None:
    (line,) = told(aws(READ), base=aws(READ, DENY))
    assert line.startswith(f"gained {AWS} other IAM statements: ")


def test_lifetimes_of_an_aws_role_are_its_mounts_too() -> None:
    head = but(aws_roles=altered(BASE.aws_roles, "shop-files", max_ttl_seconds=18000))
    assert told(head) == [
        f"gained {AWS} maximum TTL of the mount: 4h -> 5h",
        f"gained {AWS} maximum TTL: 4h -> 5h",
    ]
    head = but(aws_roles=altered(BASE.aws_roles, "shop-files", default_ttl_seconds=60))
    assert told(head) == [
        f"lost {AWS} TTL of the mount: 1h -> 1m",
        f"lost {AWS} TTL: 1h -> 1m",
    ]


def test_google() -> None:
    rules = {**SHOP, "gcp/impersonated-account/files/token": "read"}
    before = but(
        with_policies({"shop-api-prod": rules}), gcp_roles=(GcpRole("files", "a@p", ("s",), 3600),)
    )
    head = but(before, gcp_roles=(GcpRole("files", "b@p", ("s", "t"), 7200),))
    path = "gcp/impersonated-account/files"
    assert told(head, base=before) == [
        f"gained {path} service account: a@p -> b@p",
        f"gained {path} scope:  -> t",
        f"gained {path} TTL: 1h -> 2h",
    ]
    minute, silent = (but(before, gcp_roles=(GcpRole("files", "a@p", ("s",), n),)) for n in (60, 0))
    assert told(silent, base=minute) == [f"gained {path} TTL: 1m -> as the mount"]
    assert told(silent, base=before) == []


def test_azure() -> None:
    rules = {**SHOP, "azure/creds/files": "read"}
    before = but(
        with_policies({"shop-api-prod": rules}),
        azure_roles=(AzureRole("files", (("Reader", "/a"),), 3600, 7200),),
    )
    narrow = AzureRole("files", (("Reader", "/a/b"),), 3600, 7200)
    wide = AzureRole("files", (("Owner", "/a"),), 3600, 7200)
    assert told(but(before, azure_roles=(narrow,)), base=before) == [
        "lost azure/roles/files assignment: Reader at /a -> Reader at /a/b"
    ]
    assert told(but(before, azure_roles=(wide,)), base=before) == [
        "gained azure/roles/files assignment: Reader at /a -> Owner at /a"
    ]


PKI = "pki/roles/shop-api"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"server": True}, f"gained {PKI} for servers:  -> yes"),
        ({"client": False}, f"lost {PKI} for clients: yes -> "),
        (
            {"allow_subdomains": True},
            f"gained {PKI} domain: api.shop.prod.example -> api.shop.prod.example and below",
        ),
        (
            {"allowed_domains": ("prod.example",)},
            f"gained {PKI} domain: api.shop.prod.example -> prod.example",
        ),
        ({"max_ttl_seconds": 0}, f"gained {PKI} maximum TTL: 72h -> as the mount"),
    ],
)
def test_certificates(fields: dict[str, Any], line: str) -> None:
    assert told(but(pki_roles=altered(BASE.pki_roles, "shop-api", **fields))) == [line]


def test_a_domain_out_of_what_is_below_one_is_less() -> None:
    wide = but(pki_roles=altered(BASE.pki_roles, "shop-api", allow_subdomains=True))
    domain = "api.shop.prod.example"
    assert told(BASE, base=wide) == [f"lost {PKI} domain: {domain} and below -> {domain}"]


def test_each_term_has_its_topic() -> None:
    head = but(
        database(max_ttl_seconds=60),
        aws_roles=altered(BASE.aws_roles, "shop-files", max_ttl_seconds=60),
        pki_roles=altered(BASE.pki_roles, "shop-api", server=True),
        kv_entries=(KvSecret("shop/config", ("key",), None),),
        kubernetes_roles=altered(
            BASE.kubernetes_roles,
            "shop",
            namespace="b",
            token=token("shop-api-prod", ttl_seconds=60),
        ),
    )
    topics: dict[str, set[Topic]] = {}
    for term in workload(reviewed(head), "shop/api").terms:
        topics.setdefault(term.role, set()).add(term.topic)
    assert topics == {
        LOGIN: {Topic.LOGIN, Topic.TOKEN},
        DATABASE: {Topic.DATABASE},
        AWS: {Topic.CLOUD},
        PKI: {Topic.CERTIFICATE},
        "secret/data/shop/config": {Topic.SECRET},
    }


def test_entries_are_told_with_who_reads_them() -> None:
    more = (KvSecret("shop/config", ("password", "key"), None),)
    assert told(but(kv_entries=more)) == ["gained secret/data/shop/config key:  -> key"]
    other = (*BASE.kv_entries, KvSecret("nobody/reads", ("key",), None))
    assert told(but(kv_entries=other)) == []


def test_what_a_rotation_keeps_beside_is_told() -> None:
    kept = KvSecret("shop/config", ("password",), None, ("previous",))
    assert told(but(kv_entries=(kept,))) == [
        "gained secret/data/shop/config key of a rotation:  -> previous"
    ]


def test_entries_that_were_there_are_told_by_their_path_alone() -> None:
    base = but(kv_entries=(*BASE.kv_entries, KvSecret("blog/db", ("key",), None)))
    head = with_policies({"shop-api-prod": {**SHOP, "secret/data/blog/db": "read"}}, base)
    assert told(head, base=base) == []


def test_a_shorter_generated_value_is_gained() -> None:
    long, short = (but(kv_entries=(KvSecret("shop/config", ("k",), n),)) for n in (48, 8))
    assert told(short, base=long) == [
        "gained secret/data/shop/config generated value: 48 characters -> 8 characters"
    ]
    assert reviewed(long, short).verdict is Verdict.NOTHING_GAINED
    given = but(kv_entries=(KvSecret("shop/config", ("k",), None),))
    line = "secret/data/shop/config generated value"
    assert told(given, base=long) == [f"gained {line}: 48 characters -> "]
    assert told(long, base=given) == [f"lost {line}:  -> 48 characters"]
