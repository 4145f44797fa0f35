"""Where, within a path or a pattern, an ACL allows what, as requests are really made.

LIST is asked for with a last slash, which Vault's API adds; writing to a path that ends in a slash
is refused by Vault whatever an ACL says; a root-protected path takes `sudo` besides.
What it deliberately does not do: weigh parameters and wrapping, which it tells as conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from policies import paths
from policies.acl import Acl, Pattern, Rule, plainness, regions
from policies.acl.patterns import Kind, meeting
from policies.acl.protected import ALWAYS_MOUNTED, PROTECTED, is_protected
from policies.commands.errors import CommandError
from policies.hcl import Capability
from policies.review.conditions import conditions_of

_LIST: Final = frozenset({Capability.LIST})
_OTHERS: Final = frozenset(Capability) - _LIST
WRITES: Final = frozenset(
    {Capability.CREATE, Capability.UPDATE, Capability.PATCH, Capability.RECOVER}
)


_PROTECTED: Final = tuple(
    Pattern.of(f"{mount}{entry}")
    for mount, kind in {**paths.PROTECTED_MOUNTS, **ALWAYS_MOUNTED}.items()
    for entry in PROTECTED[kind]
)


@dataclass(frozen=True, slots=True)
class Reach:
    """What one rule allows within what was asked for. `witness`: a path where it allows all of it
    but LIST, empty where it allows nothing else; `folder`: one where it allows LIST, or empty.
    """

    rule: Rule
    capabilities: frozenset[Capability]
    witness: str
    folder: str

    @property
    def conditions(self) -> str:
        """What a request must bring, in words; empty for nothing."""
        return conditions_of(self.rule)

    @property
    def example(self) -> str:
        """A path to try: for LIST another one only where it must be."""
        if not self.folder or self.folder == listed_as(self.witness):
            return self.witness
        return f"{self.witness}, LIST {self.folder}" if self.witness else self.folder


def served(text: str) -> Pattern:
    """A path or pattern, without leading slashes, that a mount serves.

    Raises `CommandError` where none does, naming the mounts.
    """
    path = text.lstrip("/")
    pattern = Pattern.of(path)
    if pattern.kind is not Kind.EXACT and any(
        meeting(pattern, Pattern.of(f"{root}/*")) is not None for root in paths.ROOTS
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
    for path, rule, asked in _decided(acl, pattern):
        capabilities = _allowed(rule, path) & asked if rule else frozenset()
        if rule is None or not capabilities:
            continue
        old = found.get(rule.pattern) or Reach(rule, frozenset(), "", "")
        witness, folder = old.witness, old.folder
        if asked is _LIST:
            folder = min(filter(None, (folder, path)), key=plainness)
        else:
            # Where paths end in a slash less is allowed, so that such a one is the last choice.
            witness = min(filter(None, (witness, path)), key=plainness)
        found[rule.pattern] = Reach(rule, old.capabilities | capabilities, witness, folder)
    return tuple(found[key] for key in sorted(found, key=str))


def _decided(
    acl: Acl, pattern: Pattern
) -> Iterator[tuple[str, Rule | None, frozenset[Capability]]]:
    """A path, the rule that decides it, and which capabilities it decides there."""
    if pattern.kind is Kind.EXACT:
        folder = listed_as(pattern.text)
        yield pattern.text, acl.rule(pattern.text), _OTHERS
        yield folder, acl.rule(folder, listing=True), _LIST
        return
    folders = pattern if pattern.globbed else Pattern.of(listed_as(pattern.text))
    # What is root-protected is told apart, as it is decided in another way.
    apart = [one for one in _PROTECTED if meeting(one, pattern)]
    for region in regions((acl,), (pattern, folders, *apart)):
        if pattern in region.within:
            yield region.witness, region.rules[0], _OTHERS
        if folders in region.within and region.witness.endswith("/"):
            yield region.witness, region.listing[0], _LIST


def _allowed(rule: Rule, path: str) -> frozenset[Capability]:
    """What the deciding rule lets somebody do at a path."""
    if rule.max_wrapping_ttl > 0 and rule.max_wrapping_ttl < rule.min_wrapping_ttl:
        return rule.granted & {Capability.SUDO}  # no wrapping is both
    if is_protected(path, paths.PROTECTED_MOUNTS) and Capability.SUDO not in rule.granted:
        return frozenset()
    return rule.granted - WRITES if path.endswith("/") else rule.granted
