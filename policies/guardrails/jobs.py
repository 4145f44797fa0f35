"""Jobs that run by schedule are those that were reviewed, and may in Kubernetes what their task
asks for: `rotations.json` says when each runs, as whom, and what it is told; of the snapshots the
roles say who takes them, and a stack's settings when and whereto.

What a job may in Vault is its ACL policy, and judged as everybody's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
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
from policies.guardrails.scheduled import ROTATION_FILE, SNAPSHOT_FILE, Job, jobs
from policies.plan import Rotation
from policies.snapshots import reader_among

_CRON_JOB: Final = "kubernetes:batch/v1:CronJob"
_CONFIG_MAP: Final = "kubernetes:core/v1:ConfigMap"
_ROLE: Final = "kubernetes:rbac.authorization.k8s.io/v1:Role"
# As components/operations/cron_job.py has it. All else that a container may have (env, lifecycle,
# probes) could run something of its own.
_COMMAND: Final = ("python", "-m", "vaultstack_jobs")
_OF_CONTAINER: Final = frozenset(
    {
        *("args", "command", "image", "imagePullPolicy"),
        *("name", "resources", "securityContext", "volumeMounts"),
    }
)


def _as_reviewed(resource: Resource, setting: Setting) -> Iterator[str]:
    match resource.type:
        case "kubernetes:batch/v1:CronJob":
            yield from _cron_job(resource, jobs(setting.environment))
        case "kubernetes:batch/v1:Job":
            yield "runs once, by no schedule that anybody reviewed"
        case type_ if type_ in PODS:
            yield from _as_a_job(resource, jobs(setting.environment))
        case _ if resource.get("data", ROTATION_FILE) is not None:
            yield from _file(resource, snapshot_of(setting.environment).rotations)
        case _ if resource.get("data", SNAPSHOT_FILE) is not None:
            yield from _snapshots_file(resource, setting)
        case _:
            pass


def _cron_job(resource: Resource, reviewed: Sequence[Job]) -> Iterator[str]:
    pod, runs_as = pod_of(resource), _runs_as(resource)
    job = next((one for one in reviewed if one.runs_as == runs_as), None)
    if job is None:
        yield f"runs as {'/'.join(runs_as)}, as which no job of {_TABLE} does"
        return
    for key, meant in (
        # Of what a stack itself schedules, its settings say when.
        ("schedule", job.schedule or resource.get("spec", "schedule")),
        # Without one it is the time of the control plane's servers, whatever that is.
        ("timeZone", "Etc/UTC"),
        ("concurrencyPolicy", "Forbid"),
    ):
        if resource.get("spec", key) != meant:
            yield f"spec.{key} is {resource.get('spec', key)!r}, and not {meant!r}"
    audiences = {
        str(dig(source, "serviceAccountToken", "audience"))
        for volume in items(pod, "volumes")
        for source in items(volume, "projected", "sources")
        if dig(source, "serviceAccountToken", "audience") is not None
    }
    elsewhere = {one for one in audiences if job.elsewhere and one.startswith(job.elsewhere)}
    if others := sorted(audiences - elsewhere - {job.audience}):
        yield f"has tokens for {', '.join(others)}, and not only for {job.audience}"
    yield from _what_runs(pod, job)


def _what_runs(pod: Any, job: Job) -> Iterator[str]:
    """In the pod of a job, beside what its image is."""
    containers = items(pod, "containers")
    if len(containers) != 1 or items(pod, "initContainers"):
        yield "runs more, or other, than the one container of a job"
    for container in containers:
        yield from _in_container(container, job)
    for volume in items(pod, "volumes"):
        if dig(volume, "projected") or (job.scratch and volume.keys() == {"name", "emptyDir"}):
            continue
        if dig(volume, "configMap", "name") != job.own:
            yield f"volume {dig(volume, 'name')!r} is not the job's own file"


def _in_container(container: Any, job: Job) -> Iterator[str]:
    for key, meant in (("command", _COMMAND), ("args", tuple(job.args))):
        if tuple(items(container, key)) != meant:
            yield f"{key} is {' '.join(items(container, key))!r}, and not {' '.join(meant)!r}"
    if more := sorted(key for key in container.keys() - _OF_CONTAINER if container[key]):
        yield f"its container has {', '.join(more)}, which no job needs"
    for mount in items(container, "volumeMounts"):
        if dig(mount, "mountPath") not in job.mounted:
            yield f"mounts something at {dig(mount, 'mountPath')!r}, where no job looks"


def _as_a_job(resource: Resource, reviewed: Sequence[Job]) -> Iterator[str]:
    """Pods of others."""
    runs_as = _runs_as(resource)
    for one in reviewed:
        if one.runs_as == runs_as:
            yield f"runs as {'/'.join(runs_as)}, as which only the job {one.name} does"


def _runs_as(resource: Resource) -> tuple[str, str]:
    """Namespace and service account."""
    pod = pod_of(resource)
    account = dig(pod, "serviceAccountName") or dig(pod, "serviceAccount")
    return resource.text("metadata", "namespace"), str(account or "")


def _file(resource: Resource, rotations: Sequence[Rotation]) -> Iterator[str]:
    told = json.loads(resource.text("data", ROTATION_FILE))
    name = str(dig(told, "name"))
    rotation = next((one for one in rotations if one.name == name), None)
    if rotation is None:
        yield f"{ROTATION_FILE} is of {name!r}, which {_TABLE} does not have"
        return
    interval = f"{ROTATION_FILE} interval_seconds"
    for where, given, meant in (
        ("metadata.namespace", resource.get("metadata", "namespace"), rotation.namespace),
        (interval, dig(told, "interval_seconds"), rotation.interval_seconds),
        (f"{ROTATION_FILE} vault.role", dig(told, "vault", "role"), rotation.role),
        (f"{ROTATION_FILE} task", dig(told, "task"), rotation.task),
    ):
        if given != meant:
            yield f"{where} is not what {_TABLE} says of {name}"


def _snapshots_file(resource: Resource, setting: Setting) -> Iterator[str]:
    """Where they go, a stack's settings say; as whom they are taken, the matrix."""
    reviewed = snapshot_of(setting.environment)
    role = reader_among(reviewed.kubernetes_roles, reviewed.stanzas)
    told = json.loads(resource.text("data", SNAPSHOT_FILE))
    if role is None:
        yield f"takes snapshots, which nobody may in {setting.environment.value}"
    elif dig(told, "vault", "role") != role.name:
        yield f"{SNAPSHOT_FILE} vault.role is not {role.name!r}, who may take them"


