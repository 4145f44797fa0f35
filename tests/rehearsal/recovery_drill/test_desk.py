"""Programs that are not there: what is asked arrives, and what is answered comes back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.recovery_drill.desk import Answer, Asked, programs


def _echo(asked: Asked) -> Answer:
    if asked.arguments == ["fail"]:
        raise RehearsalError("it does not know fail")
    return Answer(
        f"{asked.arguments} {asked.folder.name} {asked.given!r}", "said", len(asked.given)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with programs(tmp_path, {"echoing": _echo}) as found:
        yield found


def _run(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "echoing", *arguments],
        input=given,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_arguments_folder_and_answer(folder: Path) -> None:
    ended = _run(folder, "a", "b c", given="left alone")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("['a', 'b c'] bin ''", "said", 0)


def test_the_input_is_read_only_where_it_is_told_to(folder: Path) -> None:
    ended = _run(folder, "-i", given="in\n")
    assert ended.stdout.endswith("'in\\n'")
    assert ended.returncode == 3


def test_what_it_does_not_know_fails_as_a_program_would(folder: Path) -> None:
    ended = _run(folder, "fail")
    assert (ended.stdout, ended.stderr) == ("", "echoing: it does not know fail\n")
    assert ended.returncode == 1


def test_nobody_else_may_run_it(folder: Path) -> None:
    assert (folder / "echoing").stat().st_mode & 0o077 == 0
