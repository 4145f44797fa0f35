from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.delivery import __main__ as cli
from rehearsal.delivery import measure
from rehearsal.delivery.measure import Series
from rehearsal.errors import RehearsalError


def measuring(monkeypatch: pytest.MonkeyPatch, result: Callable[[int], list[Series]]) -> None:
    monkeypatch.setattr(measure, "measure", lambda runs, _: result(runs))


def test_it_prints_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring(monkeypatch, lambda runs: [Series(f"{runs} runs", "ms", [1, 2, 3])])
    assert cli.main(["--runs", "3"]) == 0
    assert "| 3 runs | 3 | 1   | 2      | 3   | ms |" in capsys.readouterr().out


@pytest.mark.parametrize("runs", ["0", "-1", "many"])
def test_wrong_usage_is_said_before_anything_starts(runs: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--runs", runs])
    assert ended.value.code == 2


def failing(error: BaseException) -> Callable[[int], Any]:
    def measure(_: int) -> Any:
        raise error

    return measure


def test_what_stops_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring(monkeypatch, failing(RehearsalError("no [Vault]")))
    assert cli.main([]) == 1
    assert "no [Vault]" in capsys.readouterr().err


def test_who_interrupts_it_is_told_that_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring(monkeypatch, failing(KeyboardInterrupt()))
    assert cli.main([]) == 130
    assert "nothing is left behind" in capsys.readouterr().err
