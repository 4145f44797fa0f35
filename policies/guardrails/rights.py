"""What Kubernetes lets pods do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pulumi_policy import Severity

from policies.guardrails.rule import Resource, ResourceRule, Setting, dig, items

ROLES: Final = frozenset(
    {
        "kubernetes:rbac.authorization.k8s.io/v1:Role",
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    }
)
BINDINGS: Final = frozenset(
    {
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
    }
)
_EVERYBODY: Final = frozenset(
    {
        "system:anonymous",
        "system:authenticated",
        "system:masters",
        "system:serviceaccounts",
        "system:unauthenticated",
    }
)
_ESCALATING: Final = frozenset({"bind", "escalate", "impersonate"})
_RUNNING: Final = frozenset(
    {"cronjobs", "daemonsets", "deployments", "jobs", "pods", "replicasets", "statefulsets"}
)
_CHANGES: Final = frozenset({"create", "delete", "deletecollection", "patch", "update"})
_SECRET: Final = frozenset({"secrets", "serviceaccounts/token", "pods/exec", "pods/attach"})


def _rights(resource: Resource, _: Setting) -> Iterator[str]:
    for rule in items(resource.props, "rules"):
        for key in ("verbs", "resources", "apiGroups", "nonResourceURLs"):
            if any("*" in str(one) for one in items(rule, key)):
                yield f"rules have a wildcard in {key}"
        for verb in sorted(_ESCALATING & set(items(rule, "verbs"))):
            yield f"rules allow {verb}, with which its holder can give itself more"
        named, kinds = items(rule, "resourceNames"), set(items(rule, "resources"))
        for kind in sorted(_SECRET & kinds):
            if not named:
                yield f"rules reach all {kind}; resourceNames name none"
        changes = sorted(_CHANGES & set(items(rule, "verbs")))
        for kind in sorted(_RUNNING & kinds):
            if changes and not named:
                yield f"rules {', '.join(changes)} all {kind}; resourceNames name none"


def _bound(resource: Resource, _: Setting) -> Iterator[str]:
    role = resource.text("roleRef", "name")
    if role in ("cluster-admin", "admin", "edit"):
        yield f"roleRef is {role!r}, Kubernetes' own for nearly everything"
    for subject in items(resource.props, "subjects"):
        name = str(dig(subject, "name"))
        if name in _EVERYBODY or name.startswith("system:serviceaccounts:"):
            yield f"subjects has {name!r}, which is a whole group"


RIGHTS: Final = ResourceRule(
    name="kubernetes-least-privilege",
    says="Kubernetes roles name what they allow.",
    meaning="A pod that may read Secrets, or act as others, has the cluster.",
    repair="Name verbs, resources and resourceNames one by one",
    severity=Severity.HIGH,
    types=ROLES,
    check=_rights,
)
BOUND: Final = ResourceRule(
    name="kubernetes-bound-to-one",
    says="Kubernetes rights go to named service accounts, and are made for the purpose.",
    meaning="Every pod of a namespace, or of the cluster, would have them.",
    repair="Bind a role made for the purpose to one service account",
    severity=Severity.HIGH,
    types=BINDINGS,
    check=_bound,
)

RULES: Final = (RIGHTS, BOUND)