_TABLE: Final = "rotations.json"


def _rights(resources: Sequence[Resource], setting: Setting) -> Iterator[Finding]:
    """Of the service accounts that jobs run as."""
    reviewed = {one.runs_as: one for one in jobs(setting.environment)}
    roles = {_place(role): role for role in of_types(resources, _ROLE)}
    for binding in of_types(resources, *BINDINGS):
        for subject in items(binding.props, "subjects"):
            runs_as = (str(dig(subject, "namespace")), str(dig(subject, "name")))
            if job := reviewed.get(runs_as):
                place = (binding.text("metadata", "namespace"), binding.text("roleRef", "name"))
                role = roles.get(place)
                if binding.text("roleRef", "kind") != "Role" or role is None:
                    yield Finding(
                        f"{binding.name} gives the job {job.name} rights that no Role declared "
                        "here says",
                        binding.urn,
                    )
                else:
                    for what in _beyond(role, place[0], job):
                        yield Finding(f"{role.name}: the job {job.name} {what}", role.urn)


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


def _beyond(role: Resource, namespace: str, job: Job) -> Iterator[str]:
    """What a Role allows besides."""
    for rule in items(role.props, "rules"):
        names, verbs = items(rule, "resourceNames"), items(rule, "verbs")
        for group in items(rule, "apiGroups") or ("",):
            for kind in items(rule, "resources"):
                for name in names or ("*",):
                    may = job.needed.get((namespace, group, kind, name), frozenset())
                    if more := sorted(set(verbs) - may):
                        whose = repr(name) if names else "whatever it is called"
                        what = f"{', '.join(more)} {kind} ({whose})"
                        yield f"may {what} in {namespace}, for which its task has no use"


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
