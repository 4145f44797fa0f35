"""KV entries whose `token` is rotated, and the jobs that do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policies.hcl import Capability, Stanza
from rehearsal.vault_api import VaultApi
from tests.jobs.deployments import deployment
from tests.jobs.installed import NAMESPACE, Installer, Job, Json, Kubernetes, may

READ, PATCH = Capability.READ, Capability.PATCH


def kv(root: VaultApi, path: str) -> dict[str, str]:
    answer = root.call("GET", f"secret/data/{path}")
    assert answer.allowed
    values: dict[str, str] = answer.data["data"]
    return values


def version_of(root: VaultApi, path: str) -> int:
    return int(root.call("GET", f"secret/metadata/{path}").data["current_version"])


def write(root: VaultApi, path: str, **values: str) -> None:
    root.write(f"secret/data/{path}", {"data": values})


def kv_job(
    installer: Installer,
    path: str,
    *,
    reads: bool,
    rules: Sequence[Json] = (),
    token_ttl: str = "10m",
    **task: Any,
) -> Job:
    """The rotation of one entry's `token`, as one who may do just that."""
    return installer.install(
        path.replace("/", "-"),
        {
            "type": "kv-key",
            "path": path,
            "key": "token",
            "length": 40,
            "overlap_seconds": 0,
            "tell": None,
            **task,
        },
        [
            Stanza(f"secret/data/{path}", (READ, PATCH) if reads else (PATCH,)),
            Stanza(f"secret/metadata/{path}", (READ,)),
        ],
        rules,
        token_ttl=token_ttl,
    )


def restarting_job(
    installer: Installer,
    kubernetes: Kubernetes,
    name: str,
    *,
    verbs: Sequence[str] = ("get", "patch"),
    ready_within_seconds: int = 30,
    **job: Any,
) -> Job:
    """The rotation of `rotated/<name>`, which restarts the Deployment of that name; `verbs` is what
    it may do with it.
    """
    kubernetes.api.apply(deployment(NAMESPACE, name))
    tell = {
        "type": "restart",
        "namespace": NAMESPACE,
        "deployment": name,
        "ready_within_seconds": ready_within_seconds,
    }
    rules = [may("apps", "deployments", name, *verbs)]
    return kv_job(installer, f"rotated/{name}", reads=True, tell=tell, rules=rules, **job)
