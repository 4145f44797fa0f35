"""Each measurement measures what it says, and what it measures grows with the workloads."""

from __future__ import annotations

import cProfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.scale import program
from rehearsal.scale.measure import measure, prepare
from rehearsal.scale.results import Measure


def calls(measured: Callable[..., object], *arguments: object) -> int:
    """How many functions are called: the same on a busy computer."""
    profile = cProfile.Profile()
    profile.runcall(measured, *arguments)
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize(
    ("what", "found"),
    [
        (Measure.COMPILE, 10),
        (Measure.REVIEW_NOTHING, 0),
        (Measure.REVIEW_ONE, 1),
        (Measure.REVIEW_ALL, 10),
        (Measure.RULES, 10),
        (Measure.SETTINGS, 3 + 1),  # an application for every four, and one that has been there
    ],
)
def test_it_finds_what_there_is(what: Measure, found: int, tmp_path: Path) -> None:
    prepare(10, tmp_path)
    measured = measure(what, 10, tmp_path)
    assert (measured.measure, measured.workloads, measured.found) == (what, 10, found)
    assert measured.seconds > 0
    assert 10 < measured.peak_mb < 10_000, "in megabytes"


def test_the_pack_looks_at_every_resource_that_the_program_declares(tmp_path: Path) -> None:
    (declared,) = {measure(one, 4, tmp_path).found for one in (Measure.PROGRAM, Measure.GUARDRAILS)}
    assert declared > 4


@pytest.mark.parametrize(
    "what",
    [Measure.COMPILE, Measure.RENDER, Measure.REVIEW_NOTHING, Measure.REVIEW_ALL, Measure.SETTINGS],
)
def test_ten_times_the_workloads_take_about_ten_times_as_long(
    what: Measure, tmp_path: Path
) -> None:
    (few, many) = (tmp_path / "few", tmp_path / "many")
    for workloads, folder in ((20, few), (200, many)):
        folder.mkdir()
        prepare(workloads, folder)
    assert calls(measure, what, 200, many) < 15 * calls(measure, what, 20, few)


def test_ten_times_the_rules_take_about_ten_times_as_long(tmp_path: Path) -> None:
    few, many = (calls(measure, Measure.RULES, rules, tmp_path) for rules in (100, 1_000))
    assert many < 15 * few, "a hundred times as many calls would be quadratic"


def test_ten_times_the_workloads_are_declared_by_ten_times_as_many_bytes() -> None:
    """Those that a resource waits for are named in each registration: all by all is quadratic."""

    def size(workloads: int) -> int:
        requests = list[int]()
        program.evaluate(workloads, lambda request: requests.append(request.ByteSize()))
        return sum(requests)

    none, few, many = map(size, (0, 8, 80))
    assert many - none < 11 * (few - none)
