"""Who may do what. The one table that a security reviewer reads.

A new application is one `Application(...)` here and nothing anywhere else. Every grant holds in all
environments unless it says which; a grant that differs by environment says why.
"""

from __future__ import annotations

from policies.environments import Environment, EnvironmentSpec
from policies.grants import (
    Attest,
    Cloud,
    Control,
    Database,
    DatabaseStatic,
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
from policies.hcl import Capability
from policies.iam import Allow, AwsAccount
from policies.identities import AppRole, OidcGroup, PlatformAccount, ServiceAccount
from policies.lifetime import Duration, Lifetime
from policies.model import AccessMatrix, Application, Lifetimes, Platform, Workload
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.resources import AwsCloudRole, KvEntry, PostgresDatabase, StaticUser
from policies.rotation import (
    KubernetesSecret,
    RenewIntermediate,
    Restart,
    RotateAwsRoot,
    RotateDatabaseRoot,
    RotateKey,
    RotateSecretIds,
)
from policies.schedule import Cron

DEV, STAGING, PROD = (
    frozenset({Environment.DEV}),
    frozenset({Environment.STAGING}),
    frozenset({Environment.PROD}),
)
READ, LIST, UPDATE, SUDO = (
    Capability.READ,
    Capability.LIST,
    Capability.UPDATE,
    Capability.SUDO,
)

ENVIRONMENTS = (
    EnvironmentSpec(
        Environment.DEV, "dev.example.internal", AwsAccount("111111111111", "eu-west-1")
    ),
    EnvironmentSpec(
        Environment.STAGING, "staging.example.internal", AwsAccount("222222222222", "eu-west-1")
    ),
    EnvironmentSpec(
        Environment.PROD, "prod.example.internal", AwsAccount("333333333333", "eu-west-1")
    ),
)

LIFETIMES = Lifetimes(
    token=Lifetime.of("1h", "24h"),
    database=Lifetime.of("1h", "24h"),
    cloud=Lifetime.of("1h", "4h"),
    certificate=Lifetime.of("24h", "72h"),
)

KUBESENTIMENT = Application(
    name="kubesentiment",
    owner="sentiment-team",
    database=PostgresDatabase(
        name="kubesentiment",
        owner="kubesentiment",
        static_users=(StaticUser("exports", rotates=Cron("30 3 * * 0")),),
    ),
    entries=(
        KvEntry.given("kubesentiment/config", "redis_password", "kafka_password", "model_api_key"),
        # Outside `kubesentiment/`, so that the services which read that folder cannot deploy.
        KvEntry.given("deploy/kubesentiment/keys", "registry_token", "signing_key"),
    ),
    cloud_roles=(
        AwsCloudRole(
            "s3-access",
            (
                Allow(("s3:ListBucket",), ("arn:aws:s3:::kubesentiment-{environment}-models",)),
                Allow(
                    ("s3:GetObject", "s3:PutObject"),
                    ("arn:aws:s3:::kubesentiment-{environment}-models/*",),
                ),
            ),
        ),
        AwsCloudRole(
            "kubesentiment-deploy",
            (
                Allow(("ecr:GetAuthorizationToken",), ("*",)),
                Allow(
                    (
                        "ecr:BatchCheckLayerAvailability",
                        "ecr:BatchGetImage",
                        "ecr:CompleteLayerUpload",
                        "ecr:InitiateLayerUpload",
                        "ecr:PutImage",
                        "ecr:UploadLayerPart",
                    ),
                    ("arn:aws:ecr:{region}:{account}:repository/kubesentiment",),
                ),
                Allow(
                    ("eks:DescribeCluster",),
                    ("arn:aws:eks:{region}:{account}:cluster/platform-{environment}",),
                ),
            ),
        ),
        AwsCloudRole(
            "kubesentiment-admin",
            (
                Allow(
                    ("s3:GetBucketVersioning", "s3:ListBucket", "s3:ListBucketVersions"),
                    ("arn:aws:s3:::kubesentiment-{environment}-models",),
                ),
                Allow(
                    (
                        "s3:DeleteObject",
                        "s3:DeleteObjectVersion",
                        "s3:GetObject",
                        "s3:GetObjectVersion",
                        "s3:PutObject",
                    ),
                    ("arn:aws:s3:::kubesentiment-{environment}-models/*",),
                ),
                Allow(
                    ("ecr:BatchDeleteImage", "ecr:DescribeImages", "ecr:ListImages"),
                    ("arn:aws:ecr:{region}:{account}:repository/kubesentiment",),
                ),
            ),
        ),
    ),
    workloads=(
        Workload(
            "api",
            ServiceAccount("kubesentiment", "kubesentiment"),
            role="kubesentiment",
            grants=(
                Kv(SecretPath("kubesentiment/*"), KvAccess.READ),
                Database(DatabaseAccess.READ_WRITE),
                Cloud("s3-access"),
                Pki(PkiAccess.CLIENT),
                RenewSelf(),
            ),
        ),
        Workload(
            "batch",
            ServiceAccount("kubesentiment", "kubesentiment-batch"),
            grants=(
                Kv(SecretPath("kubesentiment/*"), KvAccess.READ),
                Database(DatabaseAccess.READ_ONLY),
                DatabaseStatic(
                    "exports",
                    reason="the connection pooler, through which exports read for longer than a "
                    "lease lives, lets in users that it knows by name",
                ),
            ),
        ),
        Workload(
            "admin",
            ServiceAccount("kubesentiment", "kubesentiment-admin"),
            grants=(
                Kv(SecretPath("kubesentiment/*"), KvAccess.READ_WRITE),
                Database(DatabaseAccess.READ_WRITE),
                Cloud("kubesentiment-admin"),
                Pki(PkiAccess.ADMIN),
            ),
        ),
        Workload(
            "ci",
            AppRole(secret_id_lifetime=Duration.parse("24h"), secret_id_uses=20),
            token=Lifetime.of("1h", "1h"),
            grants=(
                Kv(SecretPath("deploy/kubesentiment/*"), KvAccess.READ),
                Cloud("kubesentiment-deploy"),
            ),
        ),
    ),
    rotations=(
        RotateDatabaseRoot(by="rotation-kubesentiment-database"),
        RotateSecretIds(
            workload="ci",
            into=KubernetesSecret("kubesentiment-ci", "vault-ci", "wrapped-secret-id"),
            by="rotation-kubesentiment-ci",
            schedule=Cron("0 */12 * * *"),
            wrapped=Duration.parse("13h"),
            overlap=Duration.parse("1h"),
        ),
    ),
)

MEDIA_CATALOG = Application(
    name="media-catalog",
    owner="media-team",
    entries=(
        KvEntry.given("media-catalog/database", "url", "password", "ssl_mode"),
        KvEntry.random("media-catalog/api", "jwt_secret", "session_secret"),
        KvEntry.given(
            "media-catalog/external", "tmdb_api_key", "sentry_dsn", environments=DEV | STAGING
        ),
    ),
    workloads=(
        Workload(
            "api",
            ServiceAccount("media-catalog", "media-catalog"),
            grants=(
                Kv(
                    SecretPath("media-catalog/*"),
                    KvAccess.READ,
                    environments=DEV,
                    reason="developers add entries daily; dev holds no real secret",
                ),
                Kv(
                    SecretPath("media-catalog/database"), KvAccess.READ, environments=STAGING | PROD
                ),
                Kv(SecretPath("media-catalog/api"), KvAccess.READ, environments=STAGING | PROD),
                Kv(
                    SecretPath("media-catalog/external"),
                    KvAccess.READ,
                    environments=STAGING,
                    reason="the canary moves external keys to Vault first, so staging must try "
                    "them before prod is given them",
                ),
            ),
        ),
        Workload(
            "rotation",
            ServiceAccount("media-catalog", "media-catalog-rotation"),
            token=Lifetime.of("15m", "15m"),
            grants=(
                Kv(
                    SecretPath("media-catalog/api"),
                    KvAccess.ROTATE_AND_KEEP,
                    reason="tokens signed with the old secret stay good for a day, and the old one "
                    "is put back if the service does not come up",
                ),
            ),
        ),
    ),
    rotations=(
        RotateKey(
            "jwt-secret",
            SecretPath("media-catalog/api"),
            "jwt_secret",
            by="rotation",
            overlap=Duration.parse("24h"),
            tell=Restart("media-catalog", ready_within=Duration.parse("10m")),
        ),
    ),
)

OPERATORS = Workload(
    "operators",
    OidcGroup("vault-operators"),
    token=Lifetime.of("1h", "8h"),
    grants=(
        RenewSelf(),
        Control("sys/mounts", (READ,), reason="see which engines are mounted"),
        # LIST of a folder is decided by the rule without its slash, so both rules must allow it.
        Control(
            "sys/leases/lookup", (UPDATE, LIST, SUDO), reason="find what a suspect workload holds"
        ),
        Control("sys/leases/lookup/*", (LIST, SUDO), reason="find what a suspect workload holds"),
        Control("sys/leases/revoke", (UPDATE,), reason="end one credential in an incident"),
        Control(
            "sys/leases/revoke-prefix/*", (UPDATE, SUDO), reason="end a role's credentials at once"
        ),
        Control("pki/certs", (LIST,), reason="find a certificate to end"),
        Control("pki/revoke", (UPDATE,), reason="end a certificate in an incident"),
        Control("sys/metrics", (READ,), reason="see load and lease counts"),
        Control(
            "sys/storage/raft/autopilot/state",
            (READ,),
            environments=STAGING | PROD,
            reason="replace the servers one at a time: is each a healthy voter before the next",
        ),
        IssueSecretIds(Lifetime.of("1m", "1h"), reason="hand a pipeline what it logs in with"),
    ),
)

AUDITORS = Workload(
    "auditors",
    OidcGroup("vault-auditors"),
    token=Lifetime.of("1h", "8h"),
    grants=(
        Control(
            "secret/metadata/*", (LIST, READ), reason="which secrets exist, and how old they are"
        ),
        Control("sys/mounts", (READ,), reason="which engines exist"),
        Control("sys/auth", (READ,), reason="which ways to log in exist"),
        Control("sys/audit", (READ, SUDO), reason="that everything is recorded"),
        Control("sys/policies/acl", (LIST,), reason="which ACL policies exist"),
        Control("sys/policies/acl/+", (READ,), reason="what they allow"),
        Control("auth/kubernetes/role", (LIST,), reason="who can log in"),
        Control("auth/kubernetes/role/+", (READ,), reason="who can log in"),
        Control("auth/approle/role", (LIST,), reason="who can log in"),
        Control("auth/approle/role/+", (READ,), reason="who can log in, without the role ID"),
        Control("auth/provisioner/role/+", (READ,), reason="what this program logs in with"),
        Control("auth/oidc/role", (LIST,), reason="who can log in"),
        Control("auth/oidc/role/+", (READ,), reason="who can log in"),
        Control("database/config", (LIST,), reason="which databases Vault manages"),
        Control("database/roles", (LIST,), reason="what database users may do"),
        Control("database/roles/+", (READ,), reason="what database users may do"),
        Control("aws/roles", (LIST,), reason="what AWS keys may do"),
        Control("aws/roles/+", (READ,), reason="what AWS keys may do"),
        Control("gcp/impersonated-accounts", (LIST,), reason="what Google tokens may do"),
        Control("azure/roles", (LIST,), reason="what Azure principals may do"),
        Control("pki/roles", (LIST,), reason="which certificates can be issued"),
        Control("pki/roles/+", (READ,), reason="which certificates can be issued"),
        Control("pki/certs", (LIST,), reason="which certificates were issued"),
    ),
)

# As the settings pkiOrganization and pkiIntermediateTtl have it.
_INTERMEDIATE = "vaultstack {environment} intermediate CA"
_INTERMEDIATE_LIVES = Duration.parse("26280h")

PLATFORM = Platform(
    owner="platform-team",
    workloads=(
        Workload(
            "rotation-kubesentiment-database",
            PlatformAccount("rotation-kubesentiment-database"),
            token=Lifetime.of("5m", "5m"),
            grants=(RootPassword("kubesentiment", reason="only Vault is to know it"),),
        ),
        Workload(
            "rotation-kubesentiment-ci",
            PlatformAccount("rotation-kubesentiment-ci"),
            token=Lifetime.of("5m", "5m"),
            grants=(
                SecretIds(
                    "kubesentiment",
                    "ci",
                    wrapped=Duration.parse("13h"),
                    reason="a pipeline's secret ID lives a day, and nobody carries it there by "
                    "hand twice a day",
                ),
            ),
        ),
        Workload(
            "rotation-aws",
            PlatformAccount("rotation-aws"),
            token=Lifetime.of("5m", "5m"),
            grants=(RootKey(reason="the one AWS key that does not end by itself"),),
        ),
        Workload(
            "rotation-pki",
            PlatformAccount("rotation-pki"),
            token=Lifetime.of("5m", "5m"),
            grants=(
                IntermediateCa(
                    _INTERMEDIATE,
                    _INTERMEDIATE_LIVES,
                    reason="a CA that ends takes every service with it",
                ),
            ),
        ),
        Workload(
            "snapshots",
            PlatformAccount("snapshots"),
            token=Lifetime.of("5m", "5m"),
            grants=(
                ReadSnapshots(
                    # dev stores on files, of which Vault makes no snapshots.
                    environments=STAGING | PROD,
                    reason="what is lost with all servers comes back from a copy, or not at all",
                ),
            ),
        ),
        Workload(
            "attest",
            PlatformAccount("attest"),
            token=Lifetime.of("15m", "15m"),
            grants=(Attest(reason="what somebody changes in Vault by hand, nobody reviewed"),),
        ),
    ),
    rotations=(
        RotateAwsRoot(by="rotation-aws"),
        RenewIntermediate(
            by="rotation-pki",
            common_name=_INTERMEDIATE,
            lifetime=_INTERMEDIATE_LIVES,
            schedule=Cron("0 4 1 1 *"),
        ),
    ),
)

MATRIX = AccessMatrix(
    environments=ENVIRONMENTS,
    lifetimes=LIFETIMES,
    applications=(KUBESENTIMENT, MEDIA_CATALOG),
    people=(OPERATORS, AUDITORS),
    platform=PLATFORM,
)
