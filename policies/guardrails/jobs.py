"""Jobs that run by schedule are those that were reviewed, and may in Kubernetes what their task
asks for: `rotations.json` says when each runs, as whom, and what it is told.

What a job may in Vault is its ACL policy, and judged as everybody's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_policy import Severity

from policies.guardrails.reviewed import snapshot_of
from policies.guardrails.rule import (
    Finding,
    Resource,
    ResourceRule,
    Setting,
    StackRule,
    dig,
    items,
    of_types,
)
from policies.plan import Rotation

_CRON_JOB: Final = "kubernetes:batch/v1:CronJob"
_JOB: Final = "kubernetes:batch/v1:Job"
_CONFIG_MAP: Final = "kubernetes:core/v1:ConfigMap"
_ROLE: Final = "kubernetes:rbac.authorization.k8s.io/v1:Role"
_BINDINGS: Final = (
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
)
_FILE: Final = "rotation.json"
_POD: Final = ("spec", "jobTemplate", "spec", "template", "spec")


def _as_reviewed(resource: Resource, setting: Setting) -> Iterator[str]:
    rotations = snapshot_of(setting.environment).rotations
    match resource.type:
        case "kubernetes:batch/v1:CronJob":
            yield from _cron_job(resource, rotations)
        case "kubernetes:batch/v1:Job":
            yield "runs once, by no schedule that anybody reviewed"
        case _ if resource.get("data", _FILE) is not None:
            yield from _file(resource, rotations)
        case _:
            pass


def _cron_job(resource: Resource, rotations: Sequence[Rotation]) -> Iterator[str]:
    account = resource.text(*_POD, "serviceAccountName")
    runs_as = (resource.text("metadata", "namespace"), account)
    found = [one for one in rotations if (one.namespace, one.service_account) == runs_as]
    if not found:
        yield f"runs as {'/'.join(runs_as)}, as which no job of {_TABLE} does"
        return
    (rotation,) = found
    for key, meant in (
        ("schedule", rotation.schedule),
        # Without one it is the time of the control plane's servers, whatever that is.
        ("timeZone", "Etc/UTC"),
        ("concurrencyPolicy", "Forbid"),
    ):
        if resource.get("spec", key) != meant:
            yield f"spec.{key} is {resource.get('spec', key)!r}, and not {meant!r}"
    audiences = {
        dig(source, "serviceAccountToken", "audience")
        for volume in items(resource.get(*_POD), "volumes")
        for source in items(volume, "projected", "sources")
    }
    if others := sorted(audiences - {None, rotation.audience}):
        yield f"has tokens for {', '.join(others)}, and not only for {rotation.audience}"


def _file(resource: Resource, rotations: Sequence[Rotation]) -> Iterator[str]:
    told = json.loads(resource.text("data", _FILE))
    name = str(dig(told, "name"))
    rotation = next((one for one in rotations if one.name == name), None)
    if rotation is None:
        yield f"{_FILE} is of {name!r}, which {_TABLE} does not have"
        return
    for where, given, meant in (
        ("metadata.namespace", resource.get("metadata", "namespace"), rotation.namespace),
        (f"{_FILE} interval_seconds", dig(told, "interval_seconds"), rotation.interval_seconds),
        (f"{_FILE} vault.role", dig(told, "vault", "role"), rotation.role),
        (f"{_FILE} task", dig(told, "task"), rotation.task),
    ):
        if given != meant:
            yield f"{where} is not what {_TABLE} says of {name}"


_TABLE: Final = "rotations.json"


def _rights(resources: Sequence[Resource], setting: Setting) -> Iterator[Finding]:
    """Of the service accounts that jobs run as."""
    rotations = {
        (one.namespace, one.service_account): one
        for one in snapshot_of(setting.environment).rotations
    }
    roles = {_place(role): role for role in of_types(resources, _ROLE)}
    for binding in of_types(resources, *_BINDINGS):
        for subject in items(binding.props, "subjects"):
            runs_as = (str(dig(subject, "namespace")), str(dig(subject, "name")))
            if rotation := rotations.get(runs_as):
                place = (binding.text("metadata", "namespace"), binding.text("roleRef", "name"))
                role = roles.get(place)
                if binding.text("roleRef", "kind") != "Role" or role is None:
                    yield Finding(
                        f"{binding.name} gives the job {rotation.name} rights that no Role "
                        "declared here says",
                        binding.urn,
                    )
                else:
                    for what in _beyond(role, place[0], rotation):
                        yield Finding(f"{role.name}: the job {rotation.name} {what}", role.urn)


def _place(role: Resource) -> tuple[str, str]:
    return role.text("metadata", "namespace"), role.text("metadata", "name")


def _beyond(role: Resource, namespace: str, rotation: Rotation) -> Iterator[str]:
    """What a Role allows besides."""
    allowed = _needed(rotation)
    for rule in items(role.props, "rules"):
        names, verbs = items(rule, "resourceNames"), items(rule, "verbs")
        for group in items(rule, "apiGroups") or ("",):
            for kind in items(rule, "resources"):
                for name in names or ("*",):
                    may = allowed.get((namespace, group, kind, name), frozenset())
                    if more := sorted(set(verbs) - may):
                        whose = repr(name) if names else "whatever it is called"
                        what = f"{', '.join(more)} {kind} ({whose})"
                        yield f"may {what} in {namespace}, for which its task has no use"


def _needed(rotation: Rotation) -> Mapping[tuple[str, str, str, str], frozenset[str]]:
    """(namespace, API group, kind, name) -> verbs."""
    needed = {
        (
            rotation.namespace,
            "coordination.k8s.io",
            "leases",
            f"rotation-{rotation.name}",
        ): frozenset({"get", "update"})
    }
    tell: Any = rotation.task.get("tell")
    if dig(tell, "type") == "restart":
        deployment = (str(dig(tell, "namespace")), "apps", "deployments")
        needed[*deployment, str(dig(tell, "deployment"))] = frozenset({"get", "patch"})
    secret: Any = rotation.task.get("secret")
    if secret:
        place = (str(dig(secret, "namespace")), "", "secrets", str(dig(secret, "name")))
        needed[place] = frozenset({"patch"})
    return needed


AS_REVIEWED: Final = ResourceRule(
    name="jobs-as-reviewed",
    says="What runs by schedule is what policies/rendered/ says.",
    meaning="A job has rights of its own in Vault; one that nobody reviewed could use them for "
    "something else, or at another time.",
    repair="Change the rotation in policies/matrix.py, run python -m policies render, and have it "
    "reviewed",
    severity=Severity.HIGH,
    types=frozenset({_CRON_JOB, _JOB, _CONFIG_MAP}),
    check=_as_reviewed,
)
RIGHTS: Final = StackRule(
    name="jobs-least-privilege",
    says="A job may do in Kubernetes what its task asks for, object by object.",
    meaning="Whoever takes over a job could restart, or read, what is another's.",
    repair="Name the one Lease, Deployment or Secret, and the verbs, as "
    "components/operations/access.py does",
    severity=Severity.HIGH,
    check=_rights,
)

RULES: Final = (AS_REVIEWED, RIGHTS)
