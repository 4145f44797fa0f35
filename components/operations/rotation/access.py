"""Who a job is in Kubernetes, and the little that it may do there.

The objects it works on are named one by one, and those that no application has are made here,
empty: no job may create or list anything. RBAC cannot say less than the patch of a whole object:
of a Deployment, `restarts` says less; of a Secret, an empty patch answers with all that is in it,
so that nothing else may be put there.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes import coordination, core, meta, rbac

from components import rights
from components.operations.rotation import layout as names
from components.operations.rotation.restarts import restarts
from components.rights import account, make_account, rule
from policies.plan import Rotation


def make_service_account(
    name: str, rotation: Rotation, opts: pulumi.ResourceOptions
) -> core.v1.ServiceAccount:
    """The one that the workload's role in Vault is bound to, whosever namespace it is in."""
    return make_account(
        name,
        meta.v1.ObjectMetaArgs(
            name=rotation.service_account,
            namespace=rotation.namespace,
            labels=names.labels(rotation),
        ),
        opts,
    )


def make_lease(
    name: str, rotation: Rotation, opts: pulumi.ResourceOptions
) -> coordination.v1.Lease:
    """By which two runs keep apart, and where the job notes what it did. All that is in it is the
    job's: nothing is declared, so that nothing is written back.
    """
    return coordination.v1.Lease(
        name,
        metadata=metadata(rotation),
        opts=opts,
    )


def make_secret(
    name: str, rotation: Rotation, opts: pulumi.ResourceOptions
) -> core.v1.Secret | None:
    """Where a wrapped secret ID is laid, empty until then; None where the task lays none. The job
    may read it, by its patch, and whoever may read Secrets in its namespace may, too.
    """
    secret = rotation.task.get("secret")
    if secret is None:
        return None
    return core.v1.Secret(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=secret["name"], namespace=secret["namespace"], labels=names.labels(rotation)
        ),
        type="Opaque",
        opts=opts,
    )


def make_rights(
    name: str, rotation: Rotation, opts: pulumi.ResourceOptions
) -> list[rbac.v1.RoleBinding]:
    """A Role, and its binding to the job's account, in each namespace where it works."""
    own = names.object_name(rotation)
    holder = account(rotation.namespace, rotation.service_account)
    return [
        rights.make_rights(
            f"{name}-{namespace}",
            own,
            metadata(rotation, namespace),
            rules,
            holder,
            opts,
        )
        for namespace, rules in sorted(_rules(rotation).items())
    ]


def metadata(rotation: Rotation, namespace: str | None = None) -> meta.v1.ObjectMetaArgs:
    """Of what is called as the job, in its own namespace or another where it works."""
    return meta.v1.ObjectMetaArgs(
        name=names.object_name(rotation),
        namespace=namespace or rotation.namespace,
        labels=names.labels(rotation),
    )


def _rules(rotation: Rotation) -> Mapping[str, list[rbac.v1.PolicyRuleArgs]]:
    """Namespace -> what may be done there."""
    rules = {
        rotation.namespace: [
            rule("coordination.k8s.io", "leases", [names.object_name(rotation)], "get", "update")
        ]
    }
    if restarts(rotation):
        tell = rotation.task["tell"]
        rules.setdefault(tell["namespace"], []).append(
            rule("apps", "deployments", [tell["deployment"]], "get", "patch")
        )
    if secret := rotation.task.get("secret"):
        # A merge patch of one key: what else is in it is not asked for.
        rules.setdefault(secret["namespace"], []).append(
            rule("", "secrets", [secret["name"]], "patch")
        )
    return rules
