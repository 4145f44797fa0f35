"""Autopilot is set so that a slow reschedule is no funeral, and quorum is never given up."""

from __future__ import annotations

import pytest

from components.cluster import Autopilot, AutopilotArgs
from components.settings import ClusterSettings
from policies.lifetime import Duration
from tests.components.conftest import Alone

TYPE = "vault:index/raftAutopilot:RaftAutopilot"


@pytest.mark.parametrize(("servers", "quorum"), [(3, 3), (5, 3)])
def test_a_dead_server_is_forgotten_late_and_never_below_quorum(
    alone: Alone, servers: int, quorum: int
) -> None:
    args = AutopilotArgs(ClusterSettings(servers, Duration(10), Duration(10)))
    recording = alone(lambda opts: Autopilot("autopilot", args, opts))
    assert recording["autopilot"].type == "vaultstack:cluster:Autopilot"
    (made,) = recording.of(TYPE)
    assert made.name == "autopilot-configuration"
    assert made.values == {
        "cleanupDeadServers": True,
        "deadServerLastContactThreshold": "24h0m0s",
        "lastContactThreshold": "10s",
        "maxTrailingLogs": 1000,
        "minQuorum": quorum,
        "serverStabilizationTime": "10s",
    }


def test_the_settings_say_when_a_server_may_vote(alone: Alone) -> None:
    args = AutopilotArgs(ClusterSettings(3, Duration(1), Duration(10)))
    recording = alone(lambda opts: Autopilot("autopilot", args, opts))
    (made,) = recording.of(TYPE)
    assert made.values["serverStabilizationTime"] == "1s"
