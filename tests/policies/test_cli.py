"""`python -m policies`: help, errors, exit status, and what is imported for it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import policies
from policies.__main__ import COMMANDS, main
from policies.commands import render

ROOT = Path(policies.__file__).parents[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["render", "--env", "qa"], "environment 'qa': there is none of this name"),
        ([], "the following arguments are required: COMMAND"),
        (["draw"], "invalid choice: 'draw'"),
        (["render", "--write"], "unrecognized arguments: --write"),
        (["--env", "dev", "render"], "--env: options come after the command"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_exits_3(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "usage: python -m policies" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_with_examples_and_its_exit_status(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert f"python -m policies {command}" in told.partition("\n\n")[2]
    assert "Exit status: 0" in told
    assert "3 an\nerror" in told or "3 an error" in told


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert all(f"{command} {summary}" in told for command, summary in COMMANDS.items())


def test_a_crash_is_3_with_its_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python would end with 1, which is an answer of `can` and of `review`."""

    def fails(_: object) -> int:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(render, "run", fails)
    assert main(["render"]) == 3
    assert "RuntimeError: a fault of ours" in capsys.readouterr().err


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(render, "run", interrupted)
    assert main(["render"]) == 130


def test_it_runs_as_a_module() -> None:
    ended = run("-m", "policies", "render", "--check")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_who_stops_reading_is_not_told_of_it() -> None:
    command = [sys.executable, "-m", "policies", "matrix"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 3


def test_a_question_waits_for_no_import_that_it_does_not_need() -> None:
    ended = run(
        "-c",
        "import sys; from policies.__main__ import main\n"
        "main(['can', 'kubesentiment/api', 'read', 'sys/mounts'])\n"
        "print(*sys.modules)",
    )
    imported = set(ended.stdout.splitlines()[-1].split())
    assert "policies.commands.can" in imported
    assert imported.isdisjoint({"rich", "jinja2", "pulumi", "policies.commands.review"})


@pytest.mark.parametrize("columns", [None, 60])
def test_it_needs_no_terminal_and_obeys_its_width(columns: int | None) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    ended = subprocess.run(
        [sys.executable, "-m", "policies", "who-can", "sys/mounts", "--env", "dev"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**environment, "COLUMNS": str(columns)} if columns else environment,
    )
    assert ended.stderr == ""
    assert "\x1b" not in ended.stdout
    lines = ended.stdout.rstrip().splitlines()
    if columns:
        assert max(map(len, lines)) <= columns
    else:
        assert len(lines) == 5


PAGE = ROOT / "docs" / "access.md"
EXAMPLES = re.findall(r"```console\n\$ python -m policies (.*)\n((?:.*\n)*?)```", PAGE.read_text())


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == PAGE.read_text().count("```console") > 4


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_the_page_shows_what_the_commands_say(
    command: str,
    shown: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In 120 columns; `...` stands for what is left out."""
    monkeypatch.setenv("COLUMNS", "120")
    main(shlex.split(command))
    said = "\n".join(line.rstrip() for line in capsys.readouterr().out.strip().splitlines())
    parts = [part.strip("\n") for part in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)]
    if len(parts) == 1:
        assert said == parts[0]
    at = 0
    for part in parts:
        assert part in said[at:]
        at = said.index(part, at) + len(part)
