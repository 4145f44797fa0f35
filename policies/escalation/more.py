"""The powers that lead to more than the ACL policies say, though not to everything."""

from __future__ import annotations

from typing import Final

from policies import paths
from policies.escalation.power import DELETE, READ, UPDATE, WRITE, Effect, Power, under

_PKI: Final = (paths.PKI, paths.PKI_ROOT)
MORE: Final = (
    Power(
        "create-tokens",
        Effect.MORE,
        ("auth/token/create", "auth/token/create/+", "auth/token/create-orphan"),
        (UPDATE,),
        "tokens that it creates carry its rights to others, and an orphan outlives the revocation "
        "of its own",
    ),
    Power(
        "write-token-roles",
        Effect.MORE,
        ("auth/token/roles/+",),
        WRITE,
        "with auth/token/create/<role> it creates tokens with whatever ACL policy it allows there",
    ),
    Power(
        "configure-auth",
        Effect.MORE,
        ("auth/+/config", "auth/+/config/*"),
        WRITE,
        "it has the method ask an API server or identity provider of its own, and logs in as any "
        "of the method's roles",
    ),
    Power(
        "mount-auth",
        Effect.MORE,
        ("sys/auth/+",),
        (UPDATE,),
        "it mounts a method at a path where its ACL lets it write roles, and logs in with any ACL "
        "policy",
    ),
    Power(
        "mount-engines",
        Effect.MORE,
        ("sys/mounts/+",),
        (UPDATE,),
        "it mounts an engine at a path that its ACL covers, such as one in which it may write "
        "roles of a database or a cloud",
    ),
    Power(
        "move-mounts",
        Effect.MORE,
        ("sys/remount",),
        (UPDATE,),
        "it moves an engine with its secrets to a path that its ACL covers",
    ),
    Power(
        "issue-secret-ids",
        Effect.MORE,
        under(("auth/+/role/+",), "secret-id", "custom-secret-id"),
        WRITE,
        "with a role ID, which is no secret, it logs in as another workload",
    ),
    Power(
        "write-database-connections",
        Effect.MORE,
        under((paths.DATABASE,), "config/+"),
        WRITE,
        "it points a connection to a server of its own and is handed the administrator's password "
        "with the next login",
    ),
    Power(
        "write-database-roles",
        Effect.MORE,
        under((paths.DATABASE,), "roles/+", "static-roles/+"),
        WRITE,
        "Vault runs the SQL that it writes there as the database's administrator",
    ),
    Power(
        "configure-clouds",
        Effect.MORE,
        (
            *under((paths.AWS,), "config/root", "config/sts"),
            *under((paths.GCP, paths.AZURE), "config"),
        ),
        WRITE,
        "it has the engine send Vault's own credentials to an endpoint of its own, or use others",
    ),
    Power(
        "write-cloud-roles",
        Effect.MORE,
        (
            *under((paths.AWS, paths.AZURE), "roles/+", "static-roles/+"),
            *under(
                (paths.GCP,),
                "roleset/+",
                "static-account/+",
                "impersonated-account/+",
            ),
        ),
        WRITE,
        "credentials of a role that it may use get all rights that Vault itself has in that cloud",
    ),
    Power(
        "write-certificate-roles",
        Effect.MORE,
        under(_PKI, "roles/+"),
        WRITE,
        "a role that it may use issues certificates for any host, as which it then poses",
    ),
    Power(
        "sign-certificates",
        Effect.MORE,
        under(
            _PKI,
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
            "config/ca",
        ),
        WRITE,
        "it has a CA of its own signed, or put in place, that every client trusts",
    ),
    Power(
        "read-snapshots",
        Effect.MORE,
        ("sys/storage/raft/snapshot",),
        (READ,),
        "it has a copy of everything, which opens with the use of the seal's key, or with enough "
        "key shares, away from every rule and every record",
    ),
    Power(
        "read-key-shares",
        Effect.MORE,
        ("sys/rekey/backup", "sys/rekey/recovery-key-backup"),
        (READ,),
        "it has the key shares that a rekeying kept, and whoever holds the PGP keys can make a "
        "root token",
    ),
    Power(
        "stop-audit",
        Effect.MORE,
        ("sys/audit/*",),
        (DELETE,),
        "what it, or anyone, does from then on is not recorded",
    ),
    Power(
        "weaken-passwords",
        Effect.MORE,
        ("sys/policies/password/+",),
        (UPDATE,),
        "passwords that Vault makes from then on can be guessed",
    ),
    Power(
        "weaken-second-factors",
        Effect.MORE,
        ("identity/mfa/*",),
        (DELETE, *WRITE),
        "it lifts the second factor that a login asks for, or makes itself one",
    ),
)
