"""Each measurement has a process of its own; one that fails says why."""

from __future__ import annotations

import json

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.scale import run
from rehearsal.scale.__main__ import main
from rehearsal.scale.results import Measure


def test_all_that_is_asked_for_is_measured_once() -> None:
    said = list[str]()
    results = run.run((Measure.RULES, Measure.REVIEW_ONE), (20, 4), said.append)
    assert [(one.measure, one.workloads) for one in results.measured] == [
        (Measure.RULES, 4),
        (Measure.REVIEW_ONE, 4),
        (Measure.RULES, 20),
        (Measure.REVIEW_ONE, 20),
    ]
    assert said[0] == "4 workloads: both sides of each review"


def test_what_would_take_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_runs", lambda *_: pytest.fail("was measured"))
    assert run.run((Measure.RULES, Measure.REHEARSAL), (10_000,), lambda _: None).measured == ()


def test_a_measurement_that_fails_stops_all_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "prepare", lambda *_: None)
    with pytest.raises(RehearsalError, match=r"one changed, 4 workloads: (.|\n)*FileNotFound"):
        run.run((Measure.REVIEW_ONE,), (4,), lambda _: None)


def test_a_measurement_without_an_end_is_ended_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_AT_MOST_SECONDS", 0)
    with pytest.raises(RehearsalError, match="compile, 4 workloads: took longer than 0 s; measure"):
        run.run((Measure.COMPILE,), (4,), lambda _: None)


def test_one_run_tells_its_figures_to_the_one_that_started_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--one", "compile", "4", "."]) == 0
    assert json.loads(capsys.readouterr().out)["found"] == 4


def test_a_folder_that_is_not_there_is_said_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--json", "nowhere/figures.json"]) == 1
    assert "nowhere/figures.json: its folder does not exist; make it first" in " ".join(
        capsys.readouterr().err.split()
    )
