"""Two quick drills of the client on a real cluster: an application notices neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.client_drill.catalogue import DRILLS
from rehearsal.client_drill.results import Run
from rehearsal.client_drill.run import GETS_PER_SECOND, run_drills
from rehearsal.drill.choice import chosen

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def runs(tools: Mapping[Tool, Binary]) -> Sequence[Run]:
    drills = chosen(DRILLS, ["leader-killed", "token-revoked"])
    return run_drills(tools, Environment.STAGING, drills, 1, lambda _: None, lambda _: None)


def test_no_secret_fails_and_nothing_is_left(runs: Sequence[Run]) -> None:
    assert [run.drill for run in runs] == ["leader-killed", "token-revoked"]
    for run in runs:
        assert run.faults == []
        assert run.secrets.made > 2 * GETS_PER_SECOND
        assert run.sql.made > 10
        assert run.cached > 0.9


def test_a_lost_leader_is_bridged_by_what_was_known(runs: Sequence[Run]) -> None:
    lost, revoked = runs
    assert lost.secrets.stale > 0
    assert lost.recovered_after < 30
    assert revoked.secrets.stale < lost.secrets.stale
