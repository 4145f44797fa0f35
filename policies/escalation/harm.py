"""The powers that give nothing and take from others."""

from __future__ import annotations

from typing import Final

from policies import paths
from policies.escalation.power import DELETE, PATCH, UPDATE, Effect, Power, ways

HARM: Final = (
    Power(
        "seal",
        Effect.HARM,
        ways((UPDATE,), "sys/seal", "sys/step-down"),
        "nobody is served until the servers are unsealed, or have chosen a leader",
    ),
    Power(
        "delete-mounts",
        Effect.HARM,
        ways((DELETE,), "sys/mounts/+", "sys/auth/+"),
        "every secret, role and lease of the mount is gone",
    ),
    Power(
        "delete-acl-policies",
        Effect.HARM,
        ways((DELETE,), "sys/policies/acl/*", "sys/policy/*"),
        "whoever had its rights by the policy has none",
    ),
    Power(
        "revoke-leases",
        Effect.HARM,
        (
            *ways((UPDATE,), "revoke", "revoke/*", mounts=("sys/leases", "sys")),
            *ways((UPDATE,), "revoke-prefix/*", "revoke-force/*", mounts=("sys/leases", "sys")),
            *ways((UPDATE,), "revoke", "revoke-accessor", "revoke-orphan", mounts=("auth/token",)),
        ),
        "credentials end while they are used; by force they may live on where nobody sees them",
    ),
    Power(
        "change-raft",
        Effect.HARM,
        ways((UPDATE,), "remove-peer", "autopilot/configuration", mounts=("sys/storage/raft",)),
        "servers lose their votes, up to the majority",
    ),
    Power(
        "change-limits",
        Effect.HARM,
        (
            *ways((UPDATE,), "sys/quotas/config"),
            *ways((UPDATE, DELETE), "sys/quotas/rate-limit/+"),
        ),
        "one client may take the servers from all others, or is refused itself",
    ),
    Power(
        "change-issuers",
        Effect.HARM,
        ways((UPDATE, PATCH, DELETE), "issuer/+", mounts=(paths.PKI, paths.PKI_ROOT)),
        "the CA signs no more, or nobody is told what of it was revoked",
    ),
    Power(
        "end-secret-ids",
        Effect.HARM,
        ways(
            (UPDATE, DELETE),
            "secret-id/destroy",
            "secret-id-accessor/destroy",
            mounts=("auth/+/role/+",),
        ),
        "what logs in with them, such as a pipeline, cannot until it is handed another",
    ),
    Power(
        "rotate-passwords",
        Effect.HARM,
        (
            *ways((UPDATE,), "rotate-role/+", mounts=(paths.DATABASE,)),
            *ways((DELETE,), "static-roles/+", mounts=(paths.DATABASE,)),
        ),
        "whoever read the password of a database user that stays cannot use it any more",
    ),
    Power(
        "rotate-root-credentials",
        Effect.HARM,
        (
            *ways((UPDATE,), "rotate-root/+", "reset/+", mounts=(paths.DATABASE,)),
            *ways((UPDATE,), "config/rotate-root", mounts=(paths.AWS,)),
        ),
        "nobody but Vault knows the administrator's credential any more",
    ),
)
