"""`python -m vaultstack_jobs`: exit codes, and one JSON line for everything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rehearsal.servers import python_path
from tests.jobs.test_configuration import rotation
from tests.jobs.test_snapshot_configuration import told
from vaultstack_jobs import cluster
from vaultstack_jobs.__main__ import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(arguments)
    (line,) = capsys.readouterr().out.splitlines()
    return code, json.loads(line)


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("arguments", [(), ("rotate",), ("rotate", "a", "b"), ("reset", "a")])
def test_a_wrong_command_line_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, line = run(capsys, *arguments)
    assert code == 2
    assert (line["step"], line["exit"], line["level"]) == ("configuration", 2, "error")
    assert "command line: " in line["because"]
    assert "usage: python -m vaultstack_jobs" in line["because"]


def test_a_wrong_file_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "rotation.json"
    file.write_text(json.dumps(rotation(interval_seconds=0)))
    code, line = run(capsys, "rotate", str(file))
    assert code == 2
    assert "interval_seconds: must be at least 60" in line["because"]
    assert line["rotation"] == "-"


def test_a_snapshot_says_what_is_wrong_as_a_rotation_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "snapshot.json"
    file.write_text(json.dumps(told(targets=[])))
    code, line = run(capsys, "snapshot", str(file))
    assert (code, line["snapshot"], line["step"]) == (2, "-", "configuration")
    assert "targets: must not be empty" in line["because"]
    file.write_text(json.dumps(told()))
    code, line = run(capsys, "snapshot", str(file))
    assert (code, line["snapshot"]) == (1, "vault-snapshots")
    assert line["because"].endswith("; nothing was changed")


def test_without_a_cluster_nothing_was_changed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "rotation.json"
    file.write_text(json.dumps(rotation()))
    code, line = run(capsys, "rotate", str(file))
    assert code == 1
    assert line["rotation"] == "media-catalog-jwt-secret"
    assert line["because"].endswith("; nothing was changed")


def test_a_fault_of_its_own_does_not_pass_for_nothing_changed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("hidden-value")

    monkeypatch.setattr(cluster, "connect", broken)
    file = tmp_path / "rotation.json"
    file.write_text(json.dumps(rotation()))
    code, line = run(capsys, "rotate", str(file))
    assert (code, line["step"], line["exit"]) == (4, "half way", 4)
    assert "KeyError in test_cli.py, line" in line["because"]
    assert "hidden-value" not in line["because"]


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "vaultstack_jobs", "rotate", str(tmp_path / "nothing")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], **python_path()},
    )
    assert ended.returncode == 2
    assert json.loads(ended.stdout)["step"] == "configuration"
    assert ended.stderr == ""


def test_importing_it_leaves_signals_alone() -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
