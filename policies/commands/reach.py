"""Where, within a path or a pattern, an ACL allows what, as requests are really made.

LIST is asked for with a last slash, which Vault's API adds; writing to a path that ends in a slash
is refused by Vault whatever an ACL says; a root-protected path takes `sudo` besides.
What it deliberately does not do: weigh parameters and wrapping, which it tells as conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from policies import paths
from policies.acl import Acl, Pattern, Rule, regions
from policies.acl.patterns import Kind
from policies.acl.protected import is_protected
from policies.commands.errors import CommandError
from policies.commands.plans import MOUNTS
from policies.hcl import Capability
from policies.review.conditions import conditions_of

_LIST: Final = frozenset({Capability.LIST})
WRITES: Final = frozenset(
    {Capability.CREATE, Capability.UPDATE, Capability.PATCH, Capability.RECOVER}
)


@dataclass(frozen=True, slots=True)
class Reach:
    """What one rule allows within what was asked for, and a path where it does."""

    rule: Rule
    capabilities: frozenset[Capability]
    witness: str

    @property
    def conditions(self) -> str:
        """What a request must bring, in words; empty for nothing."""
        return conditions_of(self.rule)


def served(text: str) -> Pattern:
    """A path or pattern, without leading slashes, that a mount serves.

    Raises `CommandError` where none does, naming the mounts.
    """
    path = text.lstrip("/")
    pattern = Pattern.of(path)
    roots = (*paths.ENGINE_MOUNTS, *(f"auth/{one}" for one in paths.AUTH_MOUNTS))
    if pattern.kind is not Kind.EXACT and any(
        paths.meet(path, f"{root}/*") for root in (*roots, *paths.SYSTEM_ROOTS)
    ):
        return pattern
    try:
        paths.check_served(path)
    except ValueError as error:
        raise CommandError(str(error)) from None
    return pattern


def listed_as(path: str) -> str:
    """The path that a LIST asks the ACL for."""
    return path if path.endswith("/") else f"{path}/"


def reaches(acl: Acl, pattern: Pattern) -> tuple[Reach, ...]:
    """By rule, in the order of their paths; one for each that allows something there."""
    found = dict[Pattern, Reach]()
    for witness, rule, asked in _decided(acl, pattern):
        capabilities = _allowed(rule, witness) & asked if rule else frozenset()
        if rule is None or not capabilities:
            continue
        there = found.get(rule.pattern)
        if there:
            capabilities |= there.capabilities
            witness = min(there.witness, witness, key=_plain)  # noqa: PLW2901 - the better one
        found[rule.pattern] = Reach(rule, capabilities, witness)
    return tuple(found[key] for key in sorted(found, key=str))


def _decided(
    acl: Acl, pattern: Pattern
) -> Iterator[tuple[str, Rule | None, frozenset[Capability]]]:
    """A path, the rule that decides it, and which capabilities it decides there."""
    others = frozenset(Capability) - _LIST
    if pattern.kind is Kind.EXACT:
        folder = listed_as(pattern.text)
        yield pattern.text, acl.rule(pattern.text), others
        yield folder, acl.rule(folder, listing=True), _LIST
        return
    folders = pattern if pattern.globbed else Pattern.of(listed_as(pattern.text))
    for region in regions((acl,), (pattern, folders)):
        if pattern in region.within:
            yield region.witness, region.rules[0], others
        if folders in region.within and region.witness.endswith("/"):
            yield region.witness, region.listing[0], _LIST


def _allowed(rule: Rule, path: str) -> frozenset[Capability]:
    """What the deciding rule lets somebody do at a path."""
    if rule.max_wrapping_ttl > 0 and rule.max_wrapping_ttl < rule.min_wrapping_ttl:
        return rule.granted & {Capability.SUDO}  # no wrapping is both
    if is_protected(path, MOUNTS) and Capability.SUDO not in rule.granted:
        return frozenset()
    return rule.granted - WRITES if path.endswith("/") else rule.granted


def _plain(witness: str) -> tuple[bool, bool, int, str]:
    """Of several witnesses the least is shown."""
    return witness.endswith("/"), "//" in witness, len(witness), witness


def templated(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The rules whose paths depend on who asks, which nobody here knows."""
    return tuple(
        sorted(
            {source.stanza.path for rule in rules for source in rule.sources}
            & {rule.pattern.text for rule in rules if "{{" in rule.pattern.text}
        )
    )
