"""Pulumi's command line, with a shell script in its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pulumi.automation import CommandError

from rehearsal.engine.command import Command
from rehearsal.engine.tools import Installed
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor

SCRIPT = """\
#!/bin/sh
case "$*" in
  version) echo v3.300.0 ;;
  *fail*) echo "error: no" >&2; exit 7 ;;
  *wait*) exec sleep 60 ;;
  *) echo "said $*, given $(cat), own ${OWN-}, of the caller ${OF_THE_CALLER-nothing}" ;;
esac
"""


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as own:
        yield own


@pytest.fixture
def command(supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    script = tmp_path / "pulumi"
    script.write_text(SCRIPT)
    script.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("OF_THE_CALLER", "a token")
    installed = Installed(script, None)
    return Command(supervisor, installed, supervisor.environment(OWN="1"), tmp_path / "outputs")


def test_it_sees_its_own_environment_and_not_the_callers(command: Command, tmp_path: Path) -> None:
    said = command.run(["preview"], str(tmp_path), {})
    assert said.stdout == "said --non-interactive preview, given , own 1, of the caller nothing\n"


def test_what_is_given_is_read_and_then_gone(command: Command, tmp_path: Path) -> None:
    ended = command.start(["config", "set"], tmp_path, given="a secret").wait()
    assert "given a secret" in ended.stdout
    assert list(command.outputs.glob("*.in")) == []
    assert [one.name for one in command.outputs.glob("*.out")] == ["001-config-set.out"]


def test_what_shows_secrets_is_not_kept(command: Command, tmp_path: Path) -> None:
    ended = command.start(["stack", "export", "--show-secrets"], tmp_path).wait()
    assert ended.stdout
    assert list(command.outputs.glob("*.out")) == []


def test_a_failure_is_the_automations_own(command: Command, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="error: no"):
        command.run(["fail"], str(tmp_path), {})


def test_one_that_does_not_end_is_an_error(command: Command, tmp_path: Path) -> None:
    running = command.start(["wait"], tmp_path)
    with pytest.raises(RehearsalError, match="did not end within"):
        running.wait(timedelta(seconds=0.1))


def test_lines_are_told(command: Command, tmp_path: Path) -> None:
    told: list[str] = []
    command.run(["up"], str(tmp_path), {}, on_output=told.append)
    assert told[0].startswith("said --non-interactive up")
