"""Which package imports which, as the code has it.

Only what is not said by the rest is kept: where one imports another that imports a third, that it
imports the third, too, is no news.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PARTS: Final[Mapping[str, str]] = {
    "policies": "policies",
    "policies.guardrails": "policies/guardrails",
    "components": "components",
    "__main__": "__main__.py",
    "migration": "migration",
    "supply": "supply",
    "attest": "attest",
    "vaultstack_client": "client/vaultstack_client",
    "vaultstack_jobs": "jobs/vaultstack_jobs",
    "upkeep": "upkeep",
    "rehearsal": "rehearsal",
}
"""What is imported -> where it lies. The narrowest that has a module is its part."""


@dataclass(frozen=True, slots=True)
class Graph:
    says: Mapping[str, str]
    """Part -> its first sentence."""
    imports: frozenset[tuple[str, str]]
    """Who imports, and what."""

    def below(self, part: str) -> tuple[str, ...]:
        return tuple(sorted(what for who, what in self.imports if who == part))

    def depth(self, part: str) -> int:
        """How many imports the longest way from here has."""
        return max((1 + self.depth(one) for one in self.below(part)), default=0)


def graph(root: Path) -> Graph:
    """Of this repository."""
    every = {
        (part, other)
        for part, folder in PARTS.items()
        for path in _modules(root, part, root / folder)
        for name in _imported(path)
        if (other := _part(name)) and other != part
    }
    return Graph({part: _says(root / folder) for part, folder in PARTS.items()}, _reduced(every))


def _modules(root: Path, part: str, home: Path) -> Iterator[Path]:
    if home.is_file():
        yield home
        return
    for path in home.rglob("*.py"):
        narrower = (root / folder for name, folder in PARTS.items() if name.startswith(f"{part}."))
        if not any(path.is_relative_to(folder) for folder in narrower):
            yield path


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _part(name: str) -> str | None:
    fits = (part for part in PARTS if name == part or name.startswith(f"{part}."))
    return max(fits, key=len, default=None)


def _reduced(every: set[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    def reaches(start: str, end: str) -> bool:
        return any(what == end or reaches(what, end) for who, what in sorted(every) if who == start)

    return frozenset(
        (who, what)
        for who, what in every
        if not any(other != what and reaches(other, what) for one, other in every if one == who)
    )


def _says(path: Path) -> str:
    file = path if path.is_file() else path / "__init__.py"
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    first = re.split(r"\n\n|(?<=\.)\s|;\s", text, maxsplit=1)[0]
    return " ".join(first.split()).replace("`", "").rstrip(".")
