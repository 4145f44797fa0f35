"""The powers that are as good as a root token."""

from __future__ import annotations

from typing import Final

from policies import paths
from policies.escalation.power import READ, UPDATE, WRITE, Effect, Power, under

_IDENTITY: Final = tuple(
    f"identity/{kind}{rest}"
    for kind in ("entity", "group", "entity-alias", "group-alias", "alias", "persona")
    for rest in ("", "/id/+")
)

ROOT: Final = (
    Power(
        "write-acl-policies",
        Effect.ROOT,
        ("sys/policies/acl/*", "sys/policy/*"),
        (UPDATE,),
        "it rewrites an ACL policy that its own token carries, and may do everything from its next "
        "request on",
    ),
    Power(
        "write-auth-roles",
        Effect.ROOT,
        (
            *under(("auth/+",), "role/+", "users/*", "groups/*", "certs/*", "map/*"),
            *under(("auth/+/role/+",), "policies", "bind-secret-id"),
        ),
        WRITE,
        "it gives a role or user that it can log in as any ACL policy, or binds a powerful role to "
        "its own identity, and logs in",
    ),
    Power(
        "write-identities",
        Effect.ROOT,
        (*_IDENTITY, "identity/entity/name/*", "identity/group/name/*", "identity/entity/merge"),
        WRITE,
        "it gives its own entity, or a group that it joins, any ACL policy; this holds for the "
        "token that it has",
    ),
    Power(
        "create-any-token",
        Effect.ROOT,
        ("auth/token/create", "auth/token/create/+", "auth/token/create-orphan"),
        (UPDATE,),
        "with sudo it creates a token with any ACL policy, not only with its own",
        sudo=True,
    ),
    Power(
        "issue-provisioner-secret-ids",
        Effect.ROOT,
        under((f"auth/{paths.PROVISIONER_AUTH}/role/+",), "secret-id", "custom-secret-id"),
        WRITE,
        "it logs in as the provisioner, which writes ACL policies",
    ),
    Power(
        "read-raw-storage",
        Effect.ROOT,
        ("sys/raw", "sys/raw/*"),
        (READ, *WRITE),
        "it reads every secret, and writes any ACL policy, below all rules",
    ),
    Power(
        "restore-snapshots",
        Effect.ROOT,
        ("sys/storage/raft/snapshot", "sys/storage/raft/snapshot-force"),
        (UPDATE,),
        "it puts another Vault's data, whose root token it has, in this one's place",
    ),
    Power(
        "write-audit-devices",
        Effect.ROOT,
        ("sys/audit/*",),
        (UPDATE,),
        "a device with log_raw that writes to a socket of its own gets every token and every "
        "secret in clear",
    ),
    Power(
        "register-plugins",
        Effect.ROOT,
        ("sys/plugins/catalog/*",),
        (UPDATE,),
        "it has the server run a program that lies in the plugins' folder, as the server itself",
    ),
)
