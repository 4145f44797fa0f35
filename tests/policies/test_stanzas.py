"""`policies.stanzas`: what each kind of grant means, exactly, in Vault's paths and capabilities."""

from __future__ import annotations

import dataclasses

import pytest

from policies import inspection
from policies.environments import Environment, EnvironmentSpec
from policies.grants import (
    Attest,
    Cloud,
    Control,
    Database,
    DatabaseStatic,
    Grant,
    IntermediateCa,
    IssueSecretIds,
    Kv,
    KvAccess,
    Pki,
    PkiAccess,
    ReadSnapshots,
    RenewSelf,
    RootKey,
    RootPassword,
    SecretIds,
)
from policies.hcl import Capability, Stanza
from policies.iam import Allow, AwsAccount
from policies.identities import AppRole, OidcGroup, PlatformAccount, ServiceAccount
from policies.lifetime import Duration, Lifetime
from policies.model import AccessMatrix, Application, Lifetimes, Platform, Workload
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.resources import (
    AwsCloudRole,
    AzureCloudRole,
    GcpCloudRole,
    PostgresDatabase,
    StaticUser,
)
from policies.rotation import (
    KubernetesSecret,
    OfApplication,
    OfPlatform,
    RenewIntermediate,
    RotateAwsRoot,
    RotateDatabaseRoot,
    RotateSecretIds,
)
from policies.schedule import Cron
from policies.stanzas import stanzas_of
from policies.subject import subjects_in

DEV = Environment.DEV
DAY = Lifetime.of("1h", "24h")
ANY_TOKEN = {"auth/token/lookup-self": "read", "auth/token/revoke-self": "update"}
SHOP = Application(
    name="shop",
    owner="team",
    workloads=(),
    database=PostgresDatabase(
        "shop-db", "keeper", static_users=(StaticUser("report", Cron("0 3 * * 1")),)
    ),
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
        (
            Kv(SecretPath("shop/x"), KvAccess.ROTATE_AND_KEEP),
            {"secret/data/shop/x": "read patch", "secret/metadata/shop/x": "read"},
        ),
        (DatabaseStatic("report"), {"database/static-creds/shop-report": "read"}),
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


def of_platform(grant: Grant) -> dict[str, Stanza]:
    """What a machine's grant means, with the rotation that it is for."""
    daily, day = Cron("0 3 * * *"), Duration.parse("24h")
    secret_ids = RotateSecretIds(
        "ci", KubernetesSecret("shop-ci", "x", "y"), "job", daily, day, Duration.parse("1h")
    )
    of_shop: tuple[OfApplication, ...] = ()
    own: tuple[OfPlatform, ...] = ()
    match grant:
        case RootPassword():
            of_shop = (RotateDatabaseRoot("job"),)
        case SecretIds():
            of_shop = (secret_ids,)
        case RootKey():
            own = (RotateAwsRoot("job"),)
        case IntermediateCa(common_name=common_name, lifetime=lifetime):
            own = (RenewIntermediate("job", common_name, lifetime, daily),)
        case ReadSnapshots() | Attest():
            pass  # no rotation
        case _:
            raise AssertionError(grant)
    shop = dataclasses.replace(
        SHOP,
        workloads=(
            Workload("api", ServiceAccount("shop", "api"), (Database(DatabaseAccess.READ_ONLY),)),
            Workload("ci", AppRole(Duration.parse("30d")), (RenewSelf(),)),
        ),
        rotations=of_shop,
    )
    machine = Workload("job", PlatformAccount("job"), (grant,))
    matrix = AccessMatrix(
        environments=(EnvironmentSpec(DEV, "dev.example", AwsAccount("1" * 12, "eu-west-1")),),
        lifetimes=Lifetimes(token=DAY, database=DAY, cloud=DAY, certificate=DAY),
        applications=(shop,),
        platform=Platform("team", (machine,), own),
    )
    (subject,) = (one for one in subjects_in(matrix, DEV) if one.role == "platform-job")
    assert subject.label == "platform/job"
    return {s.path: s for s in stanzas_of(subject) if s.comment != "every token"}


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        (RootPassword("shop", reason="why"), {"database/rotate-root/shop": "update"}),
        (RootKey(reason="why"), {"aws/config/rotate-root": "update"}),
        (ReadSnapshots(reason="why"), {"sys/storage/raft/snapshot": "read"}),
        (
            Attest(reason="why"),
            {path: " ".join(capabilities) for path, capabilities in inspection.granted()},
        ),
        (
            IntermediateCa("CA", Duration.parse("100d"), reason="why"),
            {
                "pki/intermediate/generate/internal": "update",
                "pki-root/root/sign-intermediate": "update",
                "pki/intermediate/set-signed": "update",
                "pki/config/issuers": "read update",
                "pki/issuer/+": "read patch",
            },
        ),
        (
            SecretIds("shop", "ci", Duration.parse("24h"), reason="why"),
            {
                "auth/approle/role/shop-ci/secret-id": "update",
                "auth/approle/role/shop-ci/secret-id-accessor/destroy": "update",
            },
        ),
    ],
    ids=str,
)
def test_a_grant_of_the_platform_means_exactly_this(grant: Grant, expected: dict[str, str]) -> None:
    made = of_platform(grant)
    assert {path: " ".join(one.capabilities) for path, one in made.items()} == expected


def test_a_job_may_send_only_what_it_sends() -> None:
    ca = of_platform(IntermediateCa("shop {environment} CA", Duration.parse("100d"), reason="why"))
    signing = ca["pki-root/root/sign-intermediate"]
    assert signing.required_parameters == ("common_name", "max_path_length", "ttl")
    assert dict(signing.allowed_parameters) == {
        "common_name": ("shop dev CA",),
        "csr": (),
        "max_path_length": ("0",),
        "organization": (),
        "ttl": ("8640000s",),
    }
    # Which matches every list of allowed values.
    assert dict(signing.denied_parameters) == {"common_name": ("",), "ttl": ("",)}
    assert ca["pki/config/issuers"].allowed_parameters == (("default", ()),)
    assert dict(ca["pki/issuer/+"].allowed_parameters) == {
        "issuer_name": (),
        "usage": ("read-only,crl-signing,ocsp-signing",),
    }
    ids = of_platform(SecretIds("shop", "ci", Duration.parse("24h"), reason="why"))
    made = ids["auth/approle/role/shop-ci/secret-id"]
    assert made.allowed_parameters == (("metadata", ()),)
    assert (made.min_wrapping_ttl, made.max_wrapping_ttl) == (86400, 86400)


def test_each_stanza_says_which_grant_it_comes_from_and_why() -> None:
    stanzas = {stanza.path: stanza.comment for stanza in meaning(RenewSelf(reason="long jobs"))}
    assert stanzas == {
        "auth/token/lookup-self": "every token",
        "auth/token/renew-self": "shop/api: renew-self (long jobs)",
        "auth/token/revoke-self": "every token",
        "sys/leases/renew": "shop/api: renew-self (long jobs)",
    }


def test_a_grant_without_a_reason_is_named_alone() -> None:
    stanzas = {stanza.path: stanza.comment for stanza in meaning(RenewSelf())}
    assert stanzas["auth/token/renew-self"] == "shop/api: renew-self"


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
