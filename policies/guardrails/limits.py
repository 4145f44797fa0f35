"""Rights in Kubernetes that RBAC makes larger than they are meant are limited by an admission
policy. What its rules refuse is tried at a real API server, not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pulumi_policy import Severity

from policies.guardrails.rights import BINDINGS, ROLES
from policies.guardrails.rule import Finding, Resource, StackRule, dig, items, of_types

_POLICY: Final = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"
# API group and kind -> verbs of RBAC, and what the API server calls such a request.
_TOO_LARGE: Final[Mapping[tuple[str, str], tuple[frozenset[str], str, str]]] = {
    ("apps", "deployments"): (
        frozenset({"patch", "update"}),
        "UPDATE",
        "run anything there, as any service account of the namespace",
    ),
    ("", "serviceaccounts/token"): (
        frozenset({"create"}),
        "CREATE",
        "be that service account for everybody, and for long",
    ),
}


def _limited(resources: Sequence[Resource], _: object) -> Iterator[Finding]:
    roles = {_place(role): role for role in of_types(resources, *ROLES)}
    refusing = {
        binding.text("spec", "policyName")
        for binding in of_types(resources, f"{_POLICY}Binding")
        if "Deny" in items(binding.props, "spec", "validationActions")
        # Either would leave some requests unjudged.
        and not binding.get("spec", "matchResources")
        and not binding.get("spec", "paramRef")
    }
    limits = [
        policy
        for policy in of_types(resources, _POLICY)
        if policy.text("metadata", "name") in refusing
        and policy.get("spec", "failurePolicy") in (None, "Fail")
    ]
    for binding in of_types(resources, *BINDINGS):
        namespace = binding.text("metadata", "namespace")
        of_cluster = binding.text("roleRef", "kind") == "ClusterRole"
        role = roles.get(("" if of_cluster else namespace, binding.text("roleRef", "name")))
        if role is None:
            continue
        for subject in items(binding.props, "subjects"):
            user = f"system:serviceaccount:{dig(subject, 'namespace')}:{dig(subject, 'name')}"
            for (group, kind), (verbs, operation, power) in _TOO_LARGE.items():
                held = any(
                    group in items(rule, "apiGroups")
                    and kind in items(rule, "resources")
                    and verbs & set(items(rule, "verbs"))
                    for rule in items(role.props, "rules")
                )
                if held and not any(_judges(one, user, operation, group, kind) for one in limits):
                    yield Finding(
                        f"{role.name}: with {kind}, {user} could {power}; no admission policy "
                        "limits it",
                        role.urn,
                    )


def _place(role: Resource) -> tuple[str, str]:
    return role.text("metadata", "namespace"), role.text("metadata", "name")


def _judges(policy: Resource, user: str, operation: str, group: str, kind: str) -> bool:
    """Every such request of this user's."""
    conditions = [dig(one, "expression") for one in items(policy.props, "spec", "matchConditions")]
    constraints = policy.get("spec", "matchConstraints") or {}
    return (
        conditions in ([], [f"request.userInfo.username == '{user}'"])
        and bool(items(policy.props, "spec", "validations"))
        # What the API server fills in is no narrowing: an empty selector chooses everything.
        and {key for key, value in constraints.items() if value} <= {"resourceRules", "matchPolicy"}
        and any(
            not items(rule, "resourceNames")
            and "*" in items(rule, "apiVersions")
            and group in items(rule, "apiGroups")
            and kind in items(rule, "resources")
            and operation in items(rule, "operations")
            for rule in items(constraints, "resourceRules")
        )
    )


LIMITED: Final = StackRule(
    name="kubernetes-limited",
    says="Rights that RBAC makes larger than they are meant are limited by an admission policy.",
    meaning="Who may change a Deployment runs any image with any Secret of its namespace; who may "
    "make a service account's tokens is that account at the API server, too.",
    repair="Make a limit before the right, as components/admission.py does: failurePolicy Fail, "
    "validationActions Deny, for that service account",
    severity=Severity.HIGH,
    check=_limited,
)

RULES: Final = (LIMITED,)
