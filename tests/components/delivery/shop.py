"""A small application, its plan, and what delivers to it, for the tests of the delivery."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from components.delivery.files import Delivery, Exports, SecretFile, Source
from components.settings import (
    AuthoritySettings,
    CsiSettings,
    DeliverySettings,
    FailurePolicy,
    InjectorSettings,
    IssuerKind,
    IssuerReference,
    KubernetesSettings,
    ServingSettings,
)
from policies import paths
from policies.compile import compile_plan
from policies.environments import Environment, EnvironmentSpec
from policies.grants import Cloud, Database, DatabaseStatic, Kv, KvAccess, Pki, PkiAccess, RenewSelf
from policies.iam import Allow, AwsAccount
from policies.identities import AppRole, ServiceAccount
from policies.lifetime import Duration, Lifetime
from policies.model import AccessMatrix, Application, Lifetimes, Workload
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.resources import (
    AwsCloudRole,
    AzureCloudRole,
    GcpCloudRole,
    KvEntry,
    PostgresDatabase,
    StaticUser,
)

ENTRY: Final = SecretPath("shop/config")
HOUR: Final = Lifetime.of("1h", "4h")
SHOP: Final = Application(
    name="shop",
    owner="shop-team",
    database=PostgresDatabase(
        name="shop",
        owner="shop",
        static_users=(StaticUser("reports", Duration.parse("24h")),),
    ),
    entries=(
        KvEntry.given("shop/config", "redis_password", "api_key"),
        KvEntry.given("deploy/shop/keys", "token"),
    ),
    cloud_roles=(
        AwsCloudRole("pictures", (Allow(("s3:GetObject",), ("arn:aws:s3:::pictures/*",)),)),
        GcpCloudRole("letters", "letters@example.iam.gserviceaccount.com"),
        AzureCloudRole("papers", (("Reader", "/subscriptions/1"),)),
    ),
    workloads=(
        Workload(
            "api",
            ServiceAccount("shop", "shop-api"),
            role="shop",
            grants=(
                Kv(SecretPath("shop/*"), KvAccess.READ),
                Database(DatabaseAccess.READ_WRITE),
                Cloud("pictures"),
                Cloud("letters"),
                Cloud("papers"),
                Pki(PkiAccess.CLIENT),
                RenewSelf(),
            ),
        ),
        Workload(
            "batch",
            ServiceAccount("shop", "shop-batch"),
            grants=(Database(DatabaseAccess.READ_ONLY), DatabaseStatic("reports")),
        ),
        Workload(
            "rotation",
            ServiceAccount("shop", "shop-rotation"),
            grants=(Kv(ENTRY, KvAccess.ROTATE),),
        ),
        Workload(
            "ci",
            AppRole(secret_id_lifetime=Duration.parse("24h"), secret_id_uses=20),
            grants=(Kv(SecretPath("deploy/shop/*"), KvAccess.READ),),
        ),
    ),
)
MATRIX: Final = AccessMatrix(
    environments=(
        EnvironmentSpec(
            Environment.STAGING, "staging.example.com", AwsAccount("222222222222", "eu-west-1")
        ),
    ),
    lifetimes=Lifetimes(HOUR, HOUR, HOUR, HOUR),
    applications=(SHOP,),
)
_COMPILED: Final = compile_plan(MATRIX, Environment.STAGING)
# As if `api_key` were rotated with an overlap.
PLAN: Final = dataclasses.replace(
    _COMPILED,
    kv_entries=tuple(
        dataclasses.replace(entry, kept_keys=("api_key_previous",))
        if entry.name == "shop/config"
        else entry
        for entry in _COMPILED.kv_entries
    ),
)

CONFIG: Final = SecretFile("config", ENTRY, Exports(("redis_password",)))
API: Final = Delivery("shop/api", (CONFIG,))
AWS: Final = paths.AWS


def delivering(source: Source, *keys: str, workload: str = "shop/api") -> Delivery:
    """One file with these keys."""
    return Delivery(workload, (SecretFile("config", source, Exports(keys)),))


ISSUER: Final = IssuerReference(IssuerKind.CLUSTER_ISSUER, "platform")
INJECTOR: Final = InjectorSettings(
    image="docker.io/hashicorp/vault-k8s:1.7.6",
    replicas=2,
    serving=ServingSettings(ISSUER, None, None),
    failure_policy=FailurePolicy.FAIL,
    priority_class="system-cluster-critical",
)
CSI: Final = CsiSettings("docker.io/hashicorp/vault-csi-provider:1.7.4", "system-node-critical")
SETTINGS: Final = DeliverySettings(
    kubernetes=KubernetesSettings(None, "cluster-staging", "vault", "cluster.local"),
    vault_address="https://vault.vault.svc.cluster.local:8200",
    authority=AuthoritySettings(ISSUER, None),
    agent_image="docker.io/hashicorp/vault:1.21.0",
    api_server_cidrs=("10.2.0.0/16",),
    dns_cidrs=("169.254.20.10/32",),
    servers=True,
    injector=INJECTOR,
    csi=CSI,
)


def settings(**changed: Any) -> DeliverySettings:
    return dataclasses.replace(SETTINGS, **changed)
