"""The jobs that were reviewed, and what each may be: read from `policies/rendered/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policies.environments import Environment
from policies.guardrails.reviewed import snapshot_of
from policies.guardrails.rule import dig
from policies.plan import KubernetesRole, Rotation
from policies.snapshots import reader_among

CONFIG: Final = "/etc/vaultstack"
ROTATION_FILE: Final = "rotation.json"
SNAPSHOT_FILE: Final = "snapshot.json"
_MOUNTED: Final = frozenset(
    {CONFIG, "/var/run/secrets/vault", "/var/run/secrets/kubernetes.io/serviceaccount"}
)
_GOOGLE: Final = "//iam.googleapis.com/projects/"

Place = tuple[str, str, str, str]
"""Namespace, API group, kind, name."""


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    own: str
    """What its objects are called."""
    namespace: str
    service_account: str
    audience: str
    schedule: str | None
    """None: a stack's own."""
    args: Sequence[str]
    mounted: frozenset[str]
    needed: Mapping[Place, frozenset[str]]
    """What it may in Kubernetes -> verbs."""
    scratch: bool = False
    """Whether it has a folder of its own to write to."""
    elsewhere: str = ""
    """How the audience of one more token may begin; empty: it has none."""

    @property
    def runs_as(self) -> tuple[str, str]:
        return self.namespace, self.service_account


def jobs(environment: Environment) -> list[Job]:
    reviewed = snapshot_of(environment)
    found = [_rotation(one) for one in reviewed.rotations]
    if role := reader_among(reviewed.kubernetes_roles, reviewed.stanzas):
        found.append(_snapshots(role))
    return found


def _rotation(rotation: Rotation) -> Job:
    own = f"rotation-{rotation.name}"
    return Job(
        name=rotation.name,
        own=own,
        namespace=rotation.namespace,
        service_account=rotation.service_account,
        audience=rotation.audience,
        schedule=rotation.schedule,
        args=("rotate", f"{CONFIG}/{ROTATION_FILE}"),
        mounted=_MOUNTED,
        needed=dict(_needed(rotation, own)),
    )


def _snapshots(role: KubernetesRole) -> Job:
    own = "vault-snapshots"
    return Job(
        name="snapshots",
        own=own,
        namespace=role.namespace,
        service_account=role.service_account,
        audience=role.audience,
        schedule=None,
        args=("snapshot", f"{CONFIG}/{SNAPSHOT_FILE}"),
        mounted=_MOUNTED | {"/var/lib/vaultstack", "/var/run/secrets/google"},
        needed=dict([_lease(role.namespace, own)]),
        scratch=True,
        elsewhere=_GOOGLE,
    )


def _lease(namespace: str, own: str) -> tuple[Place, frozenset[str]]:
    return (namespace, "coordination.k8s.io", "leases", own), frozenset({"get", "update"})


def _needed(rotation: Rotation, own: str) -> Iterator[tuple[Place, frozenset[str]]]:
    yield _lease(rotation.namespace, own)
    tell: Any = rotation.task.get("tell")
    if dig(tell, "type") == "restart":
        place = (str(dig(tell, "namespace")), "apps", "deployments", str(dig(tell, "deployment")))
        yield place, frozenset({"get", "patch"})
    secret: Any = rotation.task.get("secret")
    if secret:
        place = (str(dig(secret, "namespace")), "", "secrets", str(dig(secret, "name")))
        yield place, frozenset({"patch"})
