"""A restart that must stop because another server is sealed, and goes on when that is mended: the
command as an operator runs it, with the rights that the docs list, against a real cluster.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.drill.choice import chosen
from rehearsal.rolling_drill.catalogue import DRILLS
from rehearsal.rolling_drill.results import Run
from rehearsal.rolling_drill.run import run_drills

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def run(tools: Mapping[Tool, Binary]) -> Run:
    drills = chosen(DRILLS, ["sealed"])
    (only,) = run_drills(tools, Environment.STAGING, drills, 1, lambda _: None, lambda _: None)
    return only


def test_it_stopped_was_refused_and_went_on(run: Run) -> None:
    assert run.problems == ()
    assert run.missing == ""


def test_nothing_is_lost(run: Run) -> None:
    assert (run.lost, run.unverified, run.stale) == (0, 0, ())
    assert run.writes.succeeded > 100


def test_the_servers_were_reached_through_port_forwarding(run: Run) -> None:
    assert int(run.notes["connections through port-forwarding"]) >= run.servers


def test_each_server_was_replaced_and_told_of(run: Run) -> None:
    names = {one.name for one in run.replaced}
    assert len(names) >= run.servers - 1  # the first run stopped while its own was away
    assert all(0 < one.away <= one.settled for one in run.replaced)
