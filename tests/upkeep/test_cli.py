from __future__ import annotations

import argparse
import sys
from types import ModuleType

import pytest

from upkeep import __main__ as upkeep
from upkeep.errors import STOPPED, UpkeepError


class Prune(ModuleType):
    """A command as the table expects one: ends as it is told to."""

    HELP = "Prune it.\n\nExit status: 0."

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.given: argparse.Namespace | None = None
        self.ends: int | BaseException = 0

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--branch")

    def run(self, options: argparse.Namespace) -> int:
        self.given = options
        if isinstance(self.ends, BaseException):
            raise self.ends
        return self.ends


@pytest.fixture
def prune(monkeypatch: pytest.MonkeyPatch) -> Prune:
    command = Prune("a_command_of_upkeep")
    monkeypatch.setitem(sys.modules, command.__name__, command)
    table = {"prune": (command.__name__, "cut it"), "water": ("not_imported", "pour it")}
    monkeypatch.setattr(upkeep, "COMMANDS", table)
    return command


def test_the_chosen_command_runs_and_no_other_is_imported(prune: Prune) -> None:
    assert upkeep.main(["prune", "--branch", "oak"]) == 0
    assert prune.given is not None
    assert prune.given.branch == "oak"


def test_its_answer_is_the_exit_status(prune: Prune) -> None:
    prune.ends = 1
    assert upkeep.main(["prune"]) == 1


def test_what_stops_it_is_told_without_a_traceback(
    prune: Prune, capsys: pytest.CaptureFixture[str]
) -> None:
    prune.ends = UpkeepError("the saw is blunt; fix: sharpen it\x1b[2J")
    assert upkeep.main(["prune"]) == STOPPED
    said = capsys.readouterr().err
    assert said == "python -m upkeep: the saw is blunt; fix: sharpen it\\x1b[2J\n"


def test_interrupted(prune: Prune) -> None:
    prune.ends = KeyboardInterrupt()
    assert upkeep.main(["prune"]) == 130


@pytest.mark.parametrize("given", [[], ["dig"], ["prune", "--root"]], ids=repr)
@pytest.mark.usefixtures("prune")
def test_wrong_usage(given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        upkeep.main(given)
    assert ended.value.code == 2


@pytest.mark.usefixtures("prune")
def test_help_lists_every_command_without_importing_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        upkeep.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "cut it" in said
    assert "pour it" in said


@pytest.mark.parametrize("name", upkeep.COMMANDS)
def test_every_command_has_what_the_table_expects(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = upkeep.load(name)
    with pytest.raises(SystemExit) as ended:
        upkeep.main([name, "--help"])
    assert ended.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert " ".join(command.HELP.split())[:60] in said
