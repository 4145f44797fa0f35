"""What the comparison of differences asks, and that it finds what is wrong: without a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from policies.review.difference import AccessChange, Direction, difference
from rehearsal.fuzz import differences
from rehearsal.fuzz.results import Round
from tests.rehearsal.fuzz.answering import Answerer

SEEDS = range(12)
NOBODY: Any = None


def rounds(monkeypatch: pytest.MonkeyPatch) -> list[Round]:
    monkeypatch.setattr(differences, "_PATHS", 400)
    return [differences.compare(Answerer.new()[0], NOBODY, Random(seed)) for seed in SEEDS]


def test_an_exact_difference_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rounds(monkeypatch)
    assert [one.differences for one in found] == [()] * len(SEEDS)
    counted = {what: sum(one.counted.get(what, 0) for one in found) for what in found[0].counted}
    assert counted["pairs"] == len(SEEDS)
    assert all(counted[what] for what in ("lines", "random paths", "random requests"))
    assert sum(one.counted.get("witnesses confirmed", 0) for one in found)
    assert sum(one.counted.get("examples confirmed", 0) for one in found)


def test_the_same_seed_asks_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rounds(monkeypatch) == rounds(monkeypatch)


def _without_the_first(lines: tuple[AccessChange, ...]) -> tuple[AccessChange, ...]:
    return lines[1:]


def _turned(lines: tuple[AccessChange, ...]) -> tuple[AccessChange, ...]:
    (gained, lost) = Direction.GAINED, Direction.LOST
    return tuple(
        replace(line, direction=lost if line.direction is gained else gained) for line in lines
    )


def _without_exceptions(lines: tuple[AccessChange, ...]) -> tuple[AccessChange, ...]:
    return tuple(replace(line, besides=()) for line in lines)


def _elsewhere(lines: tuple[AccessChange, ...]) -> tuple[AccessChange, ...]:
    return tuple(replace(line, witness="elsewhere") for line in lines)


def _another_example(lines: tuple[AccessChange, ...]) -> tuple[AccessChange, ...]:
    return tuple(
        replace(line, example=replace(line.example, data={"*": "", "x": ""}, wrap_ttl=7e6))
        if line.example
        else line
        for line in lines
    )


def _no_conditions(lines: tuple[AccessChange, ...]) -> tuple[AccessChange, ...]:
    return tuple(line for line in lines if line.example is None)


@pytest.mark.parametrize(
    "wrong",
    [
        _without_the_first,
        _turned,
        _without_exceptions,
        _elsewhere,
        _another_example,
        _no_conditions,
    ],
)
def test_a_wrong_difference_is_found(
    monkeypatch: pytest.MonkeyPatch,
    wrong: Callable[[tuple[AccessChange, ...]], tuple[AccessChange, ...]],
) -> None:
    monkeypatch.setattr(differences, "difference", lambda old, new: wrong(difference(old, new)))
    found = [one for round_ in rounds(monkeypatch) for one in round_.differences]
    assert found
    assert all(one.policies for one in found)


def test_a_line_is_told_in_a_line() -> None:
    line = AccessChange(Direction.LOST, (), "a/*", ("a/b",), "a/c", "a/*", ("",))
    assert differences.words_of(line) == "lost  a/* besides a/b"
