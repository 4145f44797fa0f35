"""Two quick drills on a real cluster: what they cost differs, what they may not cost does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.drill.catalogue import DRILLS
from rehearsal.drill.choice import chosen
from rehearsal.drill.results import Run
from rehearsal.drill.run import run_drills

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def runs(tools: Mapping[Tool, Binary]) -> Sequence[Run]:
    drills = chosen(DRILLS, ["follower-killed", "step-down"])
    return run_drills(tools, Environment.STAGING, drills, 1, lambda _: None, lambda _: None)


def test_nothing_is_lost_or_stale_and_the_cluster_heals(runs: Sequence[Run]) -> None:
    assert [run.drill for run in runs] == ["step-down", "follower-killed"]
    assert [fault for run in runs for fault in run.faults] == []
    for run in runs:
        assert (run.lost, run.unverified, run.stale, run.missing) == (0, 0, (), "")
        assert run.writes.succeeded > 50
        assert run.retried.failed == 0


def test_a_hand_over_is_noticed_by_clients_and_taken_apart(runs: Sequence[Run]) -> None:
    (run,) = (run for run in runs if run.drill == "step-down")
    # Vault gives forwarded requests half a second to end before it lets go.
    assert run.writes.downtime.seconds > 0.4
    assert run.writes.errors
    assert run.phases is not None
    assert run.phases.notice > 0.4
    parts = (run.phases.election, run.phases.lock, run.phases.setup)
    assert min(parts) > 0
    # Nobody leads meanwhile; an answer from before may be read a little late.
    assert run.writes.downtime.seconds > sum(parts) - 0.1


def test_a_follower_is_missed_by_those_who_ask_it_only(runs: Sequence[Run]) -> None:
    (run,) = (run for run in runs if run.drill == "follower-killed")
    assert run.writes.errors["connection refused"] > 0
    assert run.writes.errors.keys() <= {
        "connection refused",
        "connection lost",
        "no answer in time",
    }
    assert 0.1 < sum(run.writes.errors.values()) / run.writes.sent < 0.5
    assert run.writes.downtime.seconds < run.healthy_after + 2
    assert run.phases is None
