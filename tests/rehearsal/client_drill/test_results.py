"""What is a fault of a run, and what is not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rehearsal.client_drill.results import Run
from rehearsal.client_drill.samples import Calls, Latency

GOOD = Calls(1000, 0, 0, {}, Latency(0.00001, 0.0001, 0.001, 0.2))
FAILED = replace(GOOD, failed=2, errors={"Unavailable": 2})
RUN = Run(
    drill="leader-killed",
    number=1,
    secrets=GOOD,
    sql=GOOD,
    cached=0.999,
    recovered_after=1.5,
    compared={},
    threads_left=(),
    connections_left=0,
)


@pytest.mark.parametrize(
    ("run", "faults"),
    [
        (RUN, []),
        (replace(RUN, secrets=FAILED), ["2 secrets failed: Unavailable"]),
        (replace(RUN, sql=FAILED), ["2 statements failed: Unavailable"]),
        (replace(RUN, secrets=replace(GOOD, latency=None)), ["no secret was served"]),
        (
            replace(RUN, secrets=replace(GOOD, latency=Latency(0.01, 0.051, 0.06, 0.07))),
            ["P95 of a secret is 51.0 ms"],
        ),
        (replace(RUN, threads_left=("keeper",)), ["threads left after close: keeper"]),
        (replace(RUN, connections_left=1), ["1 connections left after close"]),
    ],
)
def test_what_is_a_fault(run: Run, faults: list[str]) -> None:
    assert run.faults == faults


def test_it_is_json() -> None:
    assert json.loads(json.dumps(RUN.as_json()))["secrets"]["made"] == 1000
