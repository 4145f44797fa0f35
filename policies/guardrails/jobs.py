"""Jobs that run by schedule are those that were reviewed, and may in Kubernetes what their task
asks for: `rotations.json` says when each runs, as whom, and what it is told.

What a job may in Vault is its ACL policy, and judged as everybody's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_policy import Severity

from policies.guardrails.pods import PODS, pod_of
from policies.guardrails.reviewed import snapshot_of
from policies.guardrails.rights import BINDINGS
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
_CONFIG_MAP: Final = "kubernetes:core/v1:ConfigMap"
_ROLE: Final = "kubernetes:rbac.authorization.k8s.io/v1:Role"
_FILE: Final = "rotation.json"
# As components/operations/cron_job.py has it. All else that a container may have (env, lifecycle,
# probes) could run something of its own.
_RUNS: Final[Mapping[str, Sequence[str]]] = {
    "command": ("python", "-m", "vaultstack_jobs"),
    "args": ("rotate", f"/etc/vaultstack/{_FILE}"),
}
_OF_CONTAINER: Final = frozenset(
    {*_RUNS, "image", "imagePullPolicy", "name", "resources", "securityContext", "volumeMounts"}
)
_MOUNTED: Final = frozenset(
    {"/etc/vaultstack", "/var/run/secrets/vault", "/var/run/secrets/kubernetes.io/serviceaccount"}
)


def _as_reviewed(resource: Resource, setting: Setting) -> Iterator[str]:
    rotations = snapshot_of(setting.environment).rotations
    match resource.type:
        case "kubernetes:batch/v1:CronJob":
            yield from _cron_job(resource, rotations)
        case "kubernetes:batch/v1:Job":
            yield "runs once, by no schedule that anybody reviewed"
        case type_ if type_ in PODS:
            yield from _as_a_job(resource, rotations)
        case _ if resource.get("data", _FILE) is not None:
            yield from _file(resource, rotations)
        case _:
            pass


def _cron_job(resource: Resource, rotations: Sequence[Rotation]) -> Iterator[str]:
    pod, runs_as = pod_of(resource), _runs_as(resource)
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
        for volume in items(pod, "volumes")
        for source in items(volume, "projected", "sources")
    }
    if others := sorted(audiences - {None, rotation.audience}):
        yield f"has tokens for {', '.join(others)}, and not only for {rotation.audience}"
    yield from _what_runs(pod, f"rotation-{rotation.name}")


def _what_runs(pod: Any, own: str) -> Iterator[str]:
    """In the pod of a job, whose objects are called `own`, beside what its image is."""
    containers = items(pod, "containers")
    if len(containers) != 1 or items(pod, "initContainers"):
        yield "runs more, or other, than the one container of a job"
    for container in containers:
        for key, meant in _RUNS.items():
            if tuple(items(container, key)) != meant:
                yield f"{key} is {' '.join(items(container, key))!r}, and not {' '.join(meant)!r}"
        if more := sorted(key for key in container.keys() - _OF_CONTAINER if container[key]):
            yield f"its container has {', '.join(more)}, which no job needs"
        for mount in items(container, "volumeMounts"):
            if dig(mount, "mountPath") not in _MOUNTED:
                yield f"mounts something at {dig(mount, 'mountPath')!r}, where no job looks"
    for volume in items(pod, "volumes"):
        name = dig(volume, "configMap", "name")
        if not dig(volume, "projected") and name != own:
            yield f"volume {dig(volume, 'name')!r} is not the job's own file"


def _as_a_job(resource: Resource, rotations: Sequence[Rotation]) -> Iterator[str]:
    """Pods of others."""
    runs_as = _runs_as(resource)
    for one in rotations:
        if (one.namespace, one.service_account) == runs_as:
            yield f"runs as {'/'.join(runs_as)}, as which only the job {one.name} does"


def _runs_as(resource: Resource) -> tuple[str, str]:
    """Namespace and service account."""
    pod = pod_of(resource)
    account = dig(pod, "serviceAccountName") or dig(pod, "serviceAccount")
    return resource.text("metadata", "namespace"), str(account or "")


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
    for binding in of_types(resources, *BINDINGS):
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


def _one_image(resources: Sequence[Resource], _: Setting) -> Iterator[Finding]:
    images = {
        str(dig(container, "image"))
        for job in of_types(resources, _CRON_JOB)
        for container in items(pod_of(job), "containers")
    }
    if len(images) > 1:
        yield Finding(f"the jobs run {len(images)} images, {' and '.join(sorted(images))}")


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
    says="What runs by schedule is what policies/rendered/ says, and nothing else runs as it.",
    meaning="A job has rights of its own in Vault; one that nobody reviewed, or whatever else runs "
    "as it, could use them for something else, or at another time.",
    repair="Change the rotation in policies/matrix.py, run python -m policies render, and have it "
    "reviewed; what runs in a job's pod is components/operations/cron_job.py's",
    severity=Severity.HIGH,
    types=frozenset({*PODS, _CONFIG_MAP}),
    check=_as_reviewed,
)
RIGHTS: Final = StackRule(
    name="jobs-least-privilege",
    says="A job may do in Kubernetes what its task asks for, object by object.",
    meaning="Whoever takes over a job could restart, or read, what is another's.",
    repair="Name the one Lease, Deployment or Secret, and the verbs, as "
    "components/operations/rotation/access.py does",
    severity=Severity.HIGH,
    check=_rights,
)
ONE_IMAGE: Final = StackRule(
    name="jobs-one-image",
    says="All jobs run the image that the stack names.",
    meaning="Which image that is, who reviews the stack file judges; of several, one would run "
    "unseen with a job's rights.",
    repair="Set jobsImage, and nothing else",
    severity=Severity.HIGH,
    check=_one_image,
)

RULES: Final = (AS_REVIEWED, RIGHTS, ONE_IMAGE)
