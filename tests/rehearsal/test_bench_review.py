"""The bench of the review measures what it says, and a review's time grows with the workloads."""

from __future__ import annotations

import cProfile
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest
from rich.console import Console

from rehearsal import bench_review
from rehearsal.bench_review import Changed, Measured, Phase
from rehearsal.fuzz.results import Pace

SECONDS: Final = dict.fromkeys(Phase, 0.25)
FEW: Final = Measured(10, Changed.ALL, SECONDS, 50.0, 10)
MANY: Final = replace(FEW, workloads=100, seconds=dict.fromkeys(Phase, 3.0), found=100)


def calls(measured: Callable[..., object], *arguments: object) -> int:
    """How many functions are called: the same on a busy computer."""
    profile = cProfile.Profile()
    profile.runcall(measured, *arguments)
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("workloads", [1, 4, 10, 13])
def test_there_are_exactly_as_many_workloads(workloads: int) -> None:
    roles = [role for _, _, role in bench_review.matrix(workloads, 0).subjects()]
    assert len(set(roles)) == len(roles) == workloads


@pytest.mark.parametrize(("changed", "found"), [("nothing", 0), ("one", 1), ("all", 10)])
def test_the_review_tells_of_those_that_changed(changed: str, found: int) -> None:
    measured = bench_review.measure(10, Changed(changed))
    assert measured.found == found
    assert measured.seconds.keys() == set(Phase)
    assert 10 < measured.peak_mb < 10_000, "in megabytes"


def test_ten_times_the_workloads_take_about_ten_times_as_long() -> None:
    few, many = (calls(bench_review.measure, number, Changed.ALL) for number in (20, 200))
    assert many < 15 * few, "a hundred times as many calls would be quadratic"


def test_ten_times_the_rules_take_about_ten_times_as_long() -> None:
    few, many = (calls(bench_review.measure_rules, rules) for rules in (100, 1_000))
    assert many < 15 * few, "a hundred times as many calls would be quadratic"


def test_growth_is_beside_the_next_smaller_number() -> None:
    figures = [FEW, replace(FEW, changed=Changed.ONE), MANY]
    assert bench_review.growth(figures, MANY) == pytest.approx(12)
    assert bench_review.growth(figures, FEW) is None


def test_a_review_is_reading_and_comparing() -> None:
    assert FEW.review == pytest.approx(0.5)
    assert FEW.total == pytest.approx(1.0)


def test_the_table_fits_a_terminal() -> None:
    console = Console(file=io.StringIO(), width=80)
    largest = Measured(10_000, Changed.NOTHING, dict.fromkeys(Phase, 123.4), 1_234.5, 0)
    with console.capture() as captured:
        console.print(bench_review.table([FEW, MANY, largest]))
    assert "x 12.0" in captured.get()
    assert "…" not in captured.get()


def test_json_holds_all_figures() -> None:
    text = bench_review.as_json([FEW, MANY], {10: 0.5}, Pace(300_000, 2_000, 30_000))
    figures = json.loads(text)
    assert [case["growth"] for case in figures["cases"]] == [None, pytest.approx(12)]
    assert figures["cases"][0]["seconds"]["compare"] == 0.25
    assert figures["difference_seconds_by_rules"] == {"10": 0.5}
    assert figures["decisions_per_second"]["policies_acl"] == 300_000


def test_one_run_tells_its_figures_to_the_one_that_started_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bench_review.main(["--one", "4", "one"]) == 0
    assert json.loads(capsys.readouterr().out)["found"] == 1
