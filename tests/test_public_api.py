"""What each package offers is said in its `__all__`, is there, and is explained."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.recording import ROOT
from tests.test_architecture import OWN, named

CLIENT: Final = "vaultstack_client"


def offered(package: Path) -> set[str]:
    """What a package's own file makes or takes from its modules; no name with an underscore."""
    found: set[str] = set()
    for node in ast.parse((ROOT / package).read_text()).body:
        match node:
            case ast.ImportFrom(module=str(module)) if module.startswith(f"{named(package)}."):
                found |= {alias.asname or alias.name for alias in node.names}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return {name for name in found if not name.startswith("_")}


def explained(value: object) -> str:
    """Its own docstring: not the one that a class has of another, nor what a dataclass or an
    enumeration says of itself.
    """
    text = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
    name = getattr(value, "__name__", "")
    return "" if text is None or text.startswith(f"{name}(") else str(text)


def methods(kind: type) -> Iterator[tuple[str, object]]:
    """The methods and properties without an underscore that a class itself has, by name."""
    for name, value in vars(kind).items():
        if not name.startswith("_"):
            plain = value.fget if isinstance(value, property) else inspect.unwrap(value)
            if inspect.isfunction(getattr(plain, "__func__", plain)):
                yield name, getattr(plain, "__func__", plain)


PACKAGES: Final = {
    named(path): offered(path) for path in OWN if path.name == "__init__.py" and offered(path)
}
NAMES: Final = [(package, name) for package in PACKAGES for name in sorted(PACKAGES[package])]
METHODS: Final = [
    pytest.param(value, id=f"{kind.__name__}.{name}")
    for kind in (
        getattr(importlib.import_module(CLIENT), offer) for offer in sorted(PACKAGES[CLIENT])
    )
    if inspect.isclass(kind)
    for name, value in methods(kind)
]


def shown() -> Iterator[tuple[str, str]]:
    """The classes and functions of the modules that the site's reference shows."""
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        for names in re.findall(r"<!-- generated: api (.*) -->", page.read_text()):
            for module in sorted(set(names.split()) - PACKAGES.keys()):
                path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
                for node in ast.parse(path.read_text()).body:
                    match node:
                        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                            if not name.startswith("_"):
                                yield module, name


def test_there_is_something_to_check() -> None:
    assert {"policies.acl", "components.settings", CLIENT} <= PACKAGES.keys()
    assert len(METHODS) > 30
    assert ("policies.plan", "Plan") in shown()


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_offered_is_listed(package: str) -> None:
    listed: list[str] = importlib.import_module(package).__all__
    assert len(listed) == len(set(listed))
    assert set(listed) == PACKAGES[package]


@pytest.mark.parametrize(("package", "name"), [*NAMES, *shown()])
def test_what_is_offered_is_explained(package: str, name: str) -> None:
    """Values and aliases are explained where they are defined, which Python does not keep."""
    value = getattr(importlib.import_module(package), name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert explained(value)


@pytest.mark.parametrize("method", METHODS)
def test_what_an_application_calls_is_explained(method: object) -> None:
    assert explained(method)


def test_an_explanation_that_is_inherited_or_generated_is_none() -> None:
    class Said:
        """Something."""

    class Unsaid(Said):
        def method(self) -> None: ...

    assert explained(Said)
    assert not explained(Unsaid)
    assert not explained(Unsaid.method)
