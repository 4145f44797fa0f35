"""Imports go one way, modules stay small and say what they are, and tests mirror the tree."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pulumi
import pytest

from tests.recording import ROOT

# Where each package lies -> what it is imported as.
FOLDERS: Final = {
    "policies": "policies",
    "components": "components",
    "rehearsal": "rehearsal",
    "migration": "migration",
    "attest": "attest",
    "upkeep": "upkeep",
    "supply": "supply",
    "client/vaultstack_client": "vaultstack_client",
    "jobs/vaultstack_jobs": "vaultstack_jobs",
}
PACKAGES: Final = tuple(FOLDERS.values())
MAY_IMPORT: Final = {
    "policies": {"policies"},
    "components": {"policies", "components"},
    "rehearsal": {*PACKAGES} - {"migration"},
    "migration": {"policies", "migration"},
    "attest": {"policies", "attest", "vaultstack_client"},
    "upkeep": {"policies", "upkeep", "vaultstack_client", "vaultstack_jobs"},
    "supply": {"migration", "supply"},
    "vaultstack_client": {"vaultstack_client"},
    "vaultstack_jobs": {"vaultstack_client", "vaultstack_jobs"},
}
LONG: Final = {"policies/matrix.py", "policies/hcl.py", "policies/hcl_syntax.py"}
LONGEST: Final = 300
# What is read from the configuration is one list of all keys; it grows with the features.
LONGER: Final = {"components/settings/loading.py": 400}


def modules(package: str) -> list[Path]:
    return sorted(
        path.relative_to(ROOT)
        for path in (ROOT / package).rglob("*.py")
        if "__pycache__" not in path.parts and "rendered" not in path.parts
    )


def imported(path: Path) -> Iterator[str]:
    """Full names of what a module imports; of `from a import b` both `a` and `a.b`."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


OWN: Final = [path for folder in FOLDERS for path in modules(folder)]
# The folders of packages that are installed by themselves, and so are no part of a module's name.
APART: Final = {folder.partition("/")[0] for folder, name in FOLDERS.items() if folder != name}
PROGRAMS: Final = (Path("__main__.py"), Path("teams/__main__.py"))
TOOLS: Final = modules("tools")
CODE: Final = [*OWN, *PROGRAMS, *TOOLS, *modules("docs")]
TESTS: Final = [path for path in modules("tests") if path.name.startswith("test_")]


def named(path: Path) -> str:
    """The module's import name."""
    parts = path.with_suffix("").parts
    if parts[0] in APART:
        parts = parts[1:]
    return ".".join(parts).removesuffix(".__init__")


def test_there_is_something_to_check() -> None:
    assert {path.parts[0] for path in OWN} >= {"policies", "components", "rehearsal"}
    assert len(TESTS) > 10


@pytest.mark.parametrize("path", OWN, ids=str)
def test_imports_go_one_way(path: Path) -> None:
    package = named(path).partition(".")[0]
    allowed = {"policies"} if path.is_relative_to("policies/guardrails") else MAY_IMPORT[package]
    found = {name.partition(".")[0] for name in imported(path)} & set(PACKAGES)
    assert found <= allowed


@pytest.mark.parametrize("path", PROGRAMS, ids=str)
def test_programs_are_of_policies_and_components(path: Path) -> None:
    found = {name.partition(".")[0] for name in imported(path)} & set(PACKAGES)
    assert found == {"policies", "components"}


@pytest.mark.parametrize("path", TOOLS, ids=str)
def test_tools_need_nothing_that_they_are_there_to_install(path: Path) -> None:
    found = {name.partition(".")[0] for name in imported(path)}
    assert found <= {"tools", *sys.stdlib_module_names}


@pytest.mark.parametrize("path", modules("policies"), ids=str)
def test_who_may_do_what_is_plain_python(path: Path) -> None:
    if not path.is_relative_to("policies/guardrails"):
        assert not any(name.startswith(("pulumi", "hvac")) for name in imported(path))


@pytest.mark.parametrize("path", modules("components"), ids=str)
def test_only_the_settings_read_the_configuration(path: Path) -> None:
    if not path.is_relative_to("components/settings"):
        source = (ROOT / path).read_text()
        assert "pulumi.Config" not in source
        assert "get_stack" not in source


@pytest.mark.parametrize("path", CODE, ids=str)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / path).read_text()))


@pytest.mark.parametrize("path", OWN, ids=str)
def test_modules_stay_small(path: Path) -> None:
    if str(path) not in LONG and path.parts[0] != "rehearsal":
        longest = LONGER.get(str(path), LONGEST)
        assert len((ROOT / path).read_text().splitlines()) <= longest


@pytest.mark.parametrize("path", modules("components"), ids=str)
def test_type_tokens_are_literal_and_name_their_class(path: Path) -> None:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if not isinstance(node, ast.ClassDef):
            continue
        if not any(ast.unparse(base).endswith("ComponentResource") for base in node.bases):
            continue
        (token,) = (
            call.args[0]
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__"
        )
        assert isinstance(token, ast.Constant)
        assert str(token.value).split(":") == [
            "vaultstack",
            path.parts[1].removesuffix(".py"),
            node.name,
        ]


@pytest.mark.parametrize("path", modules("components"), ids=str)
def test_components_leave_pulumis_own_attributes_alone(path: Path) -> None:
    """`self._protect = ...` in a component would silently be inherited by its children."""
    taken = {
        name
        for kind in pulumi.ComponentResource.__mro__
        for name in getattr(kind, "__annotations__", {})
    }
    assert "_protect" in taken
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if (
            isinstance(node, ast.ClassDef)
            and "ComponentResource" in ast.unparse(node).split("\n")[0]
        ):
            own = {
                target.attr
                for target in ast.walk(node)
                if isinstance(target, ast.Attribute) and isinstance(target.ctx, ast.Store)
            }
            assert own.isdisjoint(taken)


@pytest.mark.parametrize("path", TESTS, ids=str)
def test_tests_mirror_the_tree(path: Path) -> None:
    """`tests/a/test_b.py` is of `a/b.py` or `a/b/`, and `test_cli.py` of `__main__.py`. Where a
    package is installed by itself, its own folder stands for it: `tests/client/`.
    """
    homes = {home.partition("/")[0]: home for home in FOLDERS}
    if path.parts[1] not in homes:
        return
    folder = Path(homes[path.parts[1]], *path.parts[2:-1])
    name = path.stem.removeprefix("test_")
    name = "__main__" if name == "cli" else name
    candidates = [folder / f"{name}.py", folder / name]
    assert any((ROOT / candidate).exists() for candidate in candidates), candidates


@pytest.mark.parametrize("path", [path for path in OWN if path.parts[0] != "rehearsal"], ids=str)
def test_every_module_is_imported_by_a_test(path: Path) -> None:
    source = (ROOT / path).read_text()
    if path.name == "__init__.py" and len(ast.parse(source).body) == 1:
        return  # nothing but its docstring
    assert named(path) in _tested()


@cache
def _tested() -> set[str]:
    """What tests import, and where that comes from when a package hands it on."""
    names = {name for test in modules("tests") for name in imported(test)}
    for package in {path for path in OWN if path.name == "__init__.py"}:
        for node in ast.walk(ast.parse((ROOT / package).read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                handed_on = {f"{named(package)}.{alias.name}" for alias in node.names}
                if handed_on & names:
                    names.add(node.module)
    return names
