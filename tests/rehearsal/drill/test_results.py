"""Whether a run is good enough."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.drill.impact import Stale
from rehearsal.drill.results import Spread, by_drill
from tests.rehearsal.drill.made import PHASES, run_of


def test_downtime_and_errors_are_no_fault() -> None:
    assert run_of(out=30.0).faults == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"lost": 2}, "2 acknowledged writes lost"),
        ({"unverified": 1}, "1 acknowledged writes could not be looked for"),
        (
            {"stale": (Stale("a", 1.25, 3),)},
            "1 stale reads, the first from a, 3 versions behind, 1.250 s after the event",
        ),
        ({"missing": "a sealed"}, "not healed: a sealed"),
        ({"problems": ("a stranger was let in",)}, "a stranger was let in"),
    ],
)
def test_each_of_these_is_a_fault(changes: dict[str, Any], fault: str) -> None:
    assert run_of(**changes).faults == [fault]


def test_the_json_has_what_matters_as_plain_values() -> None:
    stale = (Stale("a", 1.25, 3),)
    values = json.loads(json.dumps(run_of(phases=PHASES, stale=stale, lost=1).as_json()))
    assert values["writes"] == {
        "sent": 100,
        "succeeded": 90,
        "downtime": pytest.approx(0.6),
        "errors": {"connection refused": 7, "500": 3},
    }
    assert values["phases"]["notice"] == 1.5
    assert values["stale"] == [{"server": "a", "seconds": 1.25, "behind": 3}]
    assert len(values["faults"]) == 2
    assert values["retried"]["failed"] == 0


@given(st.lists(st.floats(0, 100), min_size=1))
def test_a_spread_is_in_order(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread.low == min(values) <= spread.median <= spread.high == max(values)


def test_runs_are_grouped_in_the_order_in_which_drills_came() -> None:
    runs = [run_of("b"), run_of("a"), run_of("b", 2)]
    assert {name: [run.number for run in own] for name, own in by_drill(runs).items()} == {
        "b": [1, 2],
        "a": [1],
    }
