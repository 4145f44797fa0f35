"""The powers that are as good as a root token."""

from __future__ import annotations

from typing import Final

from policies import paths
from policies.escalation.power import READ, UPDATE, WRITE, Effect, Power, ways

_KINDS: Final = ("entity", "group", "entity-alias", "group-alias", "alias", "persona")

ROOT: Final = (
    Power(
        "write-acl-policies",
        Effect.ROOT,
        ways((UPDATE,), "sys/policies/acl/*", "sys/policy/*"),
        "it rewrites an ACL policy that its own token carries, and may do everything from its next "
        "request on",
    ),
    Power(
        "write-auth-roles",
        Effect.ROOT,
        (
            *ways(WRITE, "role/+", "users/*", mounts=("auth/+",)),
            *ways((UPDATE,), "groups/*", "certs/*", "map/*", mounts=("auth/+",)),
            *ways((UPDATE,), "policies", "bind-secret-id", mounts=("auth/+/role/+",)),
        ),
        "it gives a role or user that it can log in as any ACL policy, or binds a powerful role to "
        "its own identity, and logs in",
    ),
    Power(
        "write-identities",
        Effect.ROOT,
        (
            *ways((UPDATE,), *_KINDS, mounts=("identity",)),
            *ways((UPDATE,), *(f"{kind}/id/+" for kind in _KINDS), mounts=("identity",)),
            *ways((UPDATE,), "entity/name/*", "group/name/*", "entity/merge", mounts=("identity",)),
        ),
        "it gives its own entity, or a group that it joins, any ACL policy; this holds for the "
        "token that it has",
    ),
    Power(
        "create-any-token",
        Effect.ROOT,
        ways((UPDATE,), "create", "create/+", "create-orphan", mounts=("auth/token",)),
        "with sudo it creates a token with any ACL policy, not only with its own",
        sudo=True,
    ),
    Power(
        "issue-provisioner-secret-ids",
        Effect.ROOT,
        ways(
            (UPDATE,),
            "secret-id",
            "custom-secret-id",
            mounts=(f"auth/{paths.PROVISIONER_AUTH}/role/+",),
        ),
        "it logs in as the provisioner, which writes ACL policies",
    ),
    Power(
        "read-raw-storage",
        Effect.ROOT,
        ways((READ, *WRITE), "sys/raw/*"),
        "it reads every secret, and writes any ACL policy, below all rules",
    ),
    Power(
        "restore-snapshots",
        Effect.ROOT,
        ways((UPDATE,), "sys/storage/raft/snapshot", "sys/storage/raft/snapshot-force"),
        "it puts another Vault's data, whose root token it has, in this one's place",
    ),
    Power(
        "write-audit-devices",
        Effect.ROOT,
        ways((UPDATE,), "sys/audit/*"),
        "a device with log_raw that writes to a socket of its own gets every token and every "
        "secret in clear",
    ),
    Power(
        "register-plugins",
        Effect.ROOT,
        ways((UPDATE,), "sys/plugins/catalog/*"),
        "it has the server run a program that lies in the plugins' folder, as the server itself",
    ),
)
