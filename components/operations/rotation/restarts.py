"""What a restart is: another value of one annotation of a Deployment's pods, and nothing else.

RBAC knows no smaller right than to patch all of a Deployment: to run any image there, as any
service account of the namespace and with any of its Secrets. So a job that restarts is held to
restarting. Whoever else changes the Deployment is not concerned.
"""

from __future__ import annotations

import pulumi

from components.admission import Limit, Rule, make_limit, text
from components.operations.rotation import layout as names
from policies.plan import Rotation


def restarts(rotation: Rotation) -> bool:
    """Whether its task is to restart an application."""
    return (rotation.task.get("tell") or {}).get("type") == "restart"


def make_restart_only(
    name: str, rotation: Rotation, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """For a rotation that restarts."""
    # It is the cluster's, which environments may share.
    own = f"{names.object_name(rotation)}.{rotation.namespace}"
    return make_limit(name, own, names.labels(rotation), _limit(rotation), opts)


def _limit(rotation: Rotation) -> Limit:
    annotation = names.restart_annotation(rotation)
    message = f"a rotation restarts by the annotation {annotation} of the pods, and changes no more"
    # What the API server itself keeps count with.
    counted = ("generation", "managedFields")
    parts = (
        ("", ("metadata", "spec")),
        (".metadata", counted),
        (".spec", ("template",)),
        (".spec.template", ("metadata",)),
        (".spec.template.metadata", ("annotations",)),
    )
    rules = [
        *(_same(f"oldObject{part}", f"object{part}", but) for part, but in parts),
        _same("variables.before", "variables.after", (annotation,)),
    ]
    annotations = "spec.template.metadata.?annotations.orValue({})"
    return Limit(
        namespace=rotation.namespace,
        service_account=rotation.service_account,
        operation="UPDATE",
        api_group="apps",
        resource="deployments",
        rules=[Rule(expression, message) for expression in rules],
        variables={"before": f"oldObject.{annotations}", "after": f"object.{annotations}"},
    )


def _same(old: str, new: str, but: tuple[str, ...]) -> str:
    """That two objects are alike in all fields but these. Not field by field: Kubernetes may add
    one.
    """
    left_out = f"[{', '.join(map(text, but))}]"
    # Checked without types, by which CEL knows no fields of an object.
    old, new = f"dyn({old})", f"dyn({new})"
    return (
        f"{new}.all(k, k in {left_out} || (k in {old} && {old}[k] == {new}[k]))"
        f" && {old}.all(k, k in {left_out} || k in {new})"
    )
