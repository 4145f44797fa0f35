"""The groups that an application's secrets move in, and the names that they have: the KV entry in
Vault, and the environment variables that it replaces.

Names only: no value, and no decision where one comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from vaultstack_client.errors import ConfigurationError
from vaultstack_client.names import check_secret_path

GROUP_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_IN_A_VARIABLE: Final = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Group:
    """Secrets that move together: one KV entry, and the environment variables that it replaces.

    A key's variable is path and key in capitals, `media-catalog/external` and `tmdb_api_key` giving
    `MEDIA_CATALOG_EXTERNAL_TMDB_API_KEY`, where `variables` names no other.
    """

    name: str
    path: str
    keys: tuple[str, ...]
    """What must be there, wherever it comes from."""
    optional: tuple[str, ...] = ()
    """What may be there, such as the previous value during a rotation."""
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not GROUP_NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"group {self.name!r}: a name must be a small letter, then small letters, digits, "
                "- and _, 63 in all at most; rename it"
            )
        check_secret_path(self.path)
        declared = self.declared
        if not self.keys or len(set(declared)) < len(declared):
            raise ConfigurationError(
                f"group {self.name!r}: must have keys, each named once; declare each of them in "
                "`keys` or in `optional`"
            )
        if undeclared := sorted(set(self.variables) - set(declared)):
            raise ConfigurationError(
                f"group {self.name!r}: `variables` must name keys of the group, and "
                f"{undeclared[0]!r} is none; declare it in `keys` or `optional`"
            )
        for key in declared:
            if not _VARIABLE.fullmatch(self.variable(key)):
                raise ConfigurationError(
                    f"group {self.name!r}: {self.variable(key)!r}, for {key!r}, must be a name "
                    "that a variable can have; give another in `variables`"
                )

    @property
    def declared(self) -> tuple[str, ...]:
        """All keys: those that must be there, then the optional ones."""
        return (*self.keys, *self.optional)

    def variable(self, key: str) -> str:
        """The environment variable with the key's value, where it does not come from Vault."""
        by_rule = _NOT_IN_A_VARIABLE.sub("_", f"{self.path}_{key}".upper())
        return self.variables.get(key, by_rule)


class Groups(Mapping[str, Group]):
    """An application's groups by name. An unknown name is an error that says which there are."""

    def __init__(self, groups: Iterable[Group]) -> None:
        """Raises `ConfigurationError` where two share a name, or two keys share a variable."""
        self._groups: dict[str, Group] = {}
        taken: dict[str, str] = {}
        for group in groups:
            if group.name in self._groups:
                raise ConfigurationError(
                    f"group {group.name!r}: names must be unique; rename one of the two"
                )
            self._groups[group.name] = group
            for key in group.declared:
                owner = f"{key!r} of the group {group.name!r}"
                if (other := taken.setdefault(group.variable(key), owner)) != owner:
                    raise ConfigurationError(
                        f"{group.variable(key)}: must hold one value, and is that of {other} and "
                        f"of {owner}; give one of them another name in `variables`"
                    )

    def __getitem__(self, name: str) -> Group:
        """Raises `UnknownGroup`."""
        try:
            return self._groups[name]
        except KeyError:
            raise UnknownGroup(
                f"group {name!r}: must be declared, and declared are "
                f"{', '.join(sorted(self._groups))}; correct the name, or declare it"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)


class UnknownGroup(ConfigurationError, KeyError):  # noqa: N818 - named like the others
    """A group that the application does not have."""

    __str__ = Exception.__str__  # a KeyError would show its message in quotes
