"""`policies.stanzas`: what each kind of grant means, exactly, in Vault's paths and capabilities."""

from __future__ import annotations

import pytest

from policies.environments import Environment, EnvironmentSpec
from policies.grants import (
    Cloud,
    Control,
    Database,
    Grant,
    IssueSecretIds,
    Kv,
    KvAccess,
    Pki,
    PkiAccess,
    RenewSelf,
)
from policies.hcl import Capability, Stanza
from policies.iam import Allow, AwsAccount
from policies.identities import AppRole, OidcGroup, ServiceAccount
from policies.lifetime import Duration, Lifetime
from policies.model import AccessMatrix, Application, Lifetimes, Workload
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.resources import AwsCloudRole, AzureCloudRole, GcpCloudRole, PostgresDatabase
from policies.stanzas import stanzas_of
from policies.subject import subjects_in

DEV = Environment.DEV
DAY = Lifetime.of("1h", "24h")
ANY_TOKEN = {"auth/token/lookup-self": "read", "auth/token/revoke-self": "update"}
SHOP = Application(
    name="shop",
    owner="team",
    workloads=(),
    database=PostgresDatabase("shop-db", "keeper"),
    cloud_roles=(
        AwsCloudRole("shop-s3", (Allow(("s3:GetObject",), ("arn:aws:s3:::shop/*",)),)),
        GcpCloudRole("shop-gcs", "shop@example.iam.gserviceaccount.com"),
        AzureCloudRole("shop-vm", (("Reader", "/subscriptions/x"),)),
    ),
)


def meaning(*grants: Grant, people: bool = False) -> tuple[Stanza, ...]:
    """The stanzas of one workload with these grants; beside it stands a pipeline `shop-ci`."""
    ci = Workload("ci", AppRole(Duration(60)), (RenewSelf(),))
    api = Workload("api", ServiceAccount("shop", "api"), (RenewSelf(),) if people else grants)
    operators = Workload("operators", OidcGroup("ops"), grants if people else (RenewSelf(),))
    matrix = AccessMatrix(
        environments=(EnvironmentSpec(DEV, "dev.example", AwsAccount("1" * 12, "eu-west-1")),),
        lifetimes=Lifetimes(token=DAY, database=DAY, cloud=DAY, certificate=DAY),
        applications=(
            Application(
                name=SHOP.name,
                owner=SHOP.owner,
                workloads=(api, ci),
                database=SHOP.database,
                cloud_roles=SHOP.cloud_roles,
            ),
        ),
        people=(operators,),
    )
    role = "operators" if people else "shop-api"
    return stanzas_of(next(one for one in subjects_in(matrix, DEV) if one.role == role))


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        (Kv(SecretPath("shop/x"), KvAccess.READ), {"secret/data/shop/x": "read"}),
        (Kv(SecretPath("shop/*"), KvAccess.READ), {"secret/data/shop/*": "read"}),
        (
            Kv(SecretPath("shop/*"), KvAccess.READ_WRITE),
            {
                "secret/data/shop/*": "create read update delete patch",
                "secret/metadata/shop/*": "create read update delete list patch",
                "secret/delete/shop/*": "update",
                "secret/undelete/shop/*": "update",
                "secret/destroy/shop/*": "update",
            },
        ),
        (
            Kv(SecretPath("shop/x"), KvAccess.ROTATE),
            {"secret/data/shop/x": "patch", "secret/metadata/shop/x": "read"},
        ),
        (Database(DatabaseAccess.READ_ONLY), {"database/creds/shop-readonly": "read"}),
        (Database(DatabaseAccess.READ_WRITE), {"database/creds/shop-readwrite": "read"}),
        (Cloud("shop-s3"), {"aws/creds/shop-s3": "read"}),
        (Cloud("shop-gcs"), {"gcp/impersonated-account/shop-gcs/token": "read"}),
        (Cloud("shop-vm"), {"azure/creds/shop-vm": "read"}),
        (Pki(PkiAccess.CLIENT), {"pki/issue/shop-api": "update"}),
        (
            Pki(PkiAccess.ADMIN),
            {"pki/issue/shop-api": "update", "pki/revoke-with-key": "update"},
        ),
        (RenewSelf(), {"auth/token/renew-self": "update", "sys/leases/renew": "update"}),
    ],
    ids=str,
)
def test_a_grant_means_exactly_this(grant: Grant, expected: dict[str, str]) -> None:
    made = meaning(grant)
    said = {stanza.path: " ".join(stanza.capabilities) for stanza in made}
    assert said == ANY_TOKEN | expected
    assert len(made) == len(said)


def test_each_stanza_says_which_grant_it_comes_from_and_why() -> None:
    stanzas = {stanza.path: stanza.comment for stanza in meaning(RenewSelf(reason="long jobs"))}
    assert stanzas == {
        "auth/token/lookup-self": "every token",
        "auth/token/renew-self": "shop/api: renew-self (long jobs)",
        "auth/token/revoke-self": "every token",
        "sys/leases/renew": "shop/api: renew-self (long jobs)",
    }


def test_a_control_grant_means_what_it_says() -> None:
    grant = Control("sys/audit", (Capability.SUDO, Capability.READ), reason="see it")
    (stanza,) = (s for s in meaning(grant, people=True) if s.comment != "every token")
    assert stanza == Stanza(
        path="sys/audit",
        capabilities=(Capability.READ, Capability.SUDO),
        comment="people/operators: control sys/audit (see it)",
    )


def test_a_secret_id_can_only_be_had_wrapped() -> None:
    grant = IssueSecretIds(Lifetime.of("2m", "1h"), reason="hand it over")
    comment = "people/operators: issue secret IDs (hand it over)"
    assert [s for s in meaning(grant, people=True) if s.comment != "every token"] == [
        Stanza(
            path="auth/approle/role/shop-ci/role-id",
            capabilities=(Capability.READ,),
            comment=comment,
        ),
        Stanza(
            path="auth/approle/role/shop-ci/secret-id",
            capabilities=(Capability.UPDATE,),
            comment=comment,
            min_wrapping_ttl=120,
            max_wrapping_ttl=3600,
        ),
    ]


def test_two_stanzas_of_one_path_stand_in_the_same_order_however_they_were_granted() -> None:
    grants = (
        RenewSelf(),
        Control("sys/leases/renew", (Capability.UPDATE,), reason="in an incident"),
    )
    forwards, backwards = meaning(*grants, people=True), meaning(*grants[::-1], people=True)
    assert forwards == backwards
    assert len(forwards) == len(ANY_TOKEN) + 3
