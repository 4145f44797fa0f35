"""The reference of the Python API, as MyST: what is public, with its types and its docstring.

A signature is as its author wrote it: a default is shown by its name, not by what it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from docs._ext.declarations import Declared, Kind, Module, head, names, read

FOLDERS: Final = {"vaultstack_client": "client", "vaultstack_jobs": "jobs"}
"""Packages that do not lie in the repository's root."""
_OUTER, _INNER = "`" * 6, "`" * 5
_INDENTED: Final = " " * 4
_CODE: Final = re.compile(r"(`+[^`]*`+)")


def page(root: Path, modules: Sequence[str], address: str) -> str:
    """A part for each module. `address`: where the repository's files are shown."""
    found = (read(root, _folder(name), name) for name in modules)
    return "\n".join(line for module in found for line in _part(module, address))


def overview(root: Path, packages: Sequence[str], address: str) -> str:
    """A table for each package: its modules, and what each is."""
    return "\n".join(line for package in packages for line in _table(root, package, address))


def _folder(name: str) -> str:
    return FOLDERS.get(name.partition(".")[0], "")


def _part(module: Module, address: str) -> Iterator[str]:
    yield f"## {module.name}\n"
    yield f"{markdown(module.text)}\n"
    yield f"Source: [`{module.path}`]({address}/{module.path})\n"
    # So that a type is first looked for where it is named.
    yield f"```{{py:currentmodule}} {module.name}\n```\n"
    for declared in module.declared:
        yield from _shown(declared, _OUTER)


def _shown(declared: Declared, fence: str) -> Iterator[str]:
    yield f"{fence}{{py:{declared.kind}}} {declared.name}{_after(declared)}"
    for option in declared.options:
        yield f":{option}:"
    if declared.kind in {Kind.ATTRIBUTE, Kind.DATA, Kind.PROPERTY}:
        yield from _typed(declared.signature)
    yield ""
    yield markdown(declared.text)
    yield ""
    for member in declared.members:
        yield from _shown(member, _INNER)
    yield f"{fence}\n"


def _after(declared: Declared) -> str:
    """What Sphinx wants behind the name; of a value it wants type and value as options."""
    valued = declared.kind in {Kind.ATTRIBUTE, Kind.DATA, Kind.PROPERTY}
    return "" if valued else declared.signature


def _typed(signature: str) -> Iterator[str]:
    kind, _, value = signature.partition(" = ")
    # Options are YAML, which would take the quotes from a text and `#` for a comment's beginning.
    if kind:
        yield f":type: {json.dumps(kind.removeprefix(': '))}"
    if value:
        yield f":value: {json.dumps(value)}"


def markdown(text: str) -> str:
    """A docstring: Markdown, in which `<name>` outside of code is no HTML."""
    return "\n".join(
        line if line.startswith(_INDENTED) else _escaped(line) for line in text.splitlines()
    )


def _escaped(line: str) -> str:
    parts = _CODE.split(line)
    parts[::2] = (part.replace("<", r"\<") for part in parts[::2])
    return "".join(parts)


def _table(root: Path, package: str, address: str) -> Iterator[str]:
    yield f"## {package}\n"
    yield "| module | what it is |"
    yield "|---|---|"
    folder = _folder(package)
    for name in names(root, folder, package):
        module = head(root, folder, name)
        first = " ".join(module.text.partition("\n\n")[0].split())
        told = markdown(first).replace("|", r"\|")
        yield f"| [`{name}`]({address}/{module.path}) | {told} |"
    yield ""
