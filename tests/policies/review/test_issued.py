"""`policies.review.issued` knows who can take what, by Vault's decision."""

from __future__ import annotations

import pytest

from policies.acl import Acl, Pattern
from policies.hcl import parse
from policies.plan import AwsRole, AzureRole, DatabaseConnection, DatabaseStaticRole, GcpRole
from policies.review.issued import Counter, Issued, changed, issued_by, ways
from policies.review.model import Topic
from tests.policies.review.sides_made import BASE, altered, but, hcl

EVERYTHING = but(
    gcp_roles=(GcpRole("g", "a@p", ("s",), 60),),
    azure_roles=(AzureRole("z", (), 60, 60),),
    database_connections=(DatabaseConnection("shop", "shop", ("shop-readonly", "shop-report")),),
    database_static_roles=(DatabaseStaticRole("shop-report", "shop", "shop-report", "", 60),),
)


def open_to(rules: dict[str, str]) -> set[str]:
    acl = Acl.of([parse(hcl(rules))])
    return set(Counter(issued_by(EVERYTHING).values()).open_to(acl))


@pytest.mark.parametrize(
    ("path", "capability", "role"),
    [
        ("database/creds/shop-readonly", "read", "database/roles/shop-readonly"),
        ("database/static-creds/shop-report", "read", "database/static-roles/shop-report"),
        ("aws/creds/shop-files", "read", "aws/roles/shop-files"),
        ("aws/sts/shop-files", "update", "aws/roles/shop-files"),
        ("gcp/impersonated-account/g/token", "read", "gcp/impersonated-account/g"),
        ("azure/creds/z", "read", "azure/roles/z"),
        ("pki/issue/shop-api", "update", "pki/roles/shop-api"),
        ("pki/sign/shop-api", "update", "pki/roles/shop-api"),
        ("pki/issuer/+/issue/shop-api", "update", "pki/roles/shop-api"),
        ("pki/issuer/intermediate/issue/shop-api", "update", "pki/roles/shop-api"),
        ("pki/issuer/0b9c1a52/sign/shop-api", "update", "pki/roles/shop-api"),
        ("pki/issuer/i*", "update", "pki/roles/shop-api"),
        ("secret/data/shop/*", "read", "secret/data/shop/config"),
        ("database/creds/+", "read", "database/roles/shop-readonly"),
        ("database/+/shop-readonly", "read", "database/roles/shop-readonly"),
        ("database/creds/*", "read", "database/roles/shop-readonly"),
    ],
)
def test_who_may_ask_at_a_way_can_take_it(path: str, capability: str, role: str) -> None:
    assert open_to({path: capability}) == {role}
    assert open_to({path: "list"}) == set()
    assert open_to({path: "deny"}) == set()


def test_what_is_handed_out_is_told_with_what_it_says() -> None:
    things = issued_by(EVERYTHING)
    assert Counter(things.values()).open_to(Acl.of([parse(hcl({"*": "read update"}))])) == things


def test_a_rule_that_grants_nothing_hides_no_other() -> None:
    rules = {"aws/*": "deny", "database/creds/*": "read", "zzz": "deny"}
    assert open_to(rules) == {"database/roles/shop-readonly"}


def test_a_rule_that_goes_first_decides() -> None:
    rules = {"database/creds/*": "read", "database/creds/shop-readonly": "deny"}
    assert open_to(rules) == set()


def test_a_neighbour_is_not_taken() -> None:
    assert open_to({"database/creds/shop-readonly2": "read", "database/roles/+": "read"}) == set()


def test_a_database_role_that_nothing_allows_hands_out_nothing() -> None:
    role = "database/roles/shop-readonly"
    assert role in issued_by(BASE)
    assert role not in issued_by(but(database_connections=()))
    assert role not in issued_by(
        but(database_connections=(DatabaseConnection("shop", "shop", ("other",)),))
    )


def test_each_role_and_entry_is_known_by_where_vault_keeps_it() -> None:
    (database,), (static,) = EVERYTHING.database_roles, EVERYTHING.database_static_roles
    (aws,), (gcp,), (azure,) = EVERYTHING.aws_roles, EVERYTHING.gcp_roles, EVERYTHING.azure_roles
    (pki,), (entry,) = EVERYTHING.pki_roles, EVERYTHING.kv_entries
    assert list(issued_by(EVERYTHING).items()) == [
        (one.role, one)
        for one in (
            Issued("database/roles/shop-readonly", Topic.DATABASE, database, "shop"),
            Issued("database/static-roles/shop-report", Topic.DATABASE, static, "shop"),
            Issued("aws/roles/shop-files", Topic.CLOUD, aws, mount=(3600, 14400)),
            Issued("gcp/impersonated-account/g", Topic.CLOUD, gcp),
            Issued("azure/roles/z", Topic.CLOUD, azure),
            Issued("pki/roles/shop-api", Topic.CERTIFICATE, pki),
            Issued("secret/data/shop/config", Topic.SECRET, entry),
        )
    ]


def test_a_user_that_its_connection_does_not_allow_has_no_password_to_take() -> None:
    stays = "database/static-roles/shop-report"
    assert stays in issued_by(EVERYTHING)
    for connections in ((), BASE.database_connections):
        assert stays not in issued_by(but(EVERYTHING, database_connections=connections))


def test_an_aws_role_knows_its_mounts_lifetimes() -> None:
    more = but(aws_roles=(*BASE.aws_roles, AwsRole("short", "{}", 60, 120)))
    assert issued_by(more)["aws/roles/shop-files"].mount == (60, 120)


def test_what_changed() -> None:
    before = issued_by(BASE)
    assert changed(before, issued_by(BASE)) == {}
    roles = altered(BASE.pki_roles, "shop-api", server=True)
    after = issued_by(but(pki_roles=roles, aws_roles=()))
    assert changed(before, after) == {
        "pki/roles/shop-api": (before["pki/roles/shop-api"], after["pki/roles/shop-api"]),
        "aws/roles/shop-files": (before["aws/roles/shop-files"], None),
    }


def test_a_counter_says_what_a_rule_may_be_about() -> None:
    counter = Counter(issued_by(BASE).values())
    assert counter.may_meet(Pattern.of("+/creds/*"))
    assert not counter.may_meet(Pattern.of("sys/*"))


def test_the_first_way_is_what_the_program_means() -> None:
    assert [ways(one)[0].path for one in issued_by(BASE).values()] == [
        "database/creds/shop-readonly",
        "aws/creds/shop-files",
        "pki/issue/shop-api",
        "secret/data/shop/config",
    ]
