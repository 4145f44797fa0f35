"""What a rule allows, and how Vault merges several rules with one pattern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from policies.acl.patterns import Pattern
from policies.hcl import Capability, Parameters, Stanza, Value

Allowances: TypeAlias = Mapping[str, tuple[Value, ...]]
"""Parameter, in lower case -> the values that are meant; none for all. Empty: no restriction."""

NONE: Final[Allowances] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Source:
    """One stanza that a rule was made of, and the name of its policy."""

    policy: str
    stanza: Stanza


@dataclass(frozen=True, slots=True)
class Rule:
    """All that a set of policies says about one pattern. Lifetimes of wrapping are in
    seconds, 0 is none. A rule without capabilities grants nothing, and hides those behind it.
    """

    pattern: Pattern
    capabilities: frozenset[Capability]
    allowed_parameters: Allowances
    denied_parameters: Allowances
    required_parameters: tuple[str, ...]
    min_wrapping_ttl: float
    max_wrapping_ttl: float
    sources: tuple[Source, ...]

    @property
    def denies(self) -> bool:
        return Capability.DENY in self.capabilities

    @property
    def granted(self) -> frozenset[Capability]:
        """The capabilities that it grants: none where it denies."""
        return frozenset() if self.denies else self.capabilities


def rule_of(pattern: Pattern, source: Source) -> Rule:
    stanza = source.stanza
    return Rule(
        pattern,
        frozenset(stanza.capabilities),
        _allowances(stanza.allowed_parameters),
        _allowances(stanza.denied_parameters),
        stanza.required_parameters,
        stanza.min_wrapping_ttl,
        stanza.max_wrapping_ttl,
        (source,),
    )


def merged(old: Rule, new: Rule) -> Rule:
    """What Vault makes of two rules with one pattern, `old` first: a denial wins, capabilities add
    up, but restrictions of parameters and wrapping hold for all of them, even for capabilities
    that came without.
    """
    sources = old.sources + new.sources
    if old.denies or new.denies:
        denial = old if old.denies else new
        return Rule(old.pattern, denial.capabilities, NONE, NONE, (), 0, 0, sources)
    return Rule(
        old.pattern,
        old.capabilities | new.capabilities,
        _merged(old.allowed_parameters, new.allowed_parameters),
        _merged(old.denied_parameters, new.denied_parameters),
        tuple(dict.fromkeys(old.required_parameters + new.required_parameters)),
        _smaller(old.min_wrapping_ttl, new.min_wrapping_ttl),
        _smaller(old.max_wrapping_ttl, new.max_wrapping_ttl),
        sources,
    )


def _merged(old: Allowances, new: Allowances) -> Allowances:
    both = dict(old)
    for name, values in new.items():
        all_values = not values or (name in old and not old[name])
        both[name] = () if all_values else values + both.get(name, ())
    return both


def _smaller(one: float, other: float) -> float:
    """Vault drops what is not above zero, except where a rule stands alone."""
    if other > 0 and (one == 0 or other < one):
        return other
    return one


def _allowances(parameters: Parameters) -> Allowances:
    return dict(parameters) if parameters else NONE
