"""The command line: wrong usage is said before anything starts, and the exit status tells."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import Tool
from rehearsal.drill import run
from rehearsal.drill.__main__ import main
from rehearsal.drill.episode import Drill
from rehearsal.drill.results import Run
from rehearsal.errors import RehearsalError
from tests.rehearsal.drill.made import run_of


class Asked:
    """Stands for building and drilling: remembers what it was asked for."""

    def __init__(self) -> None:
        self.tools: tuple[Tool, ...] = ()
        self.environment = ""
        self.drills: list[str] = []
        self.repeat = 0
        self.runs = [run_of("step-down", 1), run_of("step-down", 2)]
        """What is found."""
        self.ends: BaseException | None = None
        """With what it ends after that."""

    def ensure(self, tools: tuple[Tool, ...], progress: Callable[[str], None]) -> dict[Tool, Any]:
        self.tools = tools
        progress("building [vault]")
        return {tool: SimpleNamespace(version="1.21.0") for tool in tools}

    def run_drills(
        self,
        _binaries: object,
        environment: Environment,
        drills: Sequence[Drill],
        repeat: int,
        _progress: object,
        done: Callable[[Run], None],
    ) -> list[Run]:
        self.environment, self.repeat = environment.value, repeat
        self.drills = [drill.name for drill in drills]
        for one in self.runs:
            done(one)
        if self.ends:
            raise self.ends
        return self.runs


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(binaries, "ensure", asked.ensure)
    monkeypatch.setattr(run, "run_drills", asked.run_drills)
    return asked


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_by_default_staging_and_every_drill_five_times(asked: Asked) -> None:
    assert main([]) == 0
    assert (asked.environment, asked.repeat) == ("staging", 5)
    assert len(asked.drills) > 10
    assert set(asked.tools) == {Tool.VAULT, Tool.ETCD, Tool.KUBE_APISERVER}


def test_only_what_is_named_as_often_as_is_said(asked: Asked) -> None:
    assert main(["--env", "prod", "--repeat", "2", "--only", "step-down"]) == 0
    assert (asked.environment, asked.repeat, asked.drills) == ("prod", 2, ["step-down"])


def test_what_is_said_is_said_as_it_is(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    asked.runs = [run_of("step-down", 1, problems=("a [peer] was let in",))]
    assert main([]) == 1
    text = said(capsys)
    assert "building [vault]" in text
    assert "✗ step-down 1: a [peer] was let in" in text
    assert "not as it must be" in text


def test_files_are_written(asked: Asked, tmp_path: Path) -> None:
    files = [tmp_path / "runs.json", tmp_path / "drill.svg"]
    assert main(["--json", str(files[0]), "--picture", str(files[1])]) == 0
    written = json.loads(files[0].read_text())
    assert (written["environment"], written["vault"], written["repeat"]) == ("staging", "1.21.0", 5)
    assert len(written["runs"]) == len(asked.runs)
    assert files[1].read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("ends", "status", "last"),
    [
        (RehearsalError("step-down cannot begin: a sealed"), 1, "cannot begin: a sealed"),
        (KeyboardInterrupt(), 130, "nothing is left behind"),
    ],
    ids=["stopped", "interrupted"],
)
def test_what_was_measured_before_an_early_end_is_told(
    ends: BaseException,
    status: int,
    last: str,
    asked: Asked,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked.ends = ends
    assert main(["--json", str(tmp_path / "runs.json")]) == status
    text = said(capsys)
    assert "Failures, and what they cost" in text
    assert text.endswith(last)
    assert "all healed" not in text
    assert len(json.loads((tmp_path / "runs.json").read_text())["runs"]) == len(asked.runs)


def test_an_end_before_the_first_run_has_nothing_to_tell(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.runs, asked.ends = [], RehearsalError("no port is free")
    assert main(["--json", str(tmp_path / "runs.json")]) == 1
    assert "what they cost" not in said(capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["--env", "dev"], ["--repeat", "0"], ["--repeat", "often"], ["--only"], ["--picture"]],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m rehearsal.drill" in capsys.readouterr().err


def test_a_drill_that_is_none_stops_before_anything_starts(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--only", "flood"]) == 1
    assert "--only: none is named flood" in said(capsys)
    assert asked.tools == ()


@pytest.mark.parametrize("option", ["--json", "--picture"])
def test_a_folder_that_is_not_there_is_told_first(
    option: str, asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([option, str(tmp_path / "none" / "runs")]) == 1
    assert "its folder does not exist" in said(capsys)
    assert asked.tools == ()
