"""Reads and validates the settings: the only reader of `pulumi.Config`.

Cross-field rules live here, so that whatever the components receive makes sense. Says nothing of
who may do what: that is the access matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pulumi

from components.settings import pgp
from components.settings.deployment import DeploymentSettings
from components.settings.loading_audit import read_audit
from components.settings.loading_ci import read_ci_login
from components.settings.loading_delivery import read_delivery
from components.settings.loading_deployment import read_deployment, read_kubernetes
from components.settings.loading_engines import (
    read_aws,
    read_azure,
    read_database,
    read_gcp,
    read_kv,
    read_pki,
)
from components.settings.loading_logins import read_kubernetes_auth, read_oidc
from components.settings.loading_operations import read_operations
from components.settings.loading_pods import read_pods
from components.settings.loading_replication import read_replication
from components.settings.loading_snapshots import read_snapshots
from components.settings.loading_team import read_team_stacks
from components.settings.loading_telemetry import read_telemetry
from components.settings.model import (
    BootstrapSettings,
    ClusterSettings,
    LimitSettings,
    ProvisionerCredentials,
    Seal,
    Settings,
    Target,
    VaultSettings,
)
from components.settings.reader import NAMESPACE, ConfigReader, is_loopback
from components.settings.secret import encrypted
from policies.environments import Environment, EnvironmentSpec


def load(spec: Callable[[Environment], EnvironmentSpec]) -> Settings:
    """Settings of the current stack. `spec` is the matrix' own: what belongs to an environment
    there is not said here again.

    Raises `SettingsError` that lists every problem: each names the key, the rule and the fix.
    """
    read = ConfigReader(NAMESPACE)
    environment = read.choice("environment", Environment, Environment.DEV)
    target = read.choice("target", Target, Target.EXISTING)
    kubernetes = read_kubernetes(read)
    cluster, bootstrap = _cluster(read, environment), _bootstrap(read, environment)
    database = read_database(read, environment)
    account = spec(environment).aws
    deployment = read_deployment(
        read,
        environment,
        account,
        kubernetes,
        deploys=target is Target.KUBERNETES,
        raft=cluster.raft,
        sealed_by_kms=bootstrap.seal is Seal.AWSKMS,
        database=database is not None,
    )
    vault = _vault(read, environment, deployment)
    pods = read_pods(read, environment, kubernetes, vault, deployment)
    settings = Settings(
        environment=environment,
        target=target,
        protect=read.flag("protectData"),
        vault=vault,
        cluster=cluster,
        deployment=deployment,
        limits=_limits(read),
        audit=read_audit(read, environment, deploys=target is Target.KUBERNETES),
        bootstrap=bootstrap,
        kubernetes_auth=read_kubernetes_auth(read, environment, kubernetes),
        oidc=read_oidc(read, environment),
        kv=read_kv(read),
        database=database,
        aws=read_aws(read, environment, account.region),
        gcp=read_gcp(read),
        azure=read_azure(read),
        pki=read_pki(read, vault),
        delivery=read_delivery(read, environment, kubernetes, pods, deployment),
        operations=read_operations(read, kubernetes, pods),
        snapshots=read_snapshots(read, deployment, raft=cluster.raft, jobs=pods.jobs),
        telemetry=read_telemetry(read, deployment),
        replication=read_replication(read, target, cluster.servers),
        team_stacks=read_team_stacks(read),
    )
    if deployment and cluster.raft and bootstrap.seal is Seal.SHAMIR and read.sound("seal"):
        read.problem(
            "seal",
            f"must be a KMS where {cluster.servers} servers are deployed: this program could "
            "unseal only the one that answers it",
            f"pulumi config set {NAMESPACE}:seal awskms, or {NAMESPACE}:servers 1",
        )
    read.finish()
    return settings


def _vault(
    read: ConfigReader, environment: Environment, deployment: DeploymentSettings | None
) -> VaultSettings:
    address = read.url("vaultAddress")
    if not address and deployment:
        address = deployment.address
    if not address:
        if read.sound("vaultAddress"):
            read.problem(
                "vaultAddress",
                "is needed to reach Vault",
                f"pulumi config set {NAMESPACE}:vaultAddress https://<host>:8200",
            )
    elif not address.startswith("https://") and (
        deployment or environment is not Environment.DEV or not is_loopback(address)
    ):
        # A developer's own machine has nobody in between; a network has.
        where = "dev, but for this machine's own address"
        if deployment or environment is not Environment.DEV:
            where = "a cluster" if deployment else environment.value
        read.problem(
            "vaultAddress",
            f"must be https in {where}, is {address!r}: tokens travel over it",
            f"pulumi config set {NAMESPACE}:vaultAddress https://<host>:8200",
        )
    return VaultSettings(address, read.text("vaultCaCertFile") or None)


def _cluster(read: ConfigReader, environment: Environment) -> ClusterSettings:
    servers = read.integer("servers", minimum=1, maximum=5)
    key = f"{NAMESPACE}:servers"
    if servers % 2 == 0:
        read.problem(
            "servers",
            f"must be odd, is {servers}: an even number survives no more failures than one less",
            f"pulumi config set {key} {servers - 1}, or {servers + 1}",
        )
    if servers == 1 and read.sound("servers") and environment is not Environment.DEV:
        read.problem(
            "servers",
            f"must be 3 or 5 in {environment.value}: one server is away with its node",
            f"pulumi config set {key} 3",
        )
    return ClusterSettings(
        servers, read.duration("raftStabilizationTime"), read.duration("raftReconcileInterval")
    )


def _bootstrap(read: ConfigReader, environment: Environment) -> BootstrapSettings:
    shares = read.integer("shares", minimum=1, maximum=255)
    threshold = read.integer("shareThreshold", minimum=1, maximum=255)
    seal = read.choice("seal", Seal, Seal.SHAMIR)
    comparable = read.sound("shares", "shareThreshold")
    if comparable and threshold > shares:
        read.problem(
            "shareThreshold",
            f"must not be above vaultstack:shares ({shares}), is {threshold}",
            "lower the one or raise the other",
        )
    if comparable and threshold == 1 < shares:
        read.problem(
            "shareThreshold",
            "must be at least 2 where there are several shares: any one would do",
            f"pulumi config set {NAMESPACE}:shareThreshold 3",
        )
    if seal is Seal.SHAMIR and read.sound("seal") and environment is not Environment.DEV:
        read.problem(
            "seal",
            f"must be a KMS in {environment.value}: after a restart nobody is there to unseal",
            f"pulumi config set {NAMESPACE}:seal awskms",
        )
    pgp_keys = _pgp_keys(read, environment, seal, shares)
    role_id, secret_id = read.text("provisionerRoleId"), read.secret("provisionerSecretId")
    if bool(role_id) != bool(secret_id):
        missing = "provisionerSecretId" if role_id else "provisionerRoleId"
        read.problem(
            missing,
            "is missing while the other half of the provisioner's credential is given",
            f"pulumi config set {'--secret ' if role_id else ''}{NAMESPACE}:{missing}",
        )
    return BootstrapSettings(
        seal=seal,
        shares=shares,
        threshold=threshold,
        pgp_keys=pgp_keys,
        timeout=read.duration("bootstrapTimeout"),
        adopted=ProvisionerCredentials(role_id, encrypted(secret_id)) if role_id else None,
        secret_id_ttl=read.duration("provisionerSecretIdTtl"),
        bound_cidrs=read.strings("provisionerBoundCidrs"),
        ci=read_ci_login(read, environment),
    )


def _pgp_keys(
    read: ConfigReader, environment: Environment, seal: Seal, shares: int
) -> tuple[str, ...]:
    keys = read.strings("sharePgpKeys")
    if keys and seal is Seal.SHAMIR and read.sound("seal"):
        read.problem(
            "sharePgpKeys",
            "needs a KMS seal: this program cannot unseal a Vault with shares that it cannot read",
            f"pulumi config set {NAMESPACE}:seal awskms, or leave sharePgpKeys empty",
        )
    if keys and len(keys) != shares and read.sound("shares"):
        read.problem(
            "sharePgpKeys",
            f"must be one key for each of the {shares} shares, are {len(keys)}",
            "give as many keys as vaultstack:shares, or none",
        )
    for number, key in enumerate(keys, 1):
        if fault := pgp.fault(key):
            read.problem(
                "sharePgpKeys",
                f"key {number} {fault}",
                f"give key {number} as the base64 of a public key",
            )
        elif pgp.expired(key, datetime.now(UTC)):
            pulumi.log.warn(
                f"key {number} of {NAMESPACE}:sharePgpKeys has expired: Vault would stop half-way "
                "through its initialisation; give a newer one before the first `up`"
            )
    if environment is Environment.PROD and not keys and seal is not Seal.SHAMIR:
        pulumi.log.warn(
            "whoever can decrypt this stack's state can read the recovery shares: give the public "
            f"keys of their holders before the first `up` ({NAMESPACE}:sharePgpKeys)"
        )
    return keys


def _limits(read: ConfigReader) -> LimitSettings:
    default, longest = read.duration("defaultLeaseTtl"), read.duration("maxLeaseTtl")
    if default > longest and read.sound("defaultLeaseTtl", "maxLeaseTtl"):
        read.problem(
            "defaultLeaseTtl",
            f"must not be above maxLeaseTtl: {default} is above {longest}",
            "lower the one or raise the other",
        )
    rate = read.integer("rateLimit", minimum=0, maximum=100_000)
    return LimitSettings(default, longest, rate)
