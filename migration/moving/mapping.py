"""Which variable goes to which key of which entry, as the matrix has it.

The matrix is asked before anything is looked at: an entry that it does not declare is in no
workload's reach, and nobody would know that it is there. Whatever is wrong is told at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from migration.errors import MigrationError
from policies.commands.errors import unknown
from policies.environments import Environment
from policies.model import AccessMatrix, Application
from policies.paths import DEPLOY, SecretPath
from policies.resources import KvEntry


@dataclass(frozen=True, slots=True)
class Target:
    """`variable=path:key`."""

    variable: str
    path: SecretPath
    key: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `ValueError`."""
        variable, equals, place = text.partition("=")
        path, colon, key = place.rpartition(":")
        if not (variable and equals and path and colon and key):
            raise ValueError(
                f"{text!r}: must be NAME=path:key; write such as "
                "TMDB_API_KEY=media-catalog/external:tmdb_api_key"
            )
        return cls(variable, SecretPath(path), key)

    def __str__(self) -> str:
        return f"{self.path.text}:{self.key}"


def entries_of(
    targets: Iterable[Target], matrix: AccessMatrix, name: str, environment: Environment
) -> Mapping[KvEntry, tuple[Target, ...]]:
    """The declared entries, with what goes into each. Raises `MigrationError` with all problems."""
    application = _application(matrix, name)
    targets = tuple(targets)
    problems = list(_problems(targets, matrix, application, environment))
    if problems:
        raise MigrationError("\n".join(problems))
    return {
        entry: into
        for entry in application.entries
        if (into := tuple(target for target in targets if target.path == entry.path))
    }


def _application(matrix: AccessMatrix, name: str) -> Application:
    known = {application.name: application for application in matrix.applications}
    if name not in known:
        raise MigrationError(unknown("application", name, known))
    return known[name]


def _problems(
    targets: tuple[Target, ...],
    matrix: AccessMatrix,
    application: Application,
    environment: Environment,
) -> Iterator[str]:
    taken = dict[tuple[SecretPath, str], str]()
    for target in targets:
        place = (target.path, target.key)
        if place in taken:
            yield f"{target}: both {taken[place]} and {target.variable} are mapped to it; map one"
        taken[place] = target.variable
        yield from _problem(target, matrix, application, environment)


def _problem(
    target: Target, matrix: AccessMatrix, application: Application, environment: Environment
) -> Iterator[str]:
    path = target.path.text
    entry = next((one for one in application.entries if one.path == target.path), None)
    if entry is None:
        if owner := _owner(matrix, target.path, application):
            yield f"{path}: belongs to {owner}; import it with --application {owner}"
        else:
            yield (
                f"{path}: the matrix has no such entry of {application.name}, so no workload "
                f"could be granted it; add KvEntry.given({path!r}, {target.key!r}) to its entries "
                "in policies/matrix.py"
            )
    elif environment not in entry.environments:
        there = ", ".join(one.value for one in Environment if one in entry.environments)
        yield (
            f"{path}: exists in {there}, not in {environment.value}; add that to its "
            "`environments` in policies/matrix.py"
        )
    elif target.key not in entry.keys:
        yield (
            f"{unknown(f'{path}: key', target.key, entry.keys)}; or add it to the entry in "
            "policies/matrix.py"
        )


def _owner(matrix: AccessMatrix, path: SecretPath, application: Application) -> str | None:
    """The other application that this path belongs to."""
    for other in matrix.applications:
        own = (SecretPath(f"{other.name}/*"), SecretPath(f"{DEPLOY}/{other.name}/*"))
        if other is not application and any(prefix.covers(path) for prefix in own):
            return other.name
    return None
