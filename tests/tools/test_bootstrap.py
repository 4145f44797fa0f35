"""The environment is made with the machine's own settings, and what stands in the way is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.recording import ROOT
from tools import bootstrap

LOCK: Final = """\
uv-build==1.0 \\
    --hash=sha256:aa
uv==0.13.9 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via vaultstack
uvicorn==1.0 \\
    --hash=sha256:dd
"""
# Stands for pip and uv: notes how it was called, and makes what the real one would.
FAKE_UV: Final = (
    '#!/bin/sh\necho "$UV_DEFAULT_INDEX $UV_SYSTEM_CERTS" > "$0.asked"\nexit {status}\n'
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In a folder whose name no ASCII can hold, with a space."""
    made = tmp_path / "vault ständer"
    made.mkdir()
    (made / "requirements.lock").write_text(LOCK)
    monkeypatch.setattr(bootstrap, "ROOT", made)
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    return made


def test_an_old_python_is_told_what_to_install() -> None:
    said = bootstrap.too_old((3, 10, 13))
    assert said
    assert "is Python 3.10.13, and 3.11 or newer is needed" in said
    assert said.endswith("and run: make PYTHON=python3.11 rehearse")
    assert bootstrap.too_old((3, 11, 0)) is None
    assert bootstrap.too_old((4, 0, 0)) is None


def test_a_python_without_venv_is_told_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bootstrap.without_venv() is None
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    said = bootstrap.without_venv()
    assert said
    assert f"apt install python3.{sys.version_info.minor}-venv" in said


def test_a_package_is_taken_from_the_lock_with_its_hashes_and_no_other() -> None:
    assert bootstrap.pinned(LOCK, "uv") == LOCK[LOCK.index("uv==") : LOCK.index("    # via")]
    with pytest.raises(bootstrap.BootstrapError, match=r"pins no gone.*git checkout"):
        bootstrap.pinned(LOCK, "gone")


def test_the_real_lock_pins_uv_with_hashes() -> None:
    assert "--hash=sha256:" in bootstrap.pinned((ROOT / "requirements.lock").read_text(), "uv")


def installed(repository: Path, monkeypatch: pytest.MonkeyPatch, *, status: int = 0) -> None:
    """Have a stand-in for uv installed, and nothing asked of the network."""
    real = bootstrap._require

    def require(command: list[str], explain: object, extra: dict[str, str] | None = None) -> None:
        if command[1:4] == ["-m", "pip", "install"]:
            uv = repository / ".venv" / "bin" / "uv"
            uv.write_text(FAKE_UV.format(status=status))
            uv.chmod(0o755)
        else:
            real(command, explain, extra)  # type: ignore[arg-type]

    monkeypatch.setattr(bootstrap, "_require", require)


def test_the_environment_finds_what_lies_beside_in_any_folder_and_locale(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("client", "jobs"):
        (repository / name).mkdir()
        (repository / name / f"of_{name}.py").touch()
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    installed(repository, monkeypatch)
    assert not bootstrap.is_ready(repository)
    assert bootstrap.main() == 0
    assert bootstrap.is_ready(repository)
    subprocess.run(
        [repository / ".venv/bin/python", "-c", "import of_client, of_jobs"],
        env={"PATH": os.defpath, "LC_ALL": "C"},
        check=True,
    )
    asked = (repository / ".venv/bin/uv.asked").read_text()
    assert asked == "https://packages.example/simple 1\n"


def test_a_failure_leaves_it_not_ready_and_says_whether_the_registry_answers(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://user:hidden@127.0.0.1:9/simple")
    monkeypatch.setattr("urllib.request.getproxies", dict)
    installed(repository, monkeypatch, status=1)
    assert bootstrap.main() == 1
    assert not bootstrap.is_ready(repository)
    said = capsys.readouterr().err
    assert "come from http://127.0.0.1:9/simple, which does not answer: Connection refused" in said
    assert "hidden" not in said


def test_a_newer_lock_makes_it_again(repository: Path) -> None:
    (repository / ".venv").mkdir()
    done = repository / ".venv" / "locked"
    done.touch()
    assert bootstrap.is_ready(repository)
    later = done.stat().st_mtime + 10
    os.utime(repository / "requirements.lock", (later, later))
    assert not bootstrap.is_ready(repository)


@pytest.mark.usefixtures("repository")
def test_of_two_at_once_the_second_waits_and_makes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def make(root: Path) -> None:
        other = subprocess.Popen(
            [sys.executable, "-c", SECOND.format(root=str(root))],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert other.stderr
        assert "waiting" in other.stderr.readline()
        (root / ".venv").mkdir()
        (root / ".venv" / "locked").touch()
        others.append(other)

    others: list[subprocess.Popen[str]] = []
    monkeypatch.setattr(bootstrap, "_make", make)
    assert bootstrap.main() == 0
    assert others[0].wait(timeout=20) == 0
    assert others[0].stderr
    assert others[0].stderr.read() == ""
    others[0].stderr.close()
    assert capsys.readouterr().err == ""


SECOND: Final = """
import pathlib, sys
from tools import bootstrap
bootstrap.ROOT = pathlib.Path({root!r})
def make(root): raise AssertionError("made twice")
bootstrap._make = make
sys.exit(bootstrap.main())
"""


@pytest.mark.usefixtures("repository")
def test_ctrl_c_is_130_and_says_that_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_root: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "_make", interrupt)
    assert bootstrap.main() == 130
    assert capsys.readouterr().err == "interrupted; the next run begins anew\n"
    assert not bootstrap.is_ready(bootstrap.ROOT)


def test_a_full_disk_is_said_with_the_place(
    monkeypatch: pytest.MonkeyPatch, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fill(root: Path) -> None:
        raise OSError(28, "No space left on device", str(root / ".venv"))

    monkeypatch.setattr(bootstrap, "_make", fill)
    assert bootstrap.main() == 1
    said = capsys.readouterr().err
    assert (
        said == f"{repository / '.venv'}: No space left on device. Make room, or give the right"
        " to write.\n"
    )
