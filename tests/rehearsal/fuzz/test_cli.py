"""The command: what it takes, what it says, and its exit status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rehearsal import binaries
from rehearsal.binaries import Tool
from rehearsal.errors import RehearsalError
from rehearsal.fuzz import __main__ as cli
from rehearsal.fuzz import pace, people, run, vault
from rehearsal.fuzz.results import Pace, Results
from rehearsal.fuzz.run import Enough
from tests.rehearsal.fuzz import made


class _Binary:
    path = Path("vault")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What would be compared; `results` is what is found."""
    asked: dict[str, Any] = {"results": made.results()}

    @contextmanager
    def started(_supervisor: Any, _binary: Path) -> Iterator[str]:
        yield "oracle"

    def fuzz(oracle: str, _people: Any, seed: int, enough: Enough, progress: Any) -> Results:
        asked.update(oracle=oracle, seed=seed, enough=enough)
        results = asked["results"]
        if isinstance(results, Exception):
            raise results
        assert isinstance(results, Results)
        progress(results)
        return results

    def measure(_oracle: Any, _random: Any) -> Pace:
        asked["measured"] = True
        return Pace(1, 1, 1)

    monkeypatch.setattr(binaries, "ensure", lambda *_, **__: {Tool.VAULT: _Binary()})
    monkeypatch.setattr(vault, "started", started)
    monkeypatch.setattr(people, "settle", lambda _: None)
    monkeypatch.setattr(run, "fuzz", fuzz)
    monkeypatch.setattr(pace, "measure", measure)
    return asked


def test_by_default_it_takes_a_minute_from_a_random_seed(asked: dict[str, Any]) -> None:
    seeds = set[int]()
    for _ in range(3):
        assert cli.main([]) == 0
        assert asked["enough"] == Enough(seconds=60)
        seeds.add(asked["seed"])
    assert len(seeds) > 1
    assert asked["measured"]


def test_limits_and_seed_are_as_told(asked: dict[str, Any]) -> None:
    assert cli.main(["--minutes", "0.5", "--answers", "9", "--seed", "0"]) == 0
    assert asked["enough"] == Enough(seconds=30, answers=9)
    assert asked["seed"] == 0


def test_one_round_is_seen_again_without_measuring(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--rounds", "1", "--seed", "7"]) == 0
    assert asked["enough"] == Enough(rounds=1)
    assert "measured" not in asked
    assert "seed 7" in capsys.readouterr().err


def test_a_difference_is_an_error(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    asked["results"] = made.results(made.FOUND)
    assert cli.main([]) == 1
    assert "1 differ" in capsys.readouterr().err


def test_what_stops_it_is_said(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    asked["results"] = RehearsalError("policy p1: Vault said 500: [sealed]")
    assert cli.main([]) == 1
    assert "Vault said 500: [sealed]" in capsys.readouterr().err


def test_an_interruption_is_said(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> Results:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "fuzz", interrupted)
    assert cli.main([]) == 130
    assert "nothing is left behind" in capsys.readouterr().err
    assert "oracle" not in asked


@pytest.mark.parametrize("arguments", [["--minutes", "long"], ["--seed", "x"], ["more"]])
def test_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
