"""`decide`: a line in, a line out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import policies
from policies.__main__ import main
from policies.commands import decide

ROOT = Path(policies.__file__).parents[1]
POLICY = 'path "secret/data/*" { capabilities = ["read"] }'


def asked(**question: object) -> str:
    return json.dumps({"policies": [POLICY], **question})


def test_questions_are_answered_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        asked(operation="read", path="secret/data/x"),
        asked(operation="update", path="secret/data/x"),
        asked(capabilities="secret/data/x"),
        "{",
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
    assert main(["decide"]) == 0
    first, second, third, fourth = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first, second) == ({"allowed": True}, {"allowed": False})
    assert third == {"capabilities": ["read"]}
    assert fourth.keys() == {"error"}
    assert decide.REFUSALS == ()


def test_an_answer_comes_before_the_next_question() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "policies", "decide"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    ) as process:
        assert process.stdin
        assert process.stdout
        for path, allowed in (("secret/data/x", True), ("sys/mounts", False)):
            process.stdin.write(asked(operation="read", path=path).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"allowed": allowed}
        process.stdin.close()
        assert process.wait() == 0


def test_a_line_that_is_no_text_has_an_answer_and_so_has_the_next() -> None:
    good = asked(operation="read", path="secret/data/x").encode()
    ended = subprocess.run(
        [sys.executable, "-m", "policies", "decide"],
        cwd=ROOT,
        input=b"\xff\n" + good + b"\n",
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    first, second = map(json.loads, ended.stdout.splitlines())
    assert "error" in first
    assert second == {"allowed": True}
