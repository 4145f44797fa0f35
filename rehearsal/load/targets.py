"""The two clusters under load, made alike for what is compared: the same entry, the same ACL
policy, the same way to log in.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from policies.matrix import MATRIX
from policies.paths import APPROLE_AUTH, KV, SecretPath
from policies.plan import KvSecret, Plan
from policies.subject import Subject, subjects_in
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.load.audit import Audit, DeployedDevices, Device
from rehearsal.load.clusters import Cluster
from rehearsal.load.fortio import Request
from rehearsal.load.results import DEFAULTS, DEPLOYED
from rehearsal.proof import expectations
from rehearsal.stand_up import StoodUp, root_api
from rehearsal.supervisor import Supervisor, wait_until
from rehearsal.vault_api import VaultApi

ROLE = "load"
"""The throwaway role that clients of the comparison log in with."""
_MOUNT_PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster under load: what is asked of its leader, and where that is recorded."""

    name: str
    audit: Audit
    reads: Request
    """The KV entry of the comparison."""

    @property
    def root(self) -> VaultApi:
        return self.audit.root

    def at(self, address: str) -> Target:
        """The same by another listener."""
        return replace(self, reads=replace(self.reads, address=address))

    def require_leading(self) -> None:
        """Raises `RehearsalError` where another server leads by now."""
        if not self.root.call("GET", "sys/leader").body.get("is_self"):
            raise RehearsalError(
                f"{self.name}: the leader changed meanwhile, so the figures are of two servers; "
                "measure again"
            )


@dataclass(frozen=True, slots=True)
class Reader:
    """A workload of the matrix, and an entry that it may read."""

    subject: Subject
    entry: KvSecret

    @classmethod
    def first_of(cls, plan: Plan) -> Reader:
        for subject in subjects_in(MATRIX, plan.environment):
            for entry in plan.kv_entries:
                if expectations.kv(subject, entry.name, expectations.READS):
                    return cls(subject, entry)
        raise RehearsalError("the matrix lets nobody read an entry; there is nothing to measure")

    @property
    def path(self) -> str:
        return SecretPath(self.entry.name).data


@contextmanager
def deployed(stood: StoodUp) -> Iterator[Target]:
    """The cluster as the program left it, with a root token that is revoked in the end."""
    with root_api(stood) as root:
        reader = Reader.first_of(stood.plan)
        token = log_in(root, reader.subject.acl_policy)
        devices = DeployedDevices(root, stood.scene.vaults)
        yield _target(DEPLOYED, devices, stood.scene.ca_file, reader, token)


def with_defaults(supervisor: Supervisor, cluster: Cluster, plan: Plan) -> Target:
    """Vault as it comes, with one entry, one ACL policy and one role like those deployed."""
    reader, root = Reader.first_of(plan), cluster.root
    root.write(f"sys/mounts/{KV}", {"type": "kv", "options": {"version": "2"}})
    values = {key: secrets.token_urlsafe(24) for key in reader.entry.keys}
    _write_when_ready(root, reader.path, values)
    name = reader.subject.acl_policy
    (hcl,) = (policy.hcl for policy in plan.acl_policies if policy.name == name)
    root.write(f"sys/policies/acl/{name}", {"policy": hcl})
    root.write(f"sys/auth/{APPROLE_AUTH}", {"type": "approle"})
    token = log_in(root, name)
    device = Device(root, supervisor.subfolder("audit-of-defaults") / "audit.log")
    return _target(DEFAULTS, device, cluster.ca_file, reader, token)


def make_role(root: VaultApi, acl_policy: str) -> dict[str, str]:
    """A throwaway AppRole role, and what logs in with it as often as one likes."""
    role = f"auth/{APPROLE_AUTH}/role/{ROLE}"
    settings = {"token_policies": acl_policy, "token_no_default_policy": True, "token_ttl": "4h"}
    root.write(role, settings)
    role_id = root.call("GET", f"{role}/role-id").data["role_id"]
    secret_id = root.write(f"{role}/secret-id", {}).data["secret_id"]
    return {"role_id": role_id, "secret_id": secret_id}


def log_in(root: VaultApi, acl_policy: str) -> str:
    """A token of the throwaway role."""
    answer = root.with_token("").write(f"auth/{APPROLE_AUTH}/login", make_role(root, acl_policy))
    return str(answer.body["auth"]["client_token"])


def _target(name: str, audit: Audit, ca_file: Path, reader: Reader, token: str) -> Target:
    return Target(name, audit, Request("GET", audit.root.address, reader.path, ca_file, token))


def _write_when_ready(root: VaultApi, path: str, values: dict[str, str]) -> None:
    """A KV v2 mount refuses requests while it is being prepared."""

    def write() -> None:
        answer = root.call("POST", path, {"data": values})
        if not answer.allowed:
            raise NotYet(f"Vault said {answer.status}: {answer.errors}")

    wait_until(write, awaited=f"{path} to be writable", patience=_MOUNT_PATIENCE)
