"""The packages' picture is of the imports that there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from docs._ext import commands, imports
from docs._ext.imports import graph
from tests.recording import ROOT

PARTS_HERE = imports.PARTS
PARTS = {"base": "base", "base.rules": "base/rules", "top": "top", "__main__": "__main__.py"}
FILES: Mapping[str, str] = {
    "base/__init__.py": '"""What all is\nbuilt on. And more."""',
    "base/one.py": "import json\nfrom base import two",
    "base/two.py": "",
    "base/rules/__init__.py": '"""`Rules`; and what they need."""',
    "base/rules/all.py": "from base.one import thing",
    "top/__init__.py": '"""Above."""',
    "top/late.py": "def run():\n    from base import rules\n    import base.one",
    "__main__.py": '"""The program."""\nimport base.one',
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(imports, "PARTS", PARTS)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_follows_from_other_imports_is_left_out(repository: Path) -> None:
    assert graph(repository).imports == {
        ("base.rules", "base"),
        ("top", "base.rules"),
        ("__main__", "base"),
    }


def test_each_says_its_first_sentence(repository: Path) -> None:
    assert graph(repository).says == {
        "base": "What all is built on",
        "base.rules": "Rules",
        "top": "Above",
        "__main__": "The program",
    }


def test_depth_is_the_longest_way(repository: Path) -> None:
    made = graph(repository)
    assert [made.depth(part) for part in PARTS] == [0, 1, 2, 1]


def test_imports_here_go_one_way() -> None:
    made = graph(ROOT)
    assert made.below("policies") == ()
    assert made.below("__main__") == ("components",)
    assert made.depth("rehearsal") == max(map(made.depth, made.says))


def test_every_package_of_the_repository_is_there() -> None:
    """It has a place in the picture, in the list of modules and among the commands."""
    homes = {ROOT / folder for part, folder in PARTS_HERE.items() if "." not in part}
    packages = {path.parent for path in ROOT.glob("*/__init__.py")}
    packages |= {path.parent for path in ROOT.glob("*/vaultstack_*/__init__.py")}
    assert packages <= homes
    (listed,) = re.findall(
        r"<!-- generated: modules (.*) -->", (ROOT / "docs/reference/modules.md").read_text()
    )
    assert {home.name for home in packages} == {*listed.split()}
    with_commands = {path for path in packages if any(path.rglob("__main__.py"))}
    assert {path.relative_to(ROOT).as_posix() for path in with_commands} == {*commands.FOLDERS}
