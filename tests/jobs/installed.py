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
    kubernetes: Kubernetes
    file: Path
    kubeconfig: Path

    @property
    def lease_path(self) -> str:
        return f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{self.name}"

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


class Installer:
    """Installs jobs, each with exactly the rights that it is given, and takes them away again."""

    def __init__(self, stage: Stage, kubernetes: Kubernetes, folder: Path) -> None:
        self._stage, self._kubernetes, self._folder = stage, kubernetes, folder
        self._made: list[str] = []

    def install(
        self,
        name: str,
        task: Json,
        stanzas: Sequence[Stanza],
        rules: Sequence[Json] = (),
        interval_seconds: int = WEEK_SECONDS,
    ) -> Job:
        kubernetes, folder = self._kubernetes, self._folder
        kubernetes.api.service_account(NAMESPACE, name)
        self._made.append(name)
        audience = audience_of(Environment.DEV)
        self._grant(name, stanzas, audience)
        _lease(kubernetes, name)
        _allow(kubernetes, name, rules)
        token_file = folder / f"{name}.token"
        token_file.write_text(kubernetes.api.request_token(NAMESPACE, name, audience))
        vault = {
            "address": self._stage.scene.vault_address,
            "ca_file": self._stage.ca_file,
            "role": name,
            "token_file": str(token_file),
        }
        file = folder / f"{name}.json"
        file.write_text(
            json.dumps(
                {
                    "name": name,
                    "interval_seconds": interval_seconds,
                    "vault": vault,
                    "lease": {"namespace": NAMESPACE, "name": name},
                    "task": task,
                }
            )
        )
        return Job(name, kubernetes, file, _kubeconfig(kubernetes, name, folder))

    def _grant(self, name: str, stanzas: Sequence[Stanza], audience: str) -> None:
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
                "token_ttl": "10m",
            },
        )

    def remove(self) -> None:
        for name in self._made:
            self._stage.provisioner.call("DELETE", f"auth/kubernetes/role/{name}")
            self._stage.provisioner.call("DELETE", f"sys/policies/acl/{name}")


def _lease(kubernetes: Kubernetes, name: str) -> None:
    kubernetes.api.apply(
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "namespace": NAMESPACE},
        }
    )


def _allow(kubernetes: Kubernetes, name: str, rules: Sequence[Json]) -> None:
    lease = {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": [name],
        "verbs": ["get", "update"],
    }
    metadata = {"name": name, "namespace": NAMESPACE}
    rbac = "rbac.authorization.k8s.io"
    kubernetes.api.apply(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "Role",
            "metadata": metadata,
            "rules": [lease, *rules],
        }
    )
    kubernetes.api.apply(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
        }
    )


def _kubeconfig(kubernetes: Kubernetes, name: str, folder: Path) -> Path:
    """As the job's own service account."""
    api = kubernetes.api
    ca = base64.b64encode(api.ca_pem.encode()).decode()
    cluster = {"server": api.url, "certificate-authority-data": ca}
    user = {"token": api.request_token(NAMESPACE, name, ISSUER)}
    context = {"cluster": "it", "user": "job"}
    file = folder / f"{name}.kubeconfig"
    file.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "it", "cluster": cluster}],
                "users": [{"name": "job", "user": user}],
                "contexts": [{"name": "it", "context": context}],
                "current-context": "it",
            }
        )
    )
    return file
