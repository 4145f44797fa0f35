"""Recovery drills on a real cluster: the runbooks' commands work as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.drill.choice import chosen
from rehearsal.recovery_drill.catalogue import DRILLS
from rehearsal.recovery_drill.results import Run
from rehearsal.recovery_drill.run import run_drills

pytestmark = pytest.mark.live

# The others are played by `make drill-recovery`; these touch shares, disks and pods.
PLAYED = ("root-regenerated", "shares-renewed", "certificates-expired", "quorum-lost")


@pytest.fixture(scope="module")
def runs(tools: Mapping[Tool, Binary]) -> Sequence[Run]:
    drills = chosen(DRILLS, PLAYED)
    return run_drills(tools, Environment.STAGING, drills, 1, lambda _: None, lambda _: None)


def test_what_must_hold_does(runs: Sequence[Run]) -> None:
    assert [run.drill for run in runs] == list(PLAYED)
    assert {run.drill: run.faults for run in runs if run.faults} == {}
    for run in runs:
        assert run.checks
        assert run.traffic.writes.succeeded > 10


def test_each_is_over_within_a_minute(runs: Sequence[Run]) -> None:
    assert all(run.repair < 60 for run in runs)
