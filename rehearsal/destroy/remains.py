"""What is there: in Vault as root sees it, in PostgreSQL, in AWS. As lines, so that before and
after are compared as sets, and what remains says by itself what it is.

Vault's own mounts, policies and methods are there before and after, and cancel out.
"""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.errors import RehearsalError
from rehearsal.servers.aws import AwsServer
from rehearsal.servers.postgres import PostgresServer
from rehearsal.vault_api import VaultApi

# Where Vault keeps a list, and what one of it is.
_LISTS = {
    "sys/policies/acl": "ACL policy",
    "sys/policies/password": "password policy",
    "sys/quotas/rate-limit": "rate limit",
    "sys/quotas/lease-count": "lease quota",
    "identity/entity/id": "entity",
    "identity/entity-alias/id": "alias of an entity",
    "identity/group/id": "group",
    "identity/group-alias/id": "alias of a group",
}
_MAPS = {
    "sys/mounts": "mount",
    "sys/auth": "auth mount",
    "sys/audit": "audit device",
}
_LEASES = "sys/leases/lookup"


def of_vault(root: VaultApi) -> frozenset[str]:
    """Of tokens those that are not root's: the one that asks is."""
    return frozenset(_of_vault(root))


def _of_vault(root: VaultApi) -> Iterator[str]:
    for path, kind in _MAPS.items():
        yield from (f"{kind} {name}" for name in _get(root, path))
    for path, kind in _LISTS.items():
        yield from (f"{kind} {name}" for name in _listed(root, path))
    yield from (f"lease {lease}" for lease in _leases(root, ""))
    for accessor in _listed(root, "auth/token/accessors"):
        found = root.call("POST", "auth/token/lookup-accessor", {"accessor": accessor})
        if found.allowed and "root" not in found.data["policies"]:
            yield f"token of {found.data['path']} with {', '.join(found.data['policies'])}"


def of_postgres(server: PostgresServer) -> frozenset[str]:
    rows = server.execute("SELECT rolname FROM pg_roles")
    return frozenset(f"PostgreSQL role {name}" for (name,) in rows)


def of_aws(server: AwsServer) -> frozenset[str]:
    return frozenset(_of_aws(server))


def _of_aws(server: AwsServer) -> Iterator[str]:
    iam, kms = server.client("iam"), server.client("kms")
    yield from (f"IAM role {one['RoleName']}" for one in iam.list_roles()["Roles"])
    for user in iam.list_users()["Users"]:
        yield f"IAM user {user['UserName']}"
        keys = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        # Which key it is changes where Vault rotates its own.
        yield f"{len(keys)} keys of IAM user {user['UserName']}"
    for key in kms.list_keys()["Keys"]:
        state = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        yield f"KMS key {key['KeyId']}: {state}"
    yield from (f"KMS alias {one['AliasName']}" for one in kms.list_aliases()["Aliases"])
    yield from (f"bucket {one['Name']}" for one in server.client("s3").list_buckets()["Buckets"])


def _leases(root: VaultApi, prefix: str) -> Iterator[str]:
    for name in _listed(root, f"{_LEASES}/{prefix}".rstrip("/")):
        if name.endswith("/"):
            yield from _leases(root, prefix + name)
        else:
            yield prefix + name


def _get(root: VaultApi, path: str) -> Iterator[str]:
    answer = root.call("GET", path)
    if not answer.allowed:
        raise RehearsalError(f"{path} cannot be read: {answer.status} {answer.errors}")
    yield from answer.data


def _listed(root: VaultApi, path: str) -> Iterator[str]:
    answer = root.call("LIST", path)
    if answer.status == 404:  # Vault's word for an empty list
        return
    if not answer.allowed:
        raise RehearsalError(f"{path} cannot be listed: {answer.status} {answer.errors}")
    yield from answer.data["keys"]
