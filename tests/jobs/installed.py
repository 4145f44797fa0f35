"""A rotation job, installed on the rehearsal's servers as in a cluster: a process with a service
account, a Lease and a file of its own, and its own rights in Vault and in Kubernetes.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policies.compile import audience_of
from policies.environments import Environment
from policies.hcl import Capability, Stanza, render
from policies.plan import Rotation
from rehearsal.errors import RehearsalError
from rehearsal.servers import http_session, python_path
from rehearsal.servers.kubernetes import ISSUER
from tests.live.conftest import Stage

NAMESPACE = "rotations"
WEEK_SECONDS = 7 * 24 * 3600
Json = dict[str, Any]


class Kubernetes:
    """The rehearsal's API server, as its administrator; with what its own class leaves out."""

    def __init__(self, stage: Stage) -> None:
        self.api = stage.scene.kubernetes
        ca_file = self.api.kubeconfig.parent / "ca.pem"
        self.session = http_session(str(ca_file))
        self.session.headers["Authorization"] = f"Bearer {self.api.admin_token}"

    def call(self, method: str, path: str, body: Json | None = None, kind: str = "") -> Json:
        headers = {"Content-Type": kind or "application/json"}
        answer = self.session.request(
            method, self.api.url + path, json=body, headers=headers, timeout=10
        )
        assert answer.ok, answer.text
        content: Json = answer.json()
        return content

    def prepare(self) -> None:
        """The jobs' namespace, unless it is there."""
        try:
            self.api.get("v1", "Namespace", NAMESPACE)
        except RehearsalError:
            self.api.namespace(NAMESPACE)

    def merge(self, path: str, body: Json) -> Json:
        return self.call("PATCH", path, body, "application/merge-patch+json")


@dataclass
class Run:
    """How a job ended, and what it said."""

    exit: int
    lines: list[Json]
    errors: str = field(repr=False)

    @property
    def steps(self) -> list[str]:
        return [line["step"] for line in self.lines]

    def fact(self, step: str, name: str) -> Any:
        return next(line[name] for line in self.lines if line["step"] == step)


@dataclass
class Job:
    """One rotation, installed: account, Lease, rights, file."""

    name: str
    namespace: str
    kubernetes: Kubernetes
    file: Path
    kubeconfig: Path

    @property
    def lease_path(self) -> str:
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/{self.name}"

    @property
    def lease(self) -> Json:
        return self.kubernetes.call("GET", self.lease_path)

    @property
    def notes(self) -> dict[str, str]:
        """The Lease's annotations, by their short names."""
        notes = self.lease["metadata"].get("annotations", {})
        return {name.partition("/")[2]: text for name, text in notes.items()}

    def note(self, **notes: str | None) -> None:
        annotations = {
            f"rotation.vaultstack/{name.replace('_', '-')}": text for name, text in notes.items()
        }
        self.kubernetes.merge(self.lease_path, {"metadata": {"annotations": annotations}})

    def long_ago(self) -> None:
        """As if the last rotation were a while past."""
        self.note(done_at="2020-01-01T00:00:00Z", rolled_back_at=None)

    def start(self, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "vaultstack_jobs", "rotate", str(self.file), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                "PATH": os.environ["PATH"],
                "KUBECONFIG": str(self.kubeconfig),
                "HOSTNAME": self.name,
                "NO_PROXY": "*",
                **python_path(),
            },
        )

    def run(self, *options: str) -> Run:
        return end(self.start(*options))


def end(process: subprocess.Popen[str]) -> Run:
    output, errors = process.communicate(timeout=120)
    return Run(process.returncode, [json.loads(line) for line in output.splitlines()], errors)


@dataclass(frozen=True)
class Identity:
    """Whom a job is, in Kubernetes and in Vault."""

    namespace: str
    service_account: str
    role: str
    audience: str = audience_of(Environment.DEV)


