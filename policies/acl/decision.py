"""Policies -> the rule that decides a path -> the answer to a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum, unique
from operator import attrgetter
from types import MappingProxyType
from typing import Final, TypeAlias

from policies.acl import parameters, protected
from policies.acl.parameters import Json
from policies.acl.patterns import Kind, Pattern
from policies.acl.rules import Rule, Source, merged, rule_of
from policies.acl.templates import NOBODY, Holder, filled_in
from policies.hcl import Capability, Stanza

Policies: TypeAlias = Mapping[str, Iterable[Stanza]]
"""Name -> stanzas, in the order in which the token names them."""


class AclError(ValueError):
    """Vault cannot build this ACL: every request of such a token ends in an error. Or it would
    match part of a letter (`a\\xc3*`, the first of two bytes), which is not decided here.
    """


@unique
class Operation(StrEnum):
    """What Vault makes of a request before it asks the ACL; `sudo` asks for that capability."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    LIST = "list"
    PATCH = "patch"
    RECOVER = "recover"
    SUDO = "sudo"
    HELP = "help"
    HEADER = "header"
    RENEW = "renew"
    REVOKE = "revoke"
    ROLLBACK = "rollback"


_NEEDED: Final = {
    Operation.CREATE: Capability.CREATE,
    Operation.READ: Capability.READ,
    Operation.UPDATE: Capability.UPDATE,
    Operation.DELETE: Capability.DELETE,
    Operation.LIST: Capability.LIST,
    Operation.PATCH: Capability.PATCH,
    Operation.RECOVER: Capability.RECOVER,
    Operation.RENEW: Capability.UPDATE,
    Operation.REVOKE: Capability.UPDATE,
    Operation.ROLLBACK: Capability.UPDATE,
}
_WITH_PARAMETERS: Final = frozenset(
    {Operation.READ, Operation.UPDATE, Operation.CREATE, Operation.PATCH, Operation.RECOVER}
)
_DECIDES: Final = attrgetter(*(field.name for field in fields(Rule) if field.name != "sources"))
_EMPTY: Final[Mapping[str, Json]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Request:
    """`data`: the body's or the query's top-level fields. `wrap_ttl`: seconds that the answer's
    wrapping should live, None where none is asked for.
    """

    operation: Operation
    path: str
    data: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)
    wrap_ttl: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request, and why. `reason` is a sentence part for people, which may change:
    decide on `allowed` and `rule`.
    """

    allowed: bool
    reason: str
    rule: Rule | None = None
    """The one rule that decided; None where no rule matches, or none is asked."""


class Acl:
    """What the holder of some policies may do. Immutable once made.

    Raises `AclError` where Vault could not build it: a template's value makes `+*`.
    """

    def __init__(self, policies: Policies, holder: Holder = NOBODY) -> None:
        self.rules: Mapping[Pattern, Rule] = MappingProxyType(_rules(policies, holder))
        self._exact = {p.text: rule for p, rule in self.rules.items() if p.kind is Kind.EXACT}
        self._prefixes = {
            p.text[:-1]: rule for p, rule in self.rules.items() if p.kind is Kind.PREFIX
        }
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self._segments = sorted(
            (rule for p, rule in self.rules.items() if p.kind is Kind.SEGMENTS),
            key=lambda rule: rule.pattern.precedence,
            reverse=True,
        )

    @classmethod
    def of(cls, policies: Policies | Iterable[Iterable[Stanza]], holder: Holder = NOBODY) -> Acl:
        """From named policies, or from nameless ones, which are then numbered."""
        if isinstance(policies, Mapping):
            return cls(policies, holder)
        return cls({f"#{number}": one for number, one in enumerate(policies, 1)}, holder)

    def rule(self, path: str, *, listing: bool = False) -> Rule | None:
        """The rule that decides `path`, which has no leading slash. LIST has its own way: what
        matches the folder without its slash goes first, be it only to deny.
        """
        if found := self._exact.get(path):
            return found
        if listing and path.endswith("/"):
            folder = path[:-1]
            return self._exact.get(folder) or self._not_exact(folder) or self._not_exact(path)
        return self._not_exact(path)

    def _not_exact(self, path: str) -> Rule | None:
        prefix = self._longest_prefix(path)
        if not self._segments:
            return prefix
        segments = path.split("/")
        for rule in self._segments:
            if prefix and prefix.pattern.precedence > rule.pattern.precedence:
                return prefix
            if rule.pattern.matches_segments(segments):
                return rule
        return prefix

    def _longest_prefix(self, path: str) -> Rule | None:
        for length in self._lengths:
            if length <= len(path) and (found := self._prefixes.get(path[:length])):
                return found
        return None

    def capabilities(self, path: str) -> tuple[str, ...]:
        """What `sys/capabilities` answers: sorted, `("deny",)` for none. It looks as LIST does, and
        at nothing but the rule's capabilities.
        """
        rule = self.rule(path.lstrip("/"), listing=True)
        granted = rule.granted if rule else ()
        return tuple(sorted(granted)) or (Capability.DENY.value,)

    def decide(
        self, request: Request, mounts: Mapping[str, str] = protected.ALWAYS_MOUNTED
    ) -> Decision:
        """Vault's answer to a request with a token, and why. `mounts` (path with its last slash ->
        type) says where secrets engines with root-protected paths are.
        """
        path, operation = request.path.lstrip("/"), request.operation
        if operation is Operation.HELP:
            return Decision(allowed=True, reason="help is for everyone")
        rule = self.rule(path, listing=operation is Operation.LIST)
        if rule is None:
            return Decision(allowed=False, reason="no rule matches the path")
        refusal = _refusal(rule, request, sudo=protected.is_protected(path, mounts))
        return Decision(refusal is None, refusal or f"{rule.pattern} allows it", rule)


def differing(before: Acl, after: Acl) -> Iterator[Pattern]:
    """The patterns of rules that one side has alone, or that decide differently. Where none of them
    matches, with the last slash or without, both sides decide alike.
    """
    for pattern in {**before.rules, **after.rules}:
        old, new = before.rules.get(pattern), after.rules.get(pattern)
        if old is None or new is None or _DECIDES(old) != _DECIDES(new):
            yield pattern


def _refusal(rule: Rule, request: Request, *, sudo: bool) -> str | None:
    """Why the deciding rule does not allow the request, in the order in which Vault looks."""
    operation = request.operation
    holds_sudo = Capability.SUDO in rule.capabilities
    if rule.denies:
        return f"{rule.pattern} denies"
    if operation is Operation.SUDO:
        return None if holds_sudo else f"{rule.pattern} grants no sudo"
    needed = _NEEDED.get(operation)
    if needed is None:
        return f"no capability allows {operation}"
    if needed not in rule.capabilities:
        return f"{rule.pattern} grants no {needed}"
    if reason := refusal(rule, operation, request.data, request.wrap_ttl):
        return f"{rule.pattern}: {reason}"
    if sudo and not holds_sudo:
        return f"the path is root-protected, and {rule.pattern} grants no sudo"
    return None


def refusal(
    rule: Rule, operation: Operation, data: Mapping[str, Json], wrap_ttl: float | None
) -> str | None:
    """What a rule that has the capability still has against a request; None for nothing."""
    if reason := _wrapping_refusal(rule, wrap_ttl):
        return reason
    return parameters.refusal(rule, data) if operation in _WITH_PARAMETERS else None


def _wrapping_refusal(rule: Rule, wrap_ttl: float | None) -> str | None:
    shortest, longest = rule.min_wrapping_ttl, rule.max_wrapping_ttl
    if longest > 0 and (wrap_ttl is None or wrap_ttl > longest):
        return f"the answer must be wrapped, for at most {longest} s"
    if shortest > 0 and (wrap_ttl is None or wrap_ttl < shortest):
        return f"the answer must be wrapped, for at least {shortest} s"
    if shortest and longest and longest < shortest:
        return f"merging left at least {shortest} s and at most {longest} s of wrapping: never"
    return None


def _rules(policies: Policies, holder: Holder) -> dict[Pattern, Rule]:
    rules = dict[Pattern, Rule]()
    for source, pattern in _patterns(policies, holder):
        rule = rule_of(pattern, source)
        rules[pattern] = merged(rules[pattern], rule) if pattern in rules else rule
    return rules


def _patterns(policies: Policies, holder: Holder) -> Iterator[tuple[Source, Pattern]]:
    for name, stanzas in policies.items():
        for stanza in stanzas:
            label = stanza.path
            if "{{" in label:
                filled = filled_in(label, holder)
                if filled is None:
                    continue
                if "+*" in filled.removeprefix("/"):
                    raise AclError(
                        f"path {filled!r} (from {label!r} of policy {name!r}): invalid use of "
                        "wildcards ('+*' is forbidden): Vault fails every request of this token; "
                        "keep wildcards out of names and metadata"
                    )
                label = filled
            if "\udc80" <= label.removesuffix("*")[-1:] <= "\udcff" and label.endswith("*"):
                raise AclError(
                    f"path {label!r} of policy {name!r}: stops within a letter, which is not "
                    "decided here; write whole letters before the *"
                )
            yield Source(name, stanza), Pattern.of(label)
