"""Rights that are smaller than RBAC can make them: of what a service account is allowed to ask of
Kubernetes, the API server itself refuses all that does not fit.

Says nothing of anybody else's requests, and gives no right. Where its rules cannot be judged, the
request is refused. Needs Kubernetes 1.30, which the preflight looks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pulumi
from pulumi_kubernetes import admissionregistration, meta

from components.options import after

_v1: Final = admissionregistration.v1


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold, in CEL, and what is said where it does not."""

    expression: str
    message: str


@dataclass(frozen=True, slots=True)
class Limit:
    """Of one kind of request, what a service account is held to."""

    namespace: str
    service_account: str
    operation: str
    api_group: str
    resource: str
    rules: Sequence[Rule]
    variables: Mapping[str, str] = field(default_factory=dict)
    """Name -> CEL, for the rules to call `variables.<name>`."""


def text(value: str) -> str:
    """As CEL writes it. Raises `ValueError` for what would need escaping: no name of ours does."""
    if not value.isprintable() or set("'\\") & set(value):
        raise ValueError(f"{value!r}: must be printable and hold neither ' nor \\; rename it")
    return f"'{value}'"


def make_limit(
    name: str,
    own: str,
    labels: Mapping[str, str],
    limit: Limit,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """A policy and its binding, both called `own` in the whole cluster. The right that they limit
    comes after them.
    """
    metadata = meta.v1.ObjectMetaArgs(name=own, labels=labels)
    user = f"system:serviceaccount:{limit.namespace}:{limit.service_account}"
    policy = _v1.ValidatingAdmissionPolicy(
        f"{name}-policy",
        metadata=metadata,
        spec=_v1.ValidatingAdmissionPolicySpecArgs(
            failure_policy="Fail",
            match_constraints=_v1.MatchResourcesArgs(
                resource_rules=[
                    _v1.NamedRuleWithOperationsArgs(
                        api_groups=[limit.api_group],
                        # Whichever is asked in: by its name no other way leads past this.
                        api_versions=["*"],
                        operations=[limit.operation],
                        resources=[limit.resource],
                    )
                ]
            ),
            match_conditions=[
                _v1.MatchConditionArgs(
                    name="who-asks", expression=f"request.userInfo.username == {text(user)}"
                )
            ],
            variables=[
                _v1.VariableArgs(name=key, expression=expression)
                for key, expression in limit.variables.items()
            ],
            validations=[
                _v1.ValidationArgs(expression=rule.expression, message=rule.message)
                for rule in limit.rules
            ],
        ),
        opts=opts,
    )
    binding = _v1.ValidatingAdmissionPolicyBinding(
        f"{name}-binding",
        metadata=metadata,
        spec=_v1.ValidatingAdmissionPolicyBindingSpecArgs(
            policy_name=own, validation_actions=["Deny"]
        ),
        opts=after(opts, [policy]),
    )
    return [policy, binding]
