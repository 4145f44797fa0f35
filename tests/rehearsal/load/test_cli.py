"""The command: wrong usage is said before anything starts, and the exit status tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rehearsal import binaries
from rehearsal.binaries import SERVERS, Tool
from rehearsal.errors import RehearsalError
from rehearsal.load import __main__ as cli
from rehearsal.load import bench
from rehearsal.load.results import DEPLOYED, Results, Series
from tests.rehearsal.load import made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What would be built and measured; `results` is what is found."""
    asked: dict[str, Any] = {"results": made.results()}

    def ensure(tools: tuple[Tool, ...], **_: Any) -> dict[Tool, Any]:
        asked["tools"] = tools
        return {}

    def measure(_supervisor: Any, _found: Any, environment: Any, schedule: Any, _: Any) -> Results:
        asked.update(environment=environment, schedule=schedule)
        results = asked["results"]
        assert isinstance(results, Results)
        return results

    monkeypatch.setattr(binaries, "ensure", ensure)
    monkeypatch.setattr(bench, "bench", measure)
    return asked


def test_by_default_staging_a_minute_at_a_thousand(asked: dict[str, Any]) -> None:
    assert cli.main([]) == 0
    assert asked["environment"] == "staging"
    assert asked["schedule"] == bench.Schedule(60, 1000, 2)
    assert set(asked["tools"]) == {*SERVERS, Tool.FORTIO}


def test_files_are_written(asked: dict[str, Any], tmp_path: Path) -> None:
    files = [tmp_path / "load.json", tmp_path / "load.svg"]
    arguments = ["--json", str(files[0]), "--picture", str(files[1]), "--seconds", "3"]
    assert cli.main(arguments) == 0
    assert asked["schedule"].seconds == 3
    assert all(file.stat().st_size for file in files)


def test_failed_requests_and_missing_entries_are_an_error(asked: dict[str, Any]) -> None:
    for wrong in (made.measured(1, codes={500: 1}), made.measured(1, lost=1)):
        asked["results"] = made.results(Series(DEPLOYED, (wrong, wrong)))
        assert cli.main([]) == 1


def test_figures_that_miss_the_aim_are_none(asked: dict[str, Any]) -> None:
    asked["results"] = made.results(made.series(DEPLOYED, 500, 500))
    assert cli.main([]) == 0


def test_a_folder_that_is_not_there_is_said_first(
    asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--json", str(tmp_path / "nowhere" / "load.json")]) == 1
    assert "its folder does not exist" in capsys.readouterr().err.replace("\n", " ")
    assert "tools" not in asked


@pytest.mark.parametrize(
    "arguments",
    [
        ["--env", "dev"],
        ["--seconds", "long"],
        ["--seconds", "0"],
        ["--rate", "nan"],
        ["--rounds", "0"],
    ],
)
def test_wrong_usage_is_said_before_anything_starts(
    arguments: list[str], asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m rehearsal.load" in capsys.readouterr().err
    assert "tools" not in asked


def test_what_is_interrupted_or_stops_is_said(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for ends, status, said in (
        (RehearsalError("no [port] is free"), 1, "The measurement stopped: no [port] is free"),
        (KeyboardInterrupt(), 130, "nothing is left behind"),
    ):

        def stop(*_: Any, ends: BaseException = ends) -> None:
            raise ends

        monkeypatch.setattr(bench, "bench", stop)
        assert cli.main([]) == status
        assert said in capsys.readouterr().err
    assert asked["tools"]
