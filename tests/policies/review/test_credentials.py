"""`policies.review.credentials`: each rule fires with its message, and not on its neighbour."""

from __future__ import annotations

import dataclasses
import json

import pytest

from policies.plan import AzureRole, DatabaseConnection, DatabaseStaticRole, PkiRole
from policies.postgresql import DatabaseAccess, statements
from policies.review import Review, Snapshot
from policies.review.credentials import credential_risks
from policies.review.difference import Direction
from policies.review.model import Severity, TermChange, Topic
from policies.review.sides import Sides
from policies.review.territory import Territory
from tests.policies.review.sides_made import (
    BASE,
    SHOP,
    altered,
    but,
    finding,
    reviewed,
    rules_of,
    with_policies,
)

SQL = BASE.database_roles[0].statements


def with_sql(old: str, new: str) -> Snapshot:
    creation = tuple(text.replace(old, new) for text in SQL.creation)
    assert creation != SQL.creation
    changed = dataclasses.replace(SQL, creation=creation)
    return but(database_roles=altered(BASE.database_roles, "shop-readonly", statements=changed))


TABLES = "GRANT SELECT ON ALL TABLES"


def test_users_that_could_only_read() -> None:
    head = with_sql(TABLES, "GRANT SELECT, INSERT, DELETE ON ALL TABLES")
    one = finding(reviewed(head), "write-where-read")
    assert one.title == (
        "users of database/roles/shop-readonly gain DELETE, INSERT, and could only read"
    )
    assert one.reasons == tuple(
        f"database/roles/shop-readonly grants {word} ON ALL TABLES IN SCHEMA "
        '"public" TO "shop_readonly"; before, it did not'
        for word in ("DELETE", "INSERT")
    )
    assert one.severity is Severity.WARNING


def test_users_of_a_role_that_is_new_could_not_read_before() -> None:
    """What they may is told as the role's; another that could read is a finding all the same."""
    wider = "GRANT SELECT, DELETE ON ALL TABLES"
    (changed,) = with_sql(TABLES, wider).database_roles
    new = dataclasses.replace(changed, name="a-shop")
    connection = DatabaseConnection("shop", "shop", ("a-shop", "shop-readonly"))
    rules = {**SHOP, "database/creds/+": "read"}
    head = but(
        with_policies({"shop-api-prod": rules}),
        database_connections=(connection,),
        database_roles=(new, changed),
    )
    one = finding(reviewed(head), "write-where-read")
    assert one.title.startswith("users of database/roles/shop-readonly gain DELETE, and")


def test_what_is_lost_is_no_risk() -> None:
    sides = Sides(BASE, with_policies({"blog-api-prod": {}}))
    (pair,) = sides.pairs()
    lost = TermChange(Direction.LOST, Topic.CLOUD, "aws/roles/x", "IAM action", "iam:* on *", "")
    assert list(credential_risks(pair, [lost], Territory(sides), "security")) == []


def test_users_that_could_write_already() -> None:
    base = with_sql(TABLES, "GRANT SELECT, INSERT ON ALL TABLES")
    head = with_sql(TABLES, "GRANT SELECT, INSERT, DELETE ON ALL TABLES")
    assert rules_of(reviewed(head, base)) == []
    assert rules_of(reviewed(BASE, head)) == []


@pytest.mark.parametrize("table", ["t", '"a ON b"'])
def test_users_that_could_write_by_a_later_statement(table: str) -> None:
    def granting(rights: str) -> Snapshot:
        creation = ("CREATE ROLE x;", f"GRANT {rights} ON {table} TO x;")
        changed = dataclasses.replace(SQL, creation=creation)
        return but(database_roles=altered(BASE.database_roles, "shop-readonly", statements=changed))

    writes = "write-where-read"
    assert writes not in rules_of(reviewed(granting("INSERT, DELETE"), granting("INSERT")))
    one = finding(reviewed(granting("SELECT, DELETE"), granting("SELECT")), writes)
    assert one.title == "users of database/roles/shop-readonly gain DELETE, and could only read"


def test_reading_more_is_no_writing() -> None:
    head = with_sql(TABLES, "GRANT SELECT, REFERENCES ON ALL TABLES")
    assert rules_of(reviewed(head)) == []


