"""The command without an engine, and its table of scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.engine import kubernetes, tools
from rehearsal.engine.kubernetes_ground import CHANGED
from rehearsal.engine.kubernetes_scenarios import SCENARIOS


def test_without_the_engine_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PULUMI_HOME", raising=False)

    assert kubernetes.main([]) == 3

    said = capsys.readouterr().err
    assert all(f"pulumi plugin install resource {one} " in said for one in tools.KUBERNETES)
    assert "install resource aws" not in said


def test_an_environment_that_is_not_tried_is_a_wrong_usage() -> None:
    with pytest.raises(SystemExit, match="2"):
        kubernetes.main(["--env", "prod"])


def test_every_environment_that_can_be_tried_says_what_it_changes() -> None:
    assert set(kubernetes.ENVIRONMENTS) == set(CHANGED)


def test_every_scenario_has_a_name_of_its_own_and_the_end_is_last() -> None:
    names = [one.name for one in SCENARIOS]

    assert len(set(names)) == len(names)
    assert names[-1] == "destroy"
