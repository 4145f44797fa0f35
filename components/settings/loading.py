"""Reads and validates the settings: the only reader of `pulumi.Config`.

Cross-field rules live here, so that whatever the components receive makes sense. Says nothing of
who may do what: that is the access matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pulumi

from components.settings import pgp
from components.settings.deployment import DeploymentSettings, KubernetesSettings
from components.settings.loading_deployment import read_deployment, read_kubernetes
from components.settings.model import (
    AwsSettings,
    AzureSettings,
    BootstrapSettings,
    ClusterSettings,
    DatabaseSettings,
    GcpSettings,
    KubernetesAuthSettings,
    KvSettings,
    LimitSettings,
    OidcSettings,
    PkiSettings,
    ProvisionerCredentials,
    Reviewer,
    Seal,
    Secret,
    Settings,
    Target,
    TlsMode,
    VaultSettings,
)
from components.settings.reader import ConfigReader
from policies.environments import Environment, EnvironmentSpec

NAMESPACE = "vaultstack"


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
    database = _database(read, environment)
    deployment = read_deployment(
        read,
        environment,
        spec(environment).aws,
        kubernetes,
        deploys=target is Target.KUBERNETES,
        raft=cluster.raft,
        sealed_by_kms=bootstrap.seal is Seal.AWSKMS,
        database=database is not None,
    )
    vault = _vault(read, environment, deployment)
    settings = Settings(
        environment=environment,
        target=target,
        protect=read.flag("protectData"),
        vault=vault,
        cluster=cluster,
        deployment=deployment,
        limits=_limits(read),
        bootstrap=bootstrap,
        kubernetes_auth=_kubernetes_auth(read, environment, kubernetes),
        oidc=_oidc(read, environment),
        kv=_kv(read),
        database=database,
        aws=_aws(read, environment),
        gcp=_gcp(read),
        azure=_azure(read),
        pki=_pki(read, vault),
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


def _secret(value: str) -> Secret:
    return pulumi.Output.secret(value)


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
    elif not address.startswith("https://") and (deployment or environment is not Environment.DEV):
        read.problem(
            "vaultAddress",
            f"must be https in {'a cluster' if deployment else environment.value}, is {address!r}: "
            "tokens travel over it",
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
        adopted=ProvisionerCredentials(role_id, _secret(secret_id)) if role_id else None,
        secret_id_ttl=read.duration("provisionerSecretIdTtl"),
        bound_cidrs=read.strings("provisionerBoundCidrs"),
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


def _kubernetes_auth(
    read: ConfigReader, environment: Environment, cluster: KubernetesSettings
) -> KubernetesAuthSettings:
    reviewer = read.choice("kubernetesReviewer", Reviewer, Reviewer.POD)
    token = read.secret("kubernetesReviewerToken")
    if reviewer is Reviewer.CREATE and not cluster.context and read.sound("kubernetesContext"):
        read.problem(
            "kubernetesContext",
            "is needed where kubernetesReviewer is 'create', or whatever cluster happens to be "
            "current would be given a token reviewer",
            f"pulumi config set {NAMESPACE}:kubernetesContext <name in the kubeconfig>",
        )
    if token and reviewer is not Reviewer.GIVEN and read.sound("kubernetesReviewer"):
        read.problem(
            "kubernetesReviewerToken",
            f"must not be given where kubernetesReviewer is {reviewer.value!r}: nothing uses it",
            f"pulumi config set {NAMESPACE}:kubernetesReviewer given, or remove the token",
        )
    if reviewer is Reviewer.GIVEN and not token:
        pulumi.log.warn(
            "workloads cannot log in yet: the token with which Vault has theirs reviewed is not "
            f"given; pulumi config set --secret {NAMESPACE}:kubernetesReviewerToken"
        )
    return KubernetesAuthSettings(
        host=read.secure_url("kubernetesHost", plain_allowed=environment is Environment.DEV),
        ca_cert=read.text("kubernetesCaCert") or None,
        reviewer=reviewer,
        reviewer_token=_secret(token) if token else None,
        reviewer_namespace=read.text("kubernetesReviewerNamespace"),
        cluster=cluster,
    )


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


def _oidc(read: ConfigReader, environment: Environment) -> OidcSettings | None:
    discovery_url, client_id = (
        read.secure_url("oidcDiscoveryUrl", plain_allowed=environment is Environment.DEV),
        read.text("oidcClientId"),
    )
    client_secret = read.secret("oidcClientSecret")
    groups_claim, scopes = read.text("oidcGroupsClaim"), read.strings("oidcScopes")
    redirect_uris = read.strings("oidcRedirectUris")
    if not discovery_url:
        return None
    if not client_id:
        read.problem(
            "oidcClientId",
            "is needed with oidcDiscoveryUrl",
            f"pulumi config set {NAMESPACE}:oidcClientId <id>",
        )
    if not client_secret:
        pulumi.log.warn(
            "people cannot log in yet: the OIDC client secret is not given; "
            f"pulumi config set --secret {NAMESPACE}:oidcClientSecret"
        )
        return None
    return OidcSettings(
        discovery_url, client_id, _secret(client_secret), groups_claim, scopes, redirect_uris
    )


def _kv(read: ConfigReader) -> KvSettings:
    return KvSettings(
        max_versions=read.integer("kvMaxVersions", minimum=2, maximum=1000),
        values={
            path: {key: _secret(value) for key, value in values.items()}
            for path, values in read.secret_mappings("kvValues").items()
        },
    )


def _database(read: ConfigReader, environment: Environment) -> DatabaseSettings | None:
    host, username = read.text("databaseHost"), read.text("databaseUsername")
    tls = read.choice("databaseTls", TlsMode, TlsMode.VERIFY_FULL)
    rotate_root = read.flag("databaseRotateRoot")
    verifies = tls in (TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL)
    if not verifies and environment is not Environment.DEV:
        read.problem(
            "databaseTls",
            f"must verify the server in {environment.value}, {tls.value!r} does not: issued "
            "passwords travel over it",
            f"pulumi config set {NAMESPACE}:databaseTls verify-full",
        )
    if rotate_root and "{database}" not in username:
        read.problem(
            "databaseUsername",
            "must hold '{database}' where databaseRotateRoot is true: rotating a shared "
            "administrator's password for one connection locks out the others",
            f"pulumi config set {NAMESPACE}:databaseUsername 'vault_{{database}}'",
        )
    settings = DatabaseSettings(
        host=host,
        port=read.integer("databasePort", minimum=1, maximum=65535),
        tls=tls,
        ca_cert=read.text("databaseCaCert") or None,
        username=username,
        passwords={
            name: _secret(value) for name, value in read.secret_mapping("databasePasswords").items()
        },
        rotate_root=rotate_root,
    )
    return settings if host else None


def _aws(read: ConfigReader, environment: Environment) -> AwsSettings | None:
    enabled = read.flag("awsEngine")
    access_key_id, secret = read.text("awsAccessKeyId"), read.secret("awsSecretAccessKey")
    if bool(access_key_id) != bool(secret):
        missing = "awsSecretAccessKey" if access_key_id else "awsAccessKeyId"
        read.problem(
            missing,
            "is missing while the other half of Vault's AWS key is given",
            f"pulumi config set {'--secret ' if access_key_id else ''}{NAMESPACE}:{missing}",
        )
    settings = AwsSettings(
        access_key_id=access_key_id or None,
        secret_access_key=_secret(secret) if secret else None,
        role_arns=read.mapping("awsRoleArns"),
        endpoint=read.secure_url("awsEndpoint", plain_allowed=environment is Environment.DEV)
        or None,
    )
    return settings if enabled else None


def _gcp(read: ConfigReader) -> GcpSettings | None:
    enabled, credentials = read.flag("gcpEngine"), read.secret("gcpCredentials")
    return GcpSettings(_secret(credentials) if credentials else None) if enabled else None


def _azure(read: ConfigReader) -> AzureSettings | None:
    subscription_id, tenant_id = read.text("azureSubscriptionId"), read.text("azureTenantId")
    client_id, secret = read.text("azureClientId"), read.secret("azureClientSecret")
    if subscription_id and not tenant_id:
        read.problem(
            "azureTenantId",
            "is needed with azureSubscriptionId",
            f"pulumi config set {NAMESPACE}:azureTenantId <id>",
        )
    if not subscription_id:
        return None
    return AzureSettings(
        subscription_id, tenant_id, client_id or None, _secret(secret) if secret else None
    )


def _pki(read: ConfigReader, vault: VaultSettings) -> PkiSettings:
    root, intermediate = read.duration("pkiRootTtl"), read.duration("pkiIntermediateTtl")
    if intermediate > root and read.sound("pkiRootTtl", "pkiIntermediateTtl"):
        read.problem(
            "pkiIntermediateTtl",
            f"must not outlive the root CA: {intermediate} is above pkiRootTtl, {root}",
            "lower the one or raise the other",
        )
    return PkiSettings(
        root_ttl=root,
        intermediate_ttl=intermediate,
        organization=read.text("pkiOrganization"),
        url=read.url("pkiUrl") or vault.address,
    )