@pytest.mark.parametrize(
    ("new", "word"),
    [
        ("NOLOGIN SUPERUSER", "SUPERUSER"),
        ("NOLOGIN CREATEROLE", "CREATEROLE"),
        ("NOLOGIN IN ROLE pg_read_all_data", "PG_READ_ALL_DATA"),
        ("NOLOGIN IN ROLE pg_execute_server_program", "PG_EXECUTE_SERVER_PROGRAM"),
    ],
)
def test_administering_a_database(new: str, word: str) -> None:
    one = finding(reviewed(with_sql("NOLOGIN", new)), "database-administration")
    assert one.title == f"users of database/roles/shop-readonly gain {word}"
    assert one.reasons == (
        f"creation SQL of database/roles/shop-readonly says {word}",
        "with that its holder makes itself another user, or reads what no right names",
    )
    assert one.severity is Severity.ESCALATION
    assert one.approvers == ("security-team",)


def test_all_words_that_administer_are_told_at_once() -> None:
    one = finding(reviewed(with_sql("NOLOGIN", "superuser CREATEDB")), "database-administration")
    assert one.title == "users of database/roles/shop-readonly gain CREATEDB, SUPERUSER"
    assert one.reasons[0].endswith(" says CREATEDB, SUPERUSER")


@pytest.mark.parametrize(
    "more",
    [
        'GRANT "shop" TO "{{name}}";',
        "CREATE FUNCTION f(t text) RETURNS void SECURITY DEFINER AS $$ BEGIN EXECUTE t; END $$;",
        "DO $$ BEGIN EXECUTE 'ALTER ROLE x SUPER' || 'USER'; END $$;",
        "ALTER DATABASE shop OWNER TO {{name}};",
    ],
)
def test_sql_that_no_list_of_words_has_is_for_a_person_to_read(more: str) -> None:
    for key in ("creation", "revocation", "renewal", "rollback"):
        changed = dataclasses.replace(SQL, **{key: (*getattr(SQL, key), more)})
        roles = altered(BASE.database_roles, "shop-readonly", statements=changed)
        one = finding(reviewed(but(database_roles=roles)), "database-statements")
        assert one.severity is Severity.HIGH
        assert one.title.startswith(f"the {key} SQL of database/roles/shop-readonly changes")
        assert one.reasons == (
            "Vault runs it as the database's administrator, whatever it says",
            "before: none",
            f"after: {more}",
        )
        assert one.title.endswith("more than rights, or is not the program's own")
        assert one.approvers == ("security-team",)


def test_sql_that_is_left_out_is_for_a_person_to_read() -> None:
    creation = ("CREATE ROLE x;",)
    odd = dataclasses.replace(SQL, creation=creation, renewal=("SELECT 1;",))
    fewer = dataclasses.replace(SQL, creation=creation, renewal=())
    base, head = (
        but(database_roles=altered(BASE.database_roles, "shop-readonly", statements=one))
        for one in (odd, fewer)
    )
    one = finding(reviewed(head, base), "database-statements")
    assert one.reasons[1:] == ("before: SELECT 1;", "after: none")


def test_sql_that_becomes_the_programs_own_needs_nobody_to_read_it() -> None:
    base = with_sql("NOLOGIN", "NOLOGIN CONNECTION LIMIT 5")
    assert "database-statements" in rules_of(reviewed(base))
    assert rules_of(reviewed(BASE, base)) == []


@pytest.mark.parametrize("public", ["PUBLIC", "public", '"x", PUBLIC'])
def test_rights_of_everybody(public: str) -> None:
    head = with_sql(TABLES, f'GRANT SELECT ON ALL TABLES IN SCHEMA "s" TO {public}; {TABLES}')
    one = finding(reviewed(head), "database-everybody")
    right = f'SELECT ON ALL TABLES IN SCHEMA "s" TO {public}'
    assert one.title == f"shop/api gains {right} by database/roles/shop-readonly"
    assert one.reasons == (
        "every user of that database has what PUBLIC has, for good",
        "before: none",
        f"after: {right}",
    )
    assert one.severity is Severity.HIGH
    assert one.approvers == ("security-team",)
    assert "database-everybody" not in rules_of(reviewed(BASE, head))


def test_users_in_the_database_of_another() -> None:
    base = with_policies({"blog-api-prod": {"database/creds/blog-readonly": "read"}})
    own = statements(
        database="shop", owner="blog", schema="public", access=DatabaseAccess.READ_ONLY
    )
    role = dataclasses.replace(
        BASE.database_roles[0], name="blog-readonly", connection="blog", statements=own
    )

    def head(database: str, base: Snapshot = base) -> Review:
        connection = DatabaseConnection("blog", database, ("blog-readonly",))
        return reviewed(
            but(
                base,
                database_connections=(connection, *BASE.database_connections),
                database_roles=(role, *BASE.database_roles),
            ),
            base,
        )

    one = finding(head("shop"), "another-application")
    assert one.title == "blog/api gains users in the database shop of shop"
    assert one.reasons == (
        "database/roles/blog-readonly makes users in shop",
        "database/roles/shop-readonly of shop makes users there, at the base",
    )
    assert one.severity is Severity.HIGH
    assert one.approvers == ("shop-team",)
    assert "another-application" not in rules_of(head("blog"))
    nobodys = but(base, owners=tuple(dataclasses.replace(one, team="") for one in base.owners))
    assert finding(head("shop", nobodys), "another-application").approvers == ("platform-team",)


