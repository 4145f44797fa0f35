"""A guardrail as a value: what it refuses, what that means, how it is repaired, and how hard it is
in each environment.

The functions that look are plain: a resource in, sentences out. What is Pulumi's is made from a
rule by `policy`, for one environment. What cannot be read, such as JSON that is none, is refused
like any other violation. A value that is not known yet ends a rule's look at a resource with an
advisory from Pulumi's SDK; what it found before is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.environments import Environment
from policies.lifetime import Duration

T = TypeVar("T")
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ByEnvironment(Generic[T]):
    dev: T
    staging: T
    prod: T

    @classmethod
    def same(cls, value: T) -> ByEnvironment[T]:
        return cls(value, value, value)

    def of(self, environment: Environment) -> T:
        match environment:
            case Environment.DEV:
                return self.dev
            case Environment.STAGING:
                return self.staging
            case Environment.PROD:
                return self.prod


MANDATORY: Final = ByEnvironment.same(EnforcementLevel.MANDATORY)
ADVISORY: Final = ByEnvironment.same(EnforcementLevel.ADVISORY)
OFF_IN_DEV: Final = ByEnvironment(
    EnforcementLevel.DISABLED, EnforcementLevel.MANDATORY, EnforcementLevel.MANDATORY
)


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that a stack may set for a rule in the pack's configuration."""

    name: str
    description: str
    default: ByEnvironment[Any]
    schema: Mapping[str, Any]
    """JSON schema, without description and default."""

    def declared(self, environment: Environment) -> dict[str, Any]:
        default = self.default.of(environment)
        return {**self.schema, "description": self.description, "default": default}


def duration(name: str, description: str, default: str | ByEnvironment[str]) -> Limit:
    """A limit such as `24h`; the engine refuses what is none."""
    given = default if isinstance(default, ByEnvironment) else ByEnvironment.same(default)
    return Limit(name, description, given, {"type": "string", "pattern": "^([0-9]+[smhd])+$"})


@dataclass(frozen=True, slots=True)
class Resource:
    """What the program declares, as a rule sees it."""

    type: str
    name: str
    urn: str = ""
    props: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    protected: bool = False
    related: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NOTHING)
    """Property -> URNs of the resources whose outputs it is made of. Only stack rules see it."""

    def get(self, *path: str) -> Any:
        """A nested property; None where there is none."""
        return dig(self.props, *path)

    def text(self, *path: str) -> str:
        found = self.get(*path)
        return found if isinstance(found, str) else ""

    def texts(self, *path: str) -> tuple[str, ...]:
        return tuple(str(one) for one in items(self.props, *path))

    def seconds(self, *path: str) -> int | None:
        """A duration in Vault's forms: a number of seconds, or such as `24h`."""
        return seconds(self.get(*path))


def dig(value: Any, *path: str) -> Any:
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


def items(value: Any, *path: str) -> Sequence[Any]:
    """A nested list; empty where there is none."""
    found = dig(value, *path)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()


def truth(value: Any) -> bool:
    """Providers get their settings as JSON text."""
    return value is True or value == "true"


def seconds(value: Any) -> int | None:
    match value:
        case None | "" | bool():
            return None
        case int() | float():
            return int(value)
        case str() if value.lstrip("-").isdigit():
            return int(value)
        case _:
            return Duration.parse(str(value)).seconds


@dataclass(frozen=True, slots=True)
class Setting:
    """For which environment a rule looks, and its limits there."""

    environment: Environment
    limits: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    def duration(self, name: str) -> Duration:
        return Duration.parse(self.limits[name])


@dataclass(frozen=True, slots=True)
class Finding:
    """What a stack rule found; `urn` says where, if it is in one place."""

    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    says: str
    """The rule in one sentence."""
    meaning: str
    """What somebody could do, or what would be lost, where it is broken."""
    repair: str
    severity: Severity
    levels: ByEnvironment[EnforcementLevel] = MANDATORY
    limits: tuple[Limit, ...] = ()

    def policy(self, environment: Environment) -> Policy:
        """The rule as Pulumi's SDK wants it."""
        raise NotImplementedError

    def setting(self, environment: Environment, config: Mapping[str, Any]) -> Setting:
        """The engine fills in defaults; where none configured the pack they are ours."""
        defaults = {limit.name: limit.default.of(environment) for limit in self.limits}
        return Setting(environment, {**defaults, **config})

    def described(self, environment: Environment) -> dict[str, Any]:
        """What every kind of Pulumi policy is told."""
        properties = {limit.name: limit.declared(environment) for limit in self.limits}
        return {
            "name": self.name,
            "description": f"{self.says} {self.meaning}",
            "display_name": self.says,
            "severity": self.severity,
            "enforcement_level": self.levels.of(environment),
            "remediation_steps": self.repair,
            "config_schema": PolicyConfigSchema(properties) if properties else None,
        }

    def sentence(self, resource: str, message: str) -> str:
        return f"{resource}: {message}. {self.repair}" if resource else f"{message}. {self.repair}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule(Rule):
    """Looks at one resource's inputs, before it is made."""

    types: frozenset[str]
    """Full types, or such as `vault:*`."""
    check: Callable[[Resource, Setting], Iterable[str]]

    def looks_at(self, type_: str) -> bool:
        package = type_.partition(":")[0]
        return type_ in self.types or f"{package}:*" in self.types

    def policy(self, environment: Environment) -> Policy:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            if not self.looks_at(args.resource_type):
                return
            setting = self.setting(environment, args.get_config())
            try:
                for message in self.check(of_inputs(args), setting):
                    report(self.sentence(args.name, message), None)
            except ValueError as error:
                report(self.sentence(args.name, f"cannot be read: {error}"), None)

        return ResourceValidationPolicy(validate=validate, **self.described(environment))


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule(Rule):
    """Looks at all resources together, at the end: what one lacks another may have."""

    check: Callable[[Sequence[Resource], Setting], Iterable[Finding]]

    def policy(self, environment: Environment) -> Policy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            resources = tuple(map(of_stack, args.resources))
            names = {resource.urn: resource.name for resource in resources}
            setting = self.setting(environment, args.get_config())
            try:
                for finding in self.check(resources, setting):
                    name = names.get(finding.urn, "")
                    report(self.sentence(name, finding.message), finding.urn or None)
            except ValueError as error:
                report(self.sentence("", f"cannot be read: {error}"), None)

        return StackValidationPolicy(validate=validate, **self.described(environment))


def of_inputs(args: ResourceValidationArgs) -> Resource:
    return Resource(args.resource_type, args.name, args.urn, args.props, bool(args.opts.protect))


def of_stack(resource: PolicyResource) -> Resource:
    related = {
        name: frozenset(one.urn for one in others)
        for name, others in resource.property_dependencies.items()
    }
    return Resource(
        resource.resource_type,
        resource.name,
        resource.urn,
        resource.props,
        bool(resource.opts.protect),
        related,
    )


def of_types(resources: Iterable[Resource], *types: str) -> Iterator[Resource]:
    return (resource for resource in resources if resource.type in types)
