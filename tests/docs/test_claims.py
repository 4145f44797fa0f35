"""What the pages name as evidence is there: files, tests, guardrails, targets, commands, options.

That what they say of it is true, no test sees. Commands that a test runs are elsewhere
(`tests/policies/test_cli.py`, the drills); here each is only known.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from policies.guardrails.pack import RULES
from policies.matrix import MATRIX
from tests.recording import ROOT
from tests.test_docs import pages

JUDGED: Final = tuple(ROOT / "docs" / name for name in ("security.md", "compliance.md"))
"""Whose every word in code that is called like a guardrail must be one."""
_IN_CODE: Final = re.compile(r"`([^`\n]+)`")
_FENCED: Final = re.compile(r"^```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE: Final = re.compile(r"([\w.-]+)/(?:[\w.-]+/)*[\w.-]*")
_WRITTEN: Final = frozenset((ROOT / ".gitignore").read_text().split())
"""Folders that commands write: in a fresh clone, what the pages name in them is yet to come."""
_RULE: Final = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
_RULES: Final = frozenset(rule.name for rule in RULES)
_PREFIXES: Final = frozenset(name.partition("-")[0] for name in _RULES)
_TARGET: Final = re.compile(r"^\s*(?:\$ )?make ([a-z-]+)", re.MULTILINE)
_MODULE: Final = re.compile(r"\bpython3? -m ([a-z_]+(?:\.[a-z_]+)*)([^`\n|<>;&#]*)")
_NAMESPACE: Final = re.compile(r"\bkubectl -n (\S+)")
NO_RULES: Final = frozenset({"vault-ci", "vault-injector"})
"""What is called like a guardrail: a Secret, a namespace."""
OURS: Final = ("attest", "components", "migration", "policies", "rehearsal", "upkeep")
"""Packages of this repository that are run."""


def code(page: Path) -> list[str]:
    """What stands in code, within lines and between fences."""
    text = page.read_text()
    inline = _IN_CODE.findall(_FENCED.sub("", text))
    # A command may go on in the next line.
    return [*inline, *(block.replace("\\\n", " ") for block in _FENCED.findall(text))]


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


PAGES: Final = {relative(page): page for page in pages() if page.name != "CHANGELOG.md"}


@cache
def targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def source(module: str) -> Path | None:
    """What `python -m` would run."""
    path = ROOT.joinpath(*module.split("."))
    return next((f for f in (path / "__main__.py", path.with_suffix(".py")) if f.exists()), None)


@cache
def help_of(module: str, *command: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", module, *command, "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return ended.stdout


def unknown(module: str, words: list[str]) -> Iterator[str]:
    """What its help does not know of a command line."""
    file = source(module)
    if file is None:
        yield f"python -m {module} is not there"
        return
    if "pars" not in file.read_text():
        return  # it takes no arguments, and asked for help it would do its work
    text = help_of(module)
    listed = text.partition("  COMMAND\n")[2]
    commands = re.findall(r"^    ([a-z][a-z-]*)(?= |$)", listed, re.MULTILINE)
    command = tuple(words[:1]) if commands and words and re.match("[a-z]", words[0]) else ()
    if command and command[0] not in commands:
        yield f"python -m {module} knows no {command[0]}"
        return
    if command:
        text = help_of(module, *command)
    # What follows -- is another program's.
    own = words[: words.index("--")] if "--" in words else words
    options = [word.partition("=")[0] for word in own if word.startswith("--")]
    called = " ".join(["python -m", module, *command])
    for option in options:
        if not re.search(rf"{re.escape(option)}(?![\w-])", text):
            yield f"{called} knows no {option}"
    if own[len(command) :] and not options:  # else a command is mentioned, or one of its options
        usage = re.sub(r"\[[^]]*\]", "", text.partition("\n\n")[0])
        for needed in re.findall(r" (--[a-z-]+)", usage):
            if needed not in options:
                yield f"{called} needs {needed}"


def wrong(page: Path) -> Iterator[str]:
    for text in code(page):
        for target in _TARGET.findall(text):
            if target not in targets():
                yield f"make {target}"
        for module, rest in _MODULE.findall(text):
            if module.partition(".")[0] in OURS:
                try:
                    words = shlex.split(rest)
                except ValueError:  # a quotation that goes on in the next line
                    words = rest.split()
                yield from unknown(module, words)


def missing(page: Path) -> Iterator[str]:
    """What looks like a file of this repository, or a test in one, and is not there."""
    for text in _IN_CODE.findall(_FENCED.sub("", page.read_text())):
        name, _, test = text.partition("::")
        if not ((found := _FILE.fullmatch(name)) and (ROOT / found[1]).exists()):
            continue
        if f"{found[1]}/" in _WRITTEN:
            continue
        file = ROOT / name
        if not file.exists():
            yield name
        elif test and f"def {test}(" not in file.read_text():
            yield text


def unruled(page: Path) -> Iterator[str]:
    """What is called like a guardrail, and is none."""
    for name in _IN_CODE.findall(_FENCED.sub("", page.read_text())):
        if _looks_like_a_rule(name) and name not in _RULES | NO_RULES:
            yield name


def _looks_like_a_rule(name: str) -> bool:
    return bool(_RULE.fullmatch(name)) and name.partition("-")[0] in _PREFIXES


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_there(page: str) -> None:
    assert list(wrong(PAGES[page])) == []


@pytest.mark.parametrize("page", PAGES)
def test_files_are_there(page: str) -> None:
    assert list(missing(PAGES[page])) == []


@pytest.mark.parametrize("page", PAGES)
def test_an_applications_namespace_has_its_environment(page: str) -> None:
    applications = {one.name for one in MATRIX.applications}
    named = {name for text in code(PAGES[page]) for name in _NAMESPACE.findall(text)}
    assert named & applications == set()


@pytest.mark.parametrize("page", JUDGED, ids=relative)
def test_guardrails_are_there(page: Path) -> None:
    assert list(unruled(page)) == []


def test_what_is_not_there_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`make nothing` `make rehearse ENV=dev` `some make paths` `acl-not-root` `acl-not-there`\n"
        "`python -m policies reviw --base x` `python -m policies review --bse x`\n"
        "`python -m policies review HEAD~1` `python -m nobody` `python -m attest.nothing`\n"
        "`tests/gone.py` `tests/test_docs.py::test_gone` `tests/test_docs.py` `sys/mounts`\n"
        "`.cache/not-yet/` `.cache/not-yet.json`\n"
        "```sh\npython -m upkeep restore --form x\n```\n"
    )
    assert list(wrong(page)) == [
        "make nothing",
        "python -m policies knows no reviw",
        "python -m policies review knows no --bse",
        "python -m policies review needs --base",
        "python -m attest.nothing is not there",
        "python -m upkeep restore knows no --form",
    ]
    assert list(missing(page)) == ["tests/gone.py", "tests/test_docs.py::test_gone"]
    assert list(unruled(page)) == ["acl-not-there"]
