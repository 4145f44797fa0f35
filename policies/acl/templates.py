"""Templated paths: what `{{identity.entity.name}}` and its like stand for, for a given holder."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from policies.go_text import trimmed
from policies.hcl import nanoseconds


@dataclass(frozen=True, slots=True)
class Alias:
    """An entity's name at one auth mount, as Vault stores it. `mount_accessor` is what a template
    names the mount by: `auth_kubernetes_1a2b3c`. Empty `id` and `name` stand for nothing in a path.
    """

    mount_accessor: str
    id: str = ""
    name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    custom_metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entity:
    """Whom a token belongs to, whatever it logged in by; an empty text stands for nothing in a
    path. Of several aliases at one mount the first counts, as in Vault.
    """

    id: str = ""
    name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A group of entities. Who is in it is not kept here: an `Identity` lists its groups itself."""

    id: str = ""
    name: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


class Holder(Protocol):
    """Whose token it is, as far as paths can say so."""

    def value(self, directive: str) -> str | None:
        """What a directive, without its braces, stands for; None where it stands for nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """A holder that is known: its entity, all its groups (inherited ones, too), and the time, in
    seconds since 1970, that `time.now` gives; None is the clock's.
    """

    entity: Entity | None = None
    groups: tuple[Group, ...] = ()
    now: int | None = None

    def value(self, directive: str) -> str | None:
        for prefix, read in (
            ("identity.entity.", self._entity),
            ("identity.groups.", self._group),
            ("time.", self._time),
        ):
            if directive.startswith(prefix):
                return read(directive.removeprefix(prefix))
        return None

    def _entity(self, selector: str) -> str | None:
        if self.entity is None:
            return None
        match selector.split(".", 1):
            case ["id"]:
                return self.entity.id or None
            case ["name"]:
                return self.entity.name or None
            case ["metadata", key]:
                return self.entity.metadata.get(key)
            case ["aliases", rest]:
                return self._alias(self.entity, rest)
            case _:
                return None

    def _alias(self, entity: Entity, selector: str) -> str | None:
        accessor, _, rest = selector.partition(".")
        found = [alias for alias in entity.aliases if alias.mount_accessor == accessor]
        if not found:
            return None
        match rest.split(".", 1):
            case ["id"]:
                return found[0].id or None
            case ["name"]:
                return found[0].name or None
            case ["metadata", key]:
                return found[0].metadata.get(key)
            case ["custom_metadata", key]:
                return found[0].custom_metadata.get(key)
            case _:
                return None

    def _group(self, selector: str) -> str | None:
        if self.entity is None:
            return None  # groups have entities as members, so Vault does not look for any
        match selector.split(".", 2):
            case ["ids", name, rest]:
                found = [group for group in self.groups if group.id == name]
            case ["names", name, rest]:
                found = [group for group in self.groups if group.name == name]
            case _:
                return None
        if not found:
            return None
        match rest.split(".", 1):
            case ["id"]:
                return found[0].id
            case ["name"]:
                return found[0].name or None
            case ["metadata", key]:
                return found[0].metadata.get(key)
            case _:
                return None

    def _time(self, selector: str) -> str | None:
        now = int(time.time()) if self.now is None else self.now
        match selector.split(".", 2):
            case ["now"]:
                return str(now)
            case ["now", ("plus" | "minus") as operator, text]:
                try:
                    added = nanoseconds(text)
                except ValueError:
                    return None
                return str((now * 10**9 + (added if operator == "plus" else -added)) // 10**9)
            case _:
                return None


class Symbolic:
    """A holder of whom nothing is known: every directive stands for a name of its own, which no
    path that is written out can equal. So policies can be compared without their holders.
    """

    def value(self, directive: str) -> str:
        return "{{" + directive + "}}"


NOBODY = Identity()
"""A token without an entity."""


def filled_in(label: str, holder: Holder) -> str | None:
    """The label with its directives replaced; None where one stands for nothing: Vault then drops
    the stanza without a word. The braces balance, or Vault had not taken the policy.
    """
    first, *others = label.split("{{")
    text = first
    for other in others:
        directive, _, rest = other.partition("}}")
        value = holder.value(trimmed(directive))
        if value is None:
            return None
        text += value + rest
    return text
