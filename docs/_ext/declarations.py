"""What a module declares, read from its source: nothing is imported, and nothing runs.

Public is what a package names in `__all__`, and in a module what has no underscore. Docstrings are
plain Markdown here, and so is the text below an attribute.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Final

_LONGEST_VALUE: Final = 100
"""Characters of a constant that are worth showing beside its name."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_PROPERTIES: Final = ("property", "cached_property")
_UNBOUND: Final = ("classmethod", "staticmethod")


@unique
class Kind(StrEnum):
    """As Sphinx calls its directives for Python."""

    CLASS = "class"
    EXCEPTION = "exception"
    FUNCTION = "function"
    METHOD = "method"
    PROPERTY = "property"
    ATTRIBUTE = "attribute"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Declared:
    kind: Kind
    name: str
    signature: str
    """What stands behind the name: parameters and result, or `: type` and ` = value`."""
    text: str
    line: int
    options: tuple[str, ...] = ()
    """Such as `async` and `classmethod`."""
    members: tuple[Declared, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    path: Path
    """Where it is, from the repository's root."""
    text: str
    declared: tuple[Declared, ...]


def head(root: Path, folder: str, name: str) -> Module:
    """A module as it begins, without what it declares. `folder`: where its package lies, below the
    root.
    """
    path = _path(root / folder, name)
    text = ast.get_docstring(_tree(path)) or ""
    return Module(name, path.relative_to(root), text, ())


def read(root: Path, folder: str, name: str) -> Module:
    """The same, with what is public of it."""
    tree = _tree(_path(root / folder, name))
    exported = _exported(tree)
    if exported is None:
        declared = tuple(_public(tree))
    else:
        found = (_origin(root, folder, name, one) for one in exported)
        declared = tuple(one for one in found if one)
    return replace(head(root, folder, name), declared=declared)


def names(root: Path, folder: str, package: str) -> Iterator[str]:
    """Every module of a package, its commands left out."""
    home = root / folder
    for path in sorted((home / package).rglob("*.py"), key=lambda path: path.with_suffix("").parts):
        parts = path.relative_to(home).with_suffix("").parts
        if parts[-1] != "__main__":
            yield ".".join(parts).removesuffix(".__init__")


def _path(home: Path, name: str) -> Path:
    path = home.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _exported(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def _origin(root: Path, folder: str, package: str, name: str) -> Declared | None:
    """An exported name, from where it is declared. A module that is exported has its own place."""
    tree = _tree(_path(root / folder, package))
    for one in _public(tree):
        if one.name == name:
            return one
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        if any((alias.asname or alias.name) == name for alias in node.names):
            if _path(root / folder, f"{node.module}.{name}").exists():
                return None
            return _origin(root, folder, node.module, name)
    raise LookupError(f"{package}: __all__ names {name}, which is neither declared nor imported")


def _public(tree: ast.Module) -> Iterator[Declared]:
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node, after in zip_longest(tree.body, tree.body[1:]):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield _class(node, classes)
        elif isinstance(node, _Function) and not node.name.startswith("_"):
            yield _function(node, Kind.FUNCTION)
        else:
            yield from _attribute(node, after, Kind.DATA)


def _class(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> Declared:
    bases = [ast.unparse(base) for base in node.bases]
    error = any(base.endswith(("Error", "Exception")) for base in (*bases, node.name))
    enum = any(base.endswith("Enum") for base in bases)
    return Declared(
        Kind.EXCEPTION if error else Kind.CLASS,
        node.name,
        "" if enum else _constructor(node, classes),
        ast.get_docstring(node) or "",
        node.lineno,
        members=tuple(_members(node, all_attributes=enum)),
    )


def _members(node: ast.ClassDef, *, all_attributes: bool) -> Iterator[Declared]:
    """Methods, and attributes with a text: the others are in the signature."""
    for one, after in zip_longest(node.body, node.body[1:]):
        if isinstance(one, _Function):
            if not one.name.startswith("_") and not _decorated(one, "setter", "overload"):
                yield _function(one, Kind.METHOD)
            continue
        for found in _attribute(one, after, Kind.ATTRIBUTE):
            if found.text or all_attributes:
                yield found


def _constructor(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> str:
    for one in node.body:
        if isinstance(one, _Function) and one.name == "__init__":
            return _parameters(one, method=True)
    fields = _fields(node, classes) if _decorated(node, "dataclass") else ([], [])
    positional, by_name = fields
    if not positional and not by_name:
        return ""
    return f"({', '.join([*positional, *(['*', *by_name] if by_name else [])])})"


def _fields(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> tuple[list[str], list[str]]:
    """Those that may be given by position, and those by name only: a dataclass' own, and what it
    has from others of its module.
    """
    positional, by_name = list[str](), list[str]()
    for base in node.bases:
        if above := classes.get(ast.unparse(base)):
            others = _fields(above, classes)
            positional += others[0]
            by_name += others[1]
    only_by_name = any("kw_only=True" in ast.unparse(one) for one in node.decorator_list)
    own = by_name if only_by_name else positional
    for one in node.body:
        if not isinstance(one, ast.AnnAssign) or "ClassVar" in ast.unparse(one.annotation):
            continue
        default = _default(one.value)
        shown = f"{ast.unparse(one.target)}: {ast.unparse(one.annotation)}"
        if default is not None:
            own.append(f"{shown} = {default}" if default else shown)
    return positional, by_name


def _default(value: ast.expr | None) -> str | None:
    """Of a dataclass' field; empty where it must be given, and none where it cannot be."""
    if not isinstance(value, ast.Call) or ast.unparse(value.func) != "field":
        return ast.unparse(value) if value else ""
    told = {keyword.arg: ast.unparse(keyword.value) for keyword in value.keywords}
    if told.get("init") == "False":
        return None
    return told.get("default", "..." if "default_factory" in told else "")


def _function(node: _Function, kind: Kind) -> Declared:
    options = ["async"] if isinstance(node, ast.AsyncFunctionDef) else []
    options += [name for name in _UNBOUND if _decorated(node, name)]
    if kind is Kind.METHOD and _decorated(node, *_PROPERTIES):
        kind = Kind.PROPERTY
    if kind is Kind.PROPERTY:
        signature = f": {ast.unparse(node.returns)}" if node.returns else ""
    else:
        method = kind is Kind.METHOD and "staticmethod" not in options
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        signature = _parameters(node, method=method) + returns
    text = ast.get_docstring(node) or ""
    return Declared(kind, node.name, signature, text, node.lineno, tuple(options))


def _parameters(node: _Function, *, method: bool) -> str:
    arguments = ast.unparse(node.args)
    if method:
        arguments = arguments.partition(",")[2].strip()
    return f"({arguments.removeprefix('/, ')})"


def _attribute(node: ast.stmt, after: ast.stmt | None, kind: Kind) -> Iterator[Declared]:
    if isinstance(node, ast.AnnAssign):
        target: ast.expr = node.target
        annotation = ast.unparse(node.annotation)
    elif isinstance(node, ast.Assign):
        target, annotation = node.targets[0], ""
    else:
        return
    if not isinstance(target, ast.Name) or target.id.startswith("_"):
        return
    text = ""
    if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
        text = inspect.cleandoc(str(after.value.value))
    if annotation.startswith("Final["):
        annotation = annotation[len("Final[") : -1]
    signature = f": {annotation}" if annotation not in {"", "Final"} else ""
    value = ast.unparse(node.value) if node.value else ""
    if value and len(value) <= _LONGEST_VALUE:
        signature += f" = {value}"
    yield Declared(kind, target.id, signature, text, node.lineno)


def _decorated(node: ast.ClassDef | _Function, *decorators: str) -> bool:
    """Whether it has one of them, by its last name: `functools.cached_property`."""
    plain = (ast.unparse(one).partition("(")[0] for one in node.decorator_list)
    return any(one.rpartition(".")[2] in decorators for one in plain)
