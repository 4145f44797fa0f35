"""The policy pack's rules over recorded registrations, without the engine that asks them one by
one. What the pack's server does to each resource before, decoding it, is in the time once for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf import json_format  # type: ignore[import-untyped]
from pulumi_policy import (
    EnforcementLevel,
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import unknown_checking_proxy

from policies.environments import Environment
from policies.guardrails.pack import RULES


def look(requests: Iterable[Any], environment: Environment) -> int:
    """How many resources were looked at, by all rules that are on there."""
    resources = [_resource(request) for request in requests]
    for rule in RULES:
        if rule.levels.of(environment) is not EnforcementLevel.DISABLED:
            policy = rule.policy(environment)
            if isinstance(policy, ResourceValidationPolicy):
                _each(policy, resources)
            elif isinstance(policy, StackValidationPolicy):
                policy.validate(StackValidationArgs(list(resources), None), _unheard)
    return len(resources)


def _each(policy: ResourceValidationPolicy, resources: Sequence[PolicyResource]) -> None:
    for one in resources:
        policy.validate(
            ResourceValidationArgs(one.resource_type, one.props, one.urn, one.name, one.opts, None),
            _unheard,
        )


def _resource(request: Any) -> PolicyResource:
    inputs = json_format.MessageToDict(request.object)
    options = PolicyResourceOptions(
        request.protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), []
    )
    props = unknown_checking_proxy(deserialize_properties(inputs))
    urn = f"{request.type}::{request.name}"
    return PolicyResource(request.type, props, urn, request.name, options, None, None, [], {})


def _unheard(_message: str, _urn: str | None = None) -> None:
    """What is found does not matter here."""
