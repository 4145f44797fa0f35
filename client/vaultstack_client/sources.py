"""Where an application's secrets come from while they move to Vault: group by group, from Vault or
from environment variables, as the canary list says at that moment.

A group that comes from Vault comes from nowhere else: when Vault answers with an error, so does
`get`. (What the client still has in its cache is Vault's own answer, and is used as far as its
settings allow.) Only the list decides, so nobody finds out in an incident that a service has been
running on values from last year. For values on a developer's machine see `development`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Generic, Protocol, Self, TypeVar

from vaultstack_client.canary import Canary, CanaryStatus
from vaultstack_client.errors import ConfigurationError
from vaultstack_client.groups import Group, Groups
from vaultstack_client.results import Guard, Secret


@unique
class Origin(StrEnum):
    """Where a group's values come from."""

    VAULT = "vault"
    ENVIRONMENT = "environment"
    DEVELOPMENT = "development"


class MissingVariable(ConfigurationError, KeyError):  # noqa: N818 - named like the others
    """A group is not taken from Vault, and the environment does not have the variable of one of its
    keys.
    """

    __str__ = Exception.__str__  # a KeyError would show its message in quotes


class Values(Mapping[str, str]):
    """A group's values, alike wherever they come from: the keys that the group declares, no more.

    A key that is not there is an error when it is asked for, by its full name; the others can be
    used. As silent as a `Secret`.
    """

    __slots__ = ("_guard", "_values", "created", "group", "origin", "stale", "version")

    def __init__(self, group: Group, origin: Origin, values: Mapping[str, str]) -> None:
        """Of `values` only the group's keys are used; its `KeyError` says what is missing where."""
        self.group = group
        self.origin = origin
        self.version: int | None = None
        """The KV version, where they come from Vault."""
        self.created: datetime | None = None
        """When that version was written, where they come from Vault."""
        self.stale = False
        """Whether Vault could not be asked just now, and this is what it said before."""
        self._guard = Guard()
        self._values = values

    @classmethod
    def of_secret(cls, group: Group, secret: Secret) -> Values:
        values = cls(group, Origin.VAULT, secret)
        values.version, values.created, values.stale = secret.version, secret.created, secret.stale
        return values

    def __getitem__(self, key: str) -> str:
        """Raises `KeyError`: `MissingKey` or `MissingVariable`, which name path or variable."""
        if key not in self.group.declared:
            raise KeyError(f"group {self.group.name!r} declares no key {key!r}")
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return (key for key in self.group.declared if key in self._values)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Values of {self.group.name!r} from {self.origin}: {', '.join(self)}>"

    @property
    def from_vault(self) -> bool:
        return self.origin is Origin.VAULT

    def reveal(self) -> dict[str, str]:
        """All values as a plain dictionary, which shows them to whoever prints it."""
        return dict(self)

    def check(self) -> None:
        """Raises `KeyError` unless all that must be there is."""
        for key in self.group.keys:
            self[key]


class _Variables(Mapping[str, str]):
    """A group's values in the environment. An empty variable is a missing one: an empty password is
    never meant, and easily made by a deployment that lost its Secret.
    """

    def __init__(self, group: Group, environ: Mapping[str, str]) -> None:
        self._group = group
        self._environ = environ

    def __getitem__(self, key: str) -> str:
        variable = self._group.variable(key)
        if value := self._environ.get(variable):
            return value
        raise MissingVariable(
            f"{variable}: must hold {key!r} of the group {self._group.name!r}, which comes from "
            "the environment, and is not set; set it, or take the group from Vault"
        )

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._group.declared if self._environ.get(self._group.variable(key)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class SourcesStatus:
    """What is in force, for a health endpoint: names only."""

    origins: Mapping[str, Origin]
    canary: CanaryStatus | None
    """None where all groups come from Vault for good."""
    missing_variables: tuple[str, ...]
    """What an emergency rollback would lack. Filled in while there is a canary list."""


class SecretReader(Protocol):
    """What a `VaultClient` is here."""

    def get_secret(self, path: str, /) -> Secret: ...


class AsyncSecretReader(Protocol):
    """What an `AsyncVaultClient` is here."""

    async def get_secret(self, path: str, /) -> Secret: ...


_Reader = TypeVar("_Reader")


class _Sources(Generic[_Reader]):
    """The groups, and the decision: what both kinds of client share."""

    def __init__(
        self,
        groups: Iterable[Group],
        client: _Reader,
        canary: Canary | None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Raises `ConfigurationError` where two groups share a name or a variable."""
        self._groups = Groups(groups)
        self._client = client
        self._canary = canary
        self._environ = environ

    @classmethod
    def from_environment(
        cls, groups: Iterable[Group], client: _Reader, environ: Mapping[str, str] = os.environ
    ) -> Self:
        """With the canary list that the environment gives, `Canary.from_environment`."""
        found = Groups(groups)
        return cls(found.values(), client, Canary.from_environment(found, environ), environ)

    def status(self) -> SourcesStatus:
        """What is in force; asks Vault nothing."""
        canary = self._canary.status() if self._canary else None
        missing = (
            group.variable(key)
            for group in self._groups.values()
            for key in group.keys
            if canary and key not in _Variables(group, self._environ)
        )
        origins = {
            name: Origin.VAULT if canary is None or name in canary.enabled else Origin.ENVIRONMENT
            for name in self._groups
        }
        return SourcesStatus(origins, canary, tuple(sorted(missing)))

    def _from_vault(self, group: Group) -> bool:
        return self._canary is None or self._canary.enabled(group.name)

    def _from_environment(self, group: Group) -> Values:
        return Values(group, Origin.ENVIRONMENT, _Variables(group, self._environ))


class Sources(_Sources[SecretReader]):
    """Every group from where it comes now. Threads may share it.

    Without a `canary` all groups come from Vault: what remains once everything has moved.
    """

    def get(self, group: str) -> Values:
        """The group's values. Raises `UnknownGroup`, and what `get_secret` raises; no error of
        Vault leads to the environment.
        """
        found = self._groups[group]
        if self._from_vault(found):
            return Values.of_secret(found, self._client.get_secret(found.path))
        return self._from_environment(found)

    def check(self) -> None:
        """Read every group once, so that what is missing is known at the start.

        Raises `KeyError` for the first key that must be there and is not, and what `get` raises.
        """
        for name in self._groups:
            self.get(name).check()


class AsyncSources(_Sources[AsyncSecretReader]):
    """`Sources` on an `AsyncVaultClient`."""

    async def get(self, group: str) -> Values:
        """As `Sources.get`."""
        found = self._groups[group]
        if self._from_vault(found):
            return Values.of_secret(found, await self._client.get_secret(found.path))
        return self._from_environment(found)

    async def check(self) -> None:
        """As `Sources.check`."""
        for name in self._groups:
            (await self.get(name)).check()
