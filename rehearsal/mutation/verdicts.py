"""What became of each mutant, and whether a survivor differs in more than words for people.

That a message or a comment in an ACL policy reads otherwise is no wrong decision, and tests that
repeat every one are a burden; so those survivors are counted apart. It is decided by the syntax
tree: what remains equal when the arguments of every `raise`, and all that is called `comment`,
`header`, `help` or `metavar`, are left out differs in those only. That the error is raised at all,
and under which condition, still counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Any, Final

import msgspec

_SAID: Final = frozenset({"comment", "header", "help", "metavar"})
_KILLED: Final = frozenset({1, 2, 3, 4})
"""A test that fails, or a module of tests that cannot be loaded any more."""
_TIMEOUTS: Final = frozenset({36, 24, -24, 152, 255, -9})
_SURVIVED, _NO_TESTS = 0, frozenset({5, 33})
"""mutmut's exit statuses."""


@unique
class Verdict(StrEnum):
    """`TIMEOUT` is noticed, too: a test that does not end."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    WORDS = "words"
    """Survived, and differs in the words of an error or a comment only."""
    SURVIVED = "survived"
    NO_TESTS = "no tests"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One way in which a function was made wrong."""

    name: str
    verdict: Verdict
    difference: str = ""
    """Of a survivor: the line before and after."""


class _Meta(msgspec.Struct):
    exit_code_by_key: dict[str, int | None]


def read(written: Path) -> Iterator[Mutant]:
    """What mutmut left beside the module that it wrote."""
    meta = msgspec.json.decode(written.with_suffix(".py.meta").read_bytes(), type=_Meta)
    functions = {
        node.name: node
        for node in ast.walk(ast.parse(written.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for key, status in sorted(meta.exit_code_by_key.items()):
        name = key.rpartition(".")[2]
        verdict = _verdict(status)
        if verdict is not Verdict.SURVIVED:
            yield Mutant(name, verdict)
            continue
        original = functions[f"{name.rpartition('__mutmut_')[0]}__mutmut_orig"]
        mutant = functions[name]
        if _without_words(original) == _without_words(mutant):
            verdict = Verdict.WORDS
        yield Mutant(name, verdict, _difference(original, mutant))


def _verdict(status: int | None) -> Verdict:
    if status == _SURVIVED:
        return Verdict.SURVIVED
    if status in _KILLED:
        return Verdict.KILLED
    if status in _TIMEOUTS:
        return Verdict.TIMEOUT
    return Verdict.NO_TESTS if status in _NO_TESTS else Verdict.UNKNOWN


class _WordsLeftOut(ast.NodeTransformer):
    def visit_Raise(self, node: ast.Raise) -> Any:
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        node.keywords = [one for one in node.keywords if one.arg not in _SAID]
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        match node.targets:
            case [ast.Name(id=name)] if name in _SAID:
                return None
        return self.generic_visit(node)


def _without_words(function: ast.AST) -> str:
    left = _WordsLeftOut().visit(ast.parse(ast.unparse(function)))
    left.body[0].name = ""
    return ast.dump(left)


def _difference(original: ast.AST, mutant: ast.AST) -> str:
    before, after = (ast.unparse(one).splitlines()[1:] for one in (original, mutant))
    gone = [line.strip() for line in before if line not in after]
    new = [line.strip() for line in after if line not in before]
    return "\n".join([*(f"- {line}" for line in gone), *(f"+ {line}" for line in new)])
