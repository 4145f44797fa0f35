"""A small matrix for the proof's tests: a shop with three workloads, and people."""

from __future__ import annotations

from typing import Final

from policies.compile import compile_plan
from policies.environments import Environment, EnvironmentSpec
from policies.grants import (
    Cloud,
    Control,
    Database,
    IssueSecretIds,
    Kv,
    KvAccess,
    Pki,
    PkiAccess,
    RenewSelf,
)
from policies.hcl import Capability
from policies.iam import Allow, AwsAccount
from policies.identities import AppRole, OidcGroup, ServiceAccount
from policies.lifetime import Duration, Lifetime
from policies.model import AccessMatrix, Application, Lifetimes, Workload
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.resources import AwsCloudRole, KvEntry, PostgresDatabase
from policies.subject import Subject, subjects_in

HOUR: Final = Lifetime.of("1h", "24h")

SHOP: Final = Application(
    "shop",
    owner="shop-team",
    database=PostgresDatabase("shop", "shop"),
    entries=(KvEntry.given("shop/api", "key", "other"), KvEntry.given("deploy/shop/keys", "key")),
    cloud_roles=(AwsCloudRole("uploads", (Allow(("s3:PutObject",), ("arn:aws:s3:::x/*",)),)),),
    workloads=(
        Workload(
            "api",
            ServiceAccount("shop", "api"),
            (
                Kv(SecretPath("shop/*"), KvAccess.READ),
                Database(DatabaseAccess.READ_ONLY),
                Cloud("uploads"),
                Pki(PkiAccess.CLIENT),
                RenewSelf(),
            ),
        ),
        Workload(
            "admin",
            ServiceAccount("shop", "admin"),
            (
                Kv(SecretPath("shop/*"), KvAccess.READ_WRITE),
                Database(DatabaseAccess.READ_WRITE),
                Pki(PkiAccess.ADMIN),
            ),
        ),
        Workload(
            "rotation",
            ServiceAccount("shop", "rotation"),
            (Kv(SecretPath("shop/api"), KvAccess.ROTATE),),
        ),
        Workload(
            "ci",
            AppRole(Duration.parse("1h")),
            (Kv(SecretPath("deploy/shop/keys"), KvAccess.READ),),
        ),
    ),
)

PEOPLE: Final = Workload(
    "operators",
    OidcGroup("operators"),
    (
        Control("sys/leases/revoke", (Capability.UPDATE,), reason="incidents"),
        Control("secret/metadata/*", (Capability.READ, Capability.LIST), reason="what exists"),
        Control("sys/policies/acl/+", (Capability.READ,), reason="what they allow"),
        Control("sys/policies/acl", (Capability.LIST,), reason="which exist"),
        IssueSecretIds(reason="pipelines", wrapped=Lifetime.of("1m", "1h")),
    ),
)

MATRIX: Final = AccessMatrix(
    environments=tuple(
        EnvironmentSpec(one, f"{one.value}.example", AwsAccount(digit * 12, "eu-west-1"))
        for one, digit in zip(Environment, "123", strict=True)
    ),
    lifetimes=Lifetimes(token=HOUR, database=HOUR, cloud=HOUR, certificate=HOUR),
    applications=(SHOP,),
    people=(PEOPLE,),
)
PLAN: Final = compile_plan(MATRIX, Environment.DEV)
SUBJECTS: Final = subjects_in(MATRIX, Environment.DEV)


def subject(label: str) -> Subject:
    return next(one for one in SUBJECTS if one.label == label)
