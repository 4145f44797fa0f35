"""`vaultstack_jobs.log`: one JSON object a line."""

from __future__ import annotations

import io
import json

import pytest

from tests.jobs.fakes import FakeClock
from vaultstack_jobs.log import Level, Log


def test_a_line_says_when_what_and_of_which_rotation() -> None:
    stream = io.StringIO()
    Log("jwt", FakeClock(), stream).step("written", what="a/b: key", version=7)
    assert json.loads(stream.getvalue()) == {
        "time": "2026-01-31T12:00:00Z",
        "level": "info",
        "rotation": "jwt",
        "step": "written",
        "what": "a/b: key",
        "version": 7,
    }


def test_a_line_stays_one_whatever_is_in_it() -> None:
    stream = io.StringIO()
    log = Log("jwt", FakeClock(), stream)
    log.warning("failed", because="two\nlines \u2028 and \x1b[31m red")
    log.step("failed", level=Level.ERROR)
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == [
        "warning",
        "error",
    ]
    assert stream.getvalue().isascii()


def test_it_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    Log("jwt").step("done")
    assert json.loads(capsys.readouterr().out)["step"] == "done"