class Installer:
    """Installs jobs, and takes away again what it granted."""

    def __init__(self, stage: Stage, kubernetes: Kubernetes, folder: Path) -> None:
        self._stage, self._kubernetes, self._folder = stage, kubernetes, folder
        self._granted: list[str] = []

    def install(
        self,
        name: str,
        task: Json,
        stanzas: Sequence[Stanza],
        rules: Sequence[Json] = (),
        interval_seconds: int = WEEK_SECONDS,
        token_ttl: str = "10m",
    ) -> Job:
        """One with a service account of its own, and exactly these rights."""
        self._kubernetes.api.service_account(NAMESPACE, name)
        identity = Identity(NAMESPACE, name, name)
        self._grant(name, stanzas, identity.audience, token_ttl)
        for rule in rules:
            allow(self._kubernetes, name, rule, NAMESPACE, identity)
        return self._install(name, task, interval_seconds, identity)

    def install_rotation(self, rotation: Rotation) -> Job:
        """One of the plan's, as whom the plan says, with the rights in Vault that the plan gives,
        and those in Kubernetes that its task needs.
        """
        identity = Identity(
            rotation.namespace, rotation.service_account, rotation.role, rotation.audience
        )
        task = json.loads(json.dumps(rotation.task))
        tell, secret = task.get("tell") or {}, task.get("secret")
        if tell.get("type") == "restart":
            rule = may("apps", "deployments", tell["deployment"], "get", "patch")
            allow(self._kubernetes, rotation.name, rule, tell["namespace"], identity)
        if secret:
            rule = may("", "secrets", secret["name"], "patch")
            allow(self._kubernetes, rotation.name, rule, secret["namespace"], identity)
        return self._install(rotation.name, task, rotation.interval_seconds, identity)

    def _install(self, name: str, task: Json, interval_seconds: int, identity: Identity) -> Job:
        kubernetes, folder, namespace = self._kubernetes, self._folder, identity.namespace
        kubernetes.api.apply(
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": name, "namespace": namespace},
            }
        )
        rule = may("coordination.k8s.io", "leases", name, "get", "update")
        allow(kubernetes, f"{name}-lease", rule, namespace, identity)
        token_file = folder / f"{name}.token"
        token_file.write_text(
            kubernetes.api.request_token(namespace, identity.service_account, identity.audience)
        )
        content = {
            "name": name,
            "interval_seconds": interval_seconds,
            "vault": {
                "address": self._stage.scene.vault_address,
                "ca_file": self._stage.ca_file,
                "role": identity.role,
                "token_file": str(token_file),
            },
            "lease": {"namespace": namespace, "name": name},
            "task": task,
        }
        file = folder / f"{name}.json"
        file.write_text(json.dumps(content))
        kubeconfig = folder / f"{name}.kubeconfig"
        kubeconfig.write_text(json.dumps(_kubeconfig(kubernetes, identity)))
        return Job(name, namespace, kubernetes, file, kubeconfig)

    def _grant(self, name: str, stanzas: Sequence[Stanza], audience: str, token_ttl: str) -> None:
        self._granted.append(name)
        own = (
            Stanza("auth/token/lookup-self", (Capability.READ,)),
            Stanza("auth/token/revoke-self", (Capability.UPDATE,)),
        )
        policy = render(sorted([*stanzas, *own], key=lambda stanza: stanza.path), header="a test")
        self._stage.provisioner.write(f"sys/policies/acl/{name}", {"policy": policy})
        self._stage.provisioner.write(
            f"auth/kubernetes/role/{name}",
            {
                "bound_service_account_names": [name],
                "bound_service_account_namespaces": [NAMESPACE],
                "audience": audience,
                "token_policies": [name],
                "token_no_default_policy": True,
                "token_ttl": token_ttl,
            },
        )

    def remove(self) -> None:
        for name in self._granted:
            self._stage.provisioner.call("DELETE", f"auth/kubernetes/role/{name}")
            self._stage.provisioner.call("DELETE", f"sys/policies/acl/{name}")


def may(group: str, kind: str, name: str, *verbs: str) -> Json:
    """A rule of RBAC for one object."""
    return {
        "apiGroups": [group],
        "resources": [kind],
        "resourceNames": [name],
        "verbs": list(verbs),
    }


def allow(
    kubernetes: Kubernetes, name: str, rule: Json, namespace: str, identity: Identity
) -> None:
    metadata = {"name": name, "namespace": namespace}
    rbac = "rbac.authorization.k8s.io"
    subject = {
        "kind": "ServiceAccount",
        "name": identity.service_account,
        "namespace": identity.namespace,
    }
    role = {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]}
    binding = {
        "apiVersion": f"{rbac}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
        "subjects": [subject],
    }
    kubernetes.api.apply(role)
    kubernetes.api.apply(binding)


def _kubeconfig(kubernetes: Kubernetes, identity: Identity) -> Json:
    """As the job's own service account."""
    api = kubernetes.api
    ca = base64.b64encode(api.ca_pem.encode()).decode()
    cluster = {"server": api.url, "certificate-authority-data": ca}
    token = api.request_token(identity.namespace, identity.service_account, ISSUER)
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "job", "user": {"token": token}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "job"}}],
        "current-context": "it",
    }
