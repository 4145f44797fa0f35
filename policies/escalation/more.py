"""The powers that lead to more than the ACL policies say, though not to everything."""

from __future__ import annotations

from typing import Final

from policies import paths
from policies.escalation.power import DELETE, PATCH, READ, UPDATE, WRITE, Effect, Power, ways

_PKI: Final = (paths.PKI, paths.PKI_ROOT)
MORE: Final = (
    Power(
        "create-tokens",
        Effect.MORE,
        ways((UPDATE,), "create", "create/+", "create-orphan", mounts=("auth/token",)),
        "tokens that it creates carry its rights to others, and an orphan outlives the revocation "
        "of its own",
    ),
    Power(
        "write-token-roles",
        Effect.MORE,
        ways(WRITE, "auth/token/roles/+"),
        "with auth/token/create/<role> it creates tokens with whatever ACL policy it allows there",
    ),
    Power(
        "configure-auth",
        Effect.MORE,
        (*ways((UPDATE,), "auth/+/config"), *ways(WRITE, "auth/+/config/*")),
        "it has the method ask an API server or identity provider of its own, and logs in as any "
        "of the method's roles",
    ),
    Power(
        "mount-auth",
        Effect.MORE,
        ways((UPDATE,), "sys/auth/+"),
        "it mounts a method at a path where its ACL lets it write roles, and logs in with any ACL "
        "policy",
    ),
    Power(
        "mount-engines",
        Effect.MORE,
        ways((UPDATE,), "sys/mounts/+"),
        "it mounts an engine at a path that its ACL covers, such as one in which it may write "
        "roles of a database or a cloud",
    ),
    Power(
        "move-mounts",
        Effect.MORE,
        ways((UPDATE,), "sys/remount"),
        "it moves an engine with its secrets to a path that its ACL covers",
    ),
    Power(
        "issue-secret-ids",
        Effect.MORE,
        ways((UPDATE,), "secret-id", "custom-secret-id", mounts=("auth/+/role/+",)),
        "with a role ID, which is no secret, it logs in as another workload",
    ),
    Power(
        "loosen-auth-roles",
        Effect.MORE,
        ways(
            (UPDATE, DELETE),
            "bound-cidr-list",
            "local-secret-ids",
            "period",
            "secret-id-bound-cidrs",
            "secret-id-num-uses",
            "secret-id-ttl",
            "token-bound-cidrs",
            "token-max-ttl",
            "token-num-uses",
            "token-ttl",
            mounts=("auth/+/role/+",),
        ),
        "it lifts from where, how often and how long another's secret IDs and tokens are good, such"
        " as those that it found",
    ),
    Power(
        "write-database-connections",
        Effect.MORE,
        ways(WRITE, "config/+", mounts=(paths.DATABASE,)),
        "it points a connection to a server of its own and is handed the administrator's password "
        "with the next login",
    ),
    Power(
        "write-database-roles",
        Effect.MORE,
        ways(WRITE, "roles/+", "static-roles/+", mounts=(paths.DATABASE,)),
        "Vault runs the SQL that it writes there as the database's administrator",
    ),
    Power(
        "configure-clouds",
        Effect.MORE,
        (
            *ways(WRITE, "config/root", mounts=(paths.AWS,)),
            *ways((UPDATE,), "config", mounts=(paths.GCP,)),
            *ways(WRITE, "config", mounts=(paths.AZURE,)),
        ),
        "it has the engine send Vault's own credentials to an endpoint of its own, or use others",
    ),
    Power(
        "write-cloud-roles",
        Effect.MORE,
        (
            *ways((UPDATE,), "roles/+", "static-roles/+", mounts=(paths.AWS,)),
            *ways(WRITE, "roles/+", mounts=(paths.AZURE,)),
            *ways(
                WRITE,
                "roleset/+",
                "static-account/+",
                "impersonated-account/+",
                mounts=(paths.GCP,),
            ),
        ),
        "credentials of a role that it may use get all rights that Vault itself has in that cloud",
    ),
    Power(
        "write-certificate-roles",
        Effect.MORE,
        ways((UPDATE, PATCH), "roles/+", mounts=_PKI),
        "a role that it may use issues certificates for any host, as which it then poses",
    ),
    Power(
        "sign-certificates",
        Effect.MORE,
        ways(
            (UPDATE,),
            "root/sign-intermediate",
            "root/sign-self-issued",
            "root/generate/+",
            "root/rotate/+",
            "sign-verbatim",
            "sign-verbatim/+",
            "issuer/+/sign-intermediate",
            "issuer/+/sign-self-issued",
            "issuer/+/sign-verbatim",
            "issuer/+/sign-verbatim/+",
            "issuers/import/+",
            "issuers/generate/root/+",
            "intermediate/set-signed",
            "root/replace",
            "config/issuers",
            "config/ca",
            mounts=_PKI,
        ),
        "it has a CA of its own signed, or put in place, that every client trusts",
    ),
    Power(
        "configure-acme",
        Effect.MORE,
        ways((UPDATE,), "config/acme", mounts=_PKI),
        "where ACME can be reached it names a name server of its own, which says that any host is "
        "its own, and is issued that host's certificate",
    ),
    Power(
        "write-identity-tokens",
        Effect.MORE,
        ways(
            WRITE,
            "key/+",
            "role/+",
            "client/+",
            "assignment/+",
            "scope/+",
            "provider/+",
            mounts=("identity/oidc",),
        ),
        "it has Vault sign tokens that say of their holder what it writes there, or for whom it "
        "writes there, and poses with them to whoever trusts Vault's",
    ),
    Power(
        "tune-mounts",
        Effect.MORE,
        ways((UPDATE,), "mounts/+/tune", "mounts/auth/+/tune", "auth/+/tune", mounts=("sys",)),
        "it has the audit devices record a mount's secrets and tokens in clear, for whoever reads "
        "the log, and lets what the mount hands out live for ever",
    ),
    Power(
        "read-snapshots",
        Effect.MORE,
        ways((READ,), "sys/storage/raft/snapshot"),
        "it has a copy of everything, which opens with the use of the seal's key, or with enough "
        "key shares, away from every rule and every record",
    ),
    Power(
        "read-key-shares",
        Effect.MORE,
        ways((READ,), "sys/rekey/backup", "sys/rekey/recovery-key-backup"),
        "it has the key shares that a rekeying kept, and whoever holds the PGP keys can make a "
        "root token",
    ),
    Power(
        "stop-audit",
        Effect.MORE,
        ways((DELETE,), "sys/audit/*"),
        "what it, or anyone, does from then on is not recorded",
    ),
    Power(
        "weaken-passwords",
        Effect.MORE,
        ways((UPDATE,), "sys/policies/password/+"),
        "passwords that Vault makes from then on can be guessed",
    ),
    Power(
        "weaken-second-factors",
        Effect.MORE,
        ways((UPDATE, DELETE), "identity/mfa/*"),
        "it lifts the second factor that a login asks for, or makes itself one",
    ),
)
