"""Growth, aims, and JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rehearsal.scale.results import Measure, Measured, Results, median

FEW = Measured(Measure.REVIEW_ONE, 100, 0.05, 40.0, 1)
MANY = replace(FEW, workloads=1_000, seconds=0.6, peak_mb=60.0)
RESULTS = Results((MANY, FEW, replace(MANY, measure=Measure.REVIEW_ALL)))


def test_growth_is_beside_a_tenth_of_the_workloads() -> None:
    assert RESULTS.growth(MANY) == pytest.approx(12)
    assert RESULTS.growth(FEW) is None


def test_a_case_is_found_by_measure_and_number() -> None:
    assert RESULTS.find(Measure.REVIEW_ONE, 100) is FEW
    assert RESULTS.find(Measure.REVIEW_ALL, 100) is None
    assert RESULTS.of(Measure.REVIEW_ONE) == [FEW, MANY]
    assert RESULTS.sizes == [100, 1_000]


def test_what_each_workload_adds_is_beside_the_case_before() -> None:
    few = replace(FEW, measure=Measure.REHEARSAL, found=500)
    many = replace(MANY, measure=Measure.REHEARSAL, found=5_000)
    results = Results((few, many))
    assert results.per_workload(many) == pytest.approx(5)
    assert results.per_workload(few) is None


@pytest.mark.parametrize(("seconds", "said"), [(0.99, "met"), (1.0, "missed")])
def test_an_aim_is_met_below_it(seconds: float, said: str) -> None:
    (sentence,) = Results((replace(MANY, seconds=seconds),)).aims()
    assert sentence.startswith("1,000 workloads reviewed where one changed")
    assert sentence.endswith(f": {said}")


@pytest.mark.parametrize(
    ("compiling", "peak_mb", "said"),
    [(8.0, 900, "met"), (9.5, 900, "missed"), (8, 1_100, "missed")],
)
def test_an_aim_can_be_of_two_measures_and_of_memory(
    compiling: float, peak_mb: float, said: str
) -> None:
    compiled = Measured(Measure.COMPILE, 10_000, compiling, 100, 1)
    rendered = Measured(Measure.RENDER, 10_000, 1.0, peak_mb, 1)
    (sentence,) = Results((compiled, rendered)).aims()
    assert sentence.endswith(f": {said}")
    assert Results((compiled,)).aims() == []


def test_of_several_runs_the_median_counts_and_the_most_memory() -> None:
    runs = [replace(FEW, seconds=seconds, peak_mb=50 - seconds) for seconds in (3, 1, 2)]
    assert median(runs) == replace(FEW, seconds=2, peak_mb=49)


def test_json_holds_all_figures_and_can_be_read_back() -> None:
    cases = json.loads(RESULTS.as_json())["cases"]
    assert [case["growth"] for case in cases] == [pytest.approx(12), None, None]
    assert cases[0]["counts"] == "workloads told of"
    kept = {key: cases[1][key] for key in ("measure", "workloads", "seconds", "peak_mb", "found")}
    assert Measured.of_json(kept) == FEW
