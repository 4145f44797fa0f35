"""Asks guardrails about declared resources as the pack's server does, without an engine: inputs go
through the SDK's own decoding, so that unknown and secret values are what they are there.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pulumi.runtime import rpc
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
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from policies.environments import Environment
from policies.guardrails.pack import RULES
from policies.guardrails.rule import Rule
from tests.recording import Recording, Resource

UNKNOWN: Final = rpc.UNKNOWN
BY_NAME: Final = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Declared:
    """A registration: what the engine would hand to a pack."""

    type: str
    name: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """In wire form."""
    protect: bool = False
    related: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    urn: str = ""

    @classmethod
    def of(cls, resource: Resource) -> Declared:
        request = resource.request
        related = {name: tuple(deps.urns) for name, deps in request.propertyDependencies.items()}
        return cls(
            resource.type, resource.name, resource.inputs, request.protect, related, resource.urn
        )

    def options(self) -> PolicyResourceOptions:
        return PolicyResourceOptions(self.protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])

    def changed(self, path: str, value: Any) -> Declared:
        """With another value at a path such as `spec.ports.0`; None takes it away. What stands in a
        JSON text is reached by going on after the property, such as `policy.Statement.0.Action`.
        """
        inputs = copy.deepcopy(dict(self.inputs))
        _put(inputs, path.split("."), value)
        return replace(self, inputs=inputs)


@dataclass(frozen=True, slots=True)
class Violation:
    rule: str
    resource: str
    message: str


def _put(into: Any, path: Sequence[str], value: Any) -> None:
    key: Any = int(path[0]) if isinstance(into, list) else path[0]
    if len(path) == 1:
        if value is None:
            del into[key]
        elif isinstance(into, list) and key == len(into):
            into.append(value)
        else:
            into[key] = value
    elif isinstance(into, dict) and isinstance(into.get(key), str):
        document = json.loads(into[key])
        _put(document, path[1:], value)
        into[key] = json.dumps(document)
    else:
        _put(into.setdefault(key, {}) if isinstance(into, dict) else into[key], path[1:], value)


def all_of(recording: Recording) -> list[Declared]:
    return [Declared.of(resource) for resource in recording.resources]


def violations(
    declared: Iterable[Declared],
    environment: Environment,
    rules: Iterable[Rule] = RULES,
    config: Mapping[str, Any] | None = None,
    *,
    remediate: bool = True,
) -> list[Violation]:
    """What rules that are on in the environment report. `remediate`: as at that level, which has
    the SDK ask for a remediation first.
    """
    declared = list(declared)
    found: list[Violation] = []
    for rule in rules:
        if rule.levels.of(environment) is EnforcementLevel.DISABLED:
            continue
        policy = rule.policy(environment)
        if isinstance(policy, ResourceValidationPolicy):
            for one in declared:
                if remediate:
                    marked = deserialize_properties(dict(one.inputs), proxy_secrets=True)
                    policy.remediate(_args(one, marked, config))
                found += _of_resource(policy, one, config)
        elif isinstance(policy, StackValidationPolicy):
            found += _of_stack(policy, declared, config)
    return found


def _of_resource(
    policy: ResourceValidationPolicy, one: Declared, config: Mapping[str, Any] | None
) -> list[Violation]:
    messages: list[str] = []

    def report(message: str, _: str | None = None) -> None:
        messages.append(message)

    seen = unknown_checking_proxy(deserialize_properties(dict(one.inputs)))
    try:
        policy.validate(_args(one, seen, config), report)
    except UnknownValueError as error:
        messages.append(f"advisory: {error.message}")
    return [Violation(policy.name, one.name, message) for message in messages]


def _args(
    one: Declared, props: Mapping[str, Any], config: Mapping[str, Any] | None
) -> ResourceValidationArgs:
    return ResourceValidationArgs(
        one.type, props, one.urn or one.name, one.name, one.options(), None, config
    )


def _of_stack(
    policy: StackValidationPolicy, declared: Sequence[Declared], config: Mapping[str, Any] | None
) -> list[Violation]:
    found: list[Violation] = []
    resources = {
        one.urn or one.name: PolicyResource(
            one.type,
            unknown_checking_proxy(deserialize_properties(dict(one.inputs))),
            one.urn or one.name,
            one.name,
            one.options(),
            None,
            None,
            [],
            {},
        )
        for one in declared
    }
    for one in declared:
        resources[one.urn or one.name].property_dependencies = {
            name: [resources[urn] for urn in urns if urn in resources]
            for name, urns in one.related.items()
        }

    def report(message: str, urn: str | None = None) -> None:
        name = resources[urn].name if urn else ""
        found.append(Violation(policy.name, name, message))

    policy.validate(StackValidationArgs(list(resources.values()), config), report)
    return found