def test_anothers_role_is_told_once() -> None:
    head = with_policies({"blog-api-prod": {"database/creds/shop-readonly": "read"}})
    assert rules_of(reviewed(head)).count("another-application") == 1


def test_other_sql_administers_nothing() -> None:
    head = with_sql("NOLOGIN", "NOLOGIN CONNECTION LIMIT 5")
    assert rules_of(reviewed(head)) == ["database-statements"]
    own = statements(
        database="shop", owner="shop", schema="public", access=DatabaseAccess.READ_WRITE
    )
    head = but(database_roles=altered(BASE.database_roles, "shop-readonly", statements=own))
    assert "database-administration" not in rules_of(reviewed(head))


def with_iam(*statements: dict[str, object]) -> Review:
    document = json.loads(BASE.aws_roles[0].policy_document)
    document["Statement"] += statements
    roles = altered(BASE.aws_roles, "shop-files", policy_document=json.dumps(document))
    return reviewed(but(aws_roles=roles))


def allow(action: str, resource: str = "arn:aws:s3:::shop-prod/*") -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    "action",
    [
        "*",
        "iam:*",
        "iam:PutUserPolicy",
        "IAM:PassRole",
        "sts:AssumeRole",
        "iam:*Policy",
        "sts:?ssumeRole",
        "s*:AssumeRole",
    ],
)
def test_actions_that_hand_out_rights(action: str) -> None:
    one = finding(with_iam(allow(action)), "cloud-escalation")
    assert one.severity is Severity.ESCALATION
    assert one.title == (
        f"shop/api gains {action} on arn:aws:s3:::shop-prod/* by aws/roles/shop-files"
    )
    assert one.reasons == (
        f"aws/roles/shop-files allows {action} on arn:aws:s3:::shop-prod/*; before, it did not",
        "it may give itself rights, or take others'",
    )
    assert one.approvers == ("security-team",)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:*", "arn:aws:s3:::shop-prod/*"),
        ("s3:???Object", "arn:aws:s3:::shop-prod/*"),
        ("s3:PutObject", "*"),
        ("s3:PutObject", "?*"),
    ],
)
def test_wildcards_of_a_cloud(action: str, resource: str) -> None:
    one = finding(with_iam(allow(action, resource)), "cloud-wildcard")
    assert one.severity is Severity.HIGH
    assert one.title == f"shop/api gains {action} on {resource} by aws/roles/shop-files"
    assert one.reasons == ("a wildcard covers what nobody named, now and later",)
    assert one.approvers == ("security-team",)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", "arn:aws:s3:::shop-prod/*"),
        ("iam:GetUser", "arn:aws:iam::333333333333:user/shop"),
        ("s3:PutObject", "arn:aws:s3:::shop-prod/a on *"),
        ("ecr:GetAuthorizationToken", "*"),
        ("sts:GetCallerIdentity", "*"),
    ],
)
def test_harmless_actions(action: str, resource: str) -> None:
    assert rules_of(with_iam(allow(action, resource))) == []


def test_statements_that_are_more_than_actions() -> None:
    deny: dict[str, object] = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    one = finding(with_iam(deny), "cloud-statement")
    assert one.severity is Severity.HIGH
    assert one.title == (
        "the statements of aws/roles/shop-files change that are more than actions and resources"
    )
    written = '{"Action": "*", "Effect": "Deny", "Resource": "*"}'
    assert one.reasons == ("before: none", f"after: {written}")
    assert one.approvers == ("security-team",)


def test_a_denial_that_goes_is_told() -> None:
    document = json.loads(BASE.aws_roles[0].policy_document)
    document["Statement"].append({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    roles = altered(BASE.aws_roles, "shop-files", policy_document=json.dumps(document))
    one = finding(reviewed(BASE, but(aws_roles=roles)), "cloud-statement")
    written = '{"Action": "s3:*", "Effect": "Deny", "Resource": "*"}'
    assert one.reasons == (f"before: {written}", "after: none")


@pytest.mark.parametrize(
    "role",
    ["Owner", "User Access Administrator", "Role Based Access Control Administrator"],
)
def test_azure_roles_that_assign_roles(role: str) -> None:
    base = but(
        with_policies({"shop-api-prod": {**SHOP, "azure/creds/z": "read"}}),
        azure_roles=(AzureRole("z", (("Reader", "/a"),), 60, 60),),
    )
    head = but(base, azure_roles=(AzureRole("z", ((role, "/a"),), 60, 60),))
    one = finding(reviewed(head, base), "cloud-escalation")
    assert one.title == f"shop/api gains {role} at /a by azure/roles/z"
    assert one.reasons[-1] == "that role assigns roles, to itself as to others"
    wide = but(base, azure_roles=(AzureRole("z", (("Contributor", "/a"),), 60, 60),))
    assert rules_of(reviewed(wide, base)) == []


def test_certificates_for_anothers_names() -> None:
    rules = {"secret/data/blog/*": "read", "pki/issue/blog-api": "update"}
    base = but(
        with_policies({"blog-api-prod": rules}),
        pki_roles=(
            PkiRole("blog-api", ("blog.prod.example",), False, True, False, 60, 60),
            *BASE.pki_roles,
        ),
    )

    def head(domain: str) -> Snapshot:
        roles = altered(
            base.pki_roles, "blog-api", allow_subdomains=True, allowed_domains=(domain,)
        )
        return but(base, pki_roles=roles)

    nobodys = tuple(dataclasses.replace(owner, team="") for owner in base.owners)
    review = reviewed(but(head("prod.example"), owners=nobodys), but(base, owners=nobodys))
    assert finding(review, "another-application").approvers == ("platform-team",)
    one = finding(reviewed(head("prod.example"), base), "another-application")
    assert one.title == ("blog/api gains certificates for names of shop: prod.example and below")
    assert one.reasons == (
        "pki/roles/blog-api issues for prod.example and below",
        "pki/roles/shop-api of shop issues for names within that",
        "with such a certificate its holder poses as that workload",
    )
    assert one.severity is Severity.HIGH
    assert one.approvers == ("shop-team",)
    assert rules_of(reviewed(head("blog.prod.example"), base)) == []


@pytest.mark.parametrize("domain", ["vault.prod.example", "com", "*", "workshop.prod.example"])
def test_certificates_for_names_of_nobody(domain: str) -> None:
    domains = (*BASE.pki_roles[0].allowed_domains, domain)
    roles = altered(BASE.pki_roles, "shop-api", allowed_domains=domains)
    one = finding(reviewed(but(pki_roles=roles)), "foreign-name")
    assert one.severity is Severity.HIGH
    assert one.title == f"shop/api gains certificates for {domain}, which is not named after shop"
    assert one.reasons == (
        f"pki/roles/shop-api issues for {domain}",
        "with such a certificate its holder poses as whatever is called so",
    )
    assert one.approvers == ("security-team",)


def test_certificates_for_a_name_more_of_ones_own() -> None:
    domains = (*BASE.pki_roles[0].allowed_domains, "web.shop.prod.example")
    roles = altered(BASE.pki_roles, "shop-api", allowed_domains=domains)
    assert rules_of(reviewed(but(pki_roles=roles))) == []
    below = altered(
        BASE.pki_roles, "shop-api", allow_subdomains=True, allowed_domains=("prod.shop",)
    )
    assert rules_of(reviewed(but(pki_roles=below))) == []


def test_users_in_another_database_than_before() -> None:
    connections = (DatabaseConnection("shop", "postgres", ("shop-readonly",)),)
    one = finding(reviewed(but(database_connections=connections)), "another-database")
    assert one.severity is Severity.HIGH
    assert one.title == "users of database/roles/shop-readonly are made in postgres instead of shop"
    assert one.reasons == ("the same SQL gives other rights there",)
    assert one.approvers == ("security-team",)


def test_the_password_of_a_user_that_is_named_after_somebody_else() -> None:
    def head(username: str) -> Snapshot:
        rules = {**SHOP, "database/static-creds/stays": "read"}
        return but(
            with_policies({"shop-api-prod": rules}),
            database_connections=(DatabaseConnection("shop", "shop", ("shop-readonly", "stays")),),
            database_static_roles=(DatabaseStaticRole("stays", "shop", username, "", 3600),),
        )

    one = finding(reviewed(head("blog-report")), "foreign-user")
    assert one.title == (
        "shop/api gains the password of the database user blog-report, which is not named after "
        "shop"
    )
    assert one.reasons == (
        "Vault changes the password of blog-report, and whoever had it has it no more",
        "whoever reads the new one is that user, with whatever it may",
    )
    assert (one.severity, one.approvers) == (Severity.HIGH, ("security-team",))
    assert rules_of(reviewed(head("shop-report"))) == []
    assert "foreign-user" in rules_of(reviewed(head("shopreport")))
