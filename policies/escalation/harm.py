"""The powers that give nothing and take from others."""

from __future__ import annotations

from typing import Final

from policies import paths
from policies.escalation.power import DELETE, UPDATE, WRITE, Effect, Power, under

HARM: Final = (
    Power(
        "seal",
        Effect.HARM,
        ("sys/seal", "sys/step-down"),
        (UPDATE,),
        "nobody is served until the servers are unsealed, or have chosen a leader",
    ),
    Power(
        "delete-mounts",
        Effect.HARM,
        ("sys/mounts/+", "sys/auth/+"),
        (DELETE,),
        "every secret, role and lease of the mount is gone",
    ),
    Power(
        "delete-acl-policies",
        Effect.HARM,
        ("sys/policies/acl/*", "sys/policy/*"),
        (DELETE,),
        "whoever had its rights by the policy has none",
    ),
    Power(
        "revoke-leases",
        Effect.HARM,
        (
            *under(("sys/leases", "sys"), "revoke", "revoke/*"),
            *under(("sys/leases", "sys"), "revoke-prefix/*", "revoke-force/*"),
            *under(("auth/token",), "revoke", "revoke-accessor", "revoke-orphan"),
        ),
        (UPDATE,),
        "credentials end while they are used; by force they may live on where nobody sees them",
    ),
    Power(
        "change-raft",
        Effect.HARM,
        ("sys/storage/raft/remove-peer", "sys/storage/raft/autopilot/configuration"),
        (UPDATE,),
        "servers lose their votes, up to the majority",
    ),
    Power(
        "change-limits",
        Effect.HARM,
        ("sys/quotas/config", "sys/quotas/rate-limit/+"),
        (DELETE, *WRITE),
        "one client may take the servers from all others, or is refused itself",
    ),
    Power(
        "rotate-root-credentials",
        Effect.HARM,
        (*under((paths.DATABASE,), "rotate-root/+", "reset/+"), f"{paths.AWS}/config/rotate-root"),
        (UPDATE,),
        "nobody but Vault knows the administrator's credential any more",
    ),
)
