"""A command as it is called, and a repository whose commits it reads."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from policies import git, rendering
from policies.__main__ import main
from policies.commands import plans, review
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from tests.policies.repositories import Repository


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Call = Callable[..., Ended]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: str) -> Ended:
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Ended(status, out, err)

    return run


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """What `--ref`, `--base` and `--head` are read from: one commit, with the real plan."""
    made = Repository(tmp_path)
    for environment in Environment:
        for name, text in rendering.files_of(compile_plan(MATRIX, environment)).items():
            made.write(f"policies/rendered/{name}", text)
    made.commit()
    here = functools.partial(git.commit_at, repository=tmp_path)
    for module in (plans, review):
        monkeypatch.setattr(module, "commit_at", here)
    return made
