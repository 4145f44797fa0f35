"""The alerts on a real Prometheus: each can be judged, none fires on a healthy cluster, and those
that must notice a server that is gone do.

`promtool` tries each on made-up series; here they meet the series that a real Vault exports.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest

from components.operations.telemetry.alerts import health
from components.operations.telemetry.alerts.rules import ALERTS
from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import SERVERS, Tool
from rehearsal.dashboard.watching import watch
from rehearsal.errors import NotYet
from rehearsal.servers.prometheus import Prometheus
from rehearsal.stand_up import StoodUp, stand_up
from rehearsal.supervisor import Supervisor, wait_until

pytestmark = pytest.mark.live

FIRST_CONTACT: Final = "VaultRootTokenMade"
"""True of a Vault that was initialised a minute ago."""
ELSEWHERE: Final = {"VaultSnapshotOld", "VaultJobOverdue"}
"""Wait for kube-state-metrics, which is not here, and say so when it is silent."""
JUDGED_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Watched:
    supervisor: Supervisor
    stood: StoodUp
    prometheus: Prometheus

    def states(self) -> dict[str, set[str]]:
        """Alert -> its states; several rules may have one name."""
        found: dict[str, set[str]] = {}
        for rule in self.prometheus.rules():
            found.setdefault(rule.name, set()).add(rule.state)
        return found


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    tools = (*SERVERS, Tool.PROMETHEUS)
    found = binaries.ensure(tools, progress=lambda line: print(line, file=sys.stderr))
    with Supervisor() as supervisor:
        stood = stand_up(supervisor, found, Environment.STAGING, lambda _: None, {"metrics": True})
        prometheus = watch(supervisor, found, stood)
        time.sleep(JUDGED_SECONDS)
        yield Watched(supervisor, stood, prometheus)


def test_every_rule_can_be_judged(watched: Watched) -> None:
    rules = watched.prometheus.rules()
    assert {rule.name for rule in rules} == {alert.name for alert in ALERTS}
    assert [(rule.name, rule.error) for rule in rules if rule.health != "ok"] == []


def test_none_fires_on_a_healthy_cluster(watched: Watched) -> None:
    firing = {name for name, states in watched.states().items() if "firing" in states}
    assert firing <= {FIRST_CONTACT}


def test_nor_is_one_about_to_of_those_that_say_whether_it_lives(watched: Watched) -> None:
    """Autopilot may need a moment more, on a busy computer."""

    def calm() -> None:
        states = watched.states()
        restless = [one.name for one in health.ALERTS if states[one.name] != {"inactive"}]
        if restless:
            raise NotYet(f"not inactive: {', '.join(restless)}")

    wait_until(calm, awaited="all to be inactive", patience=timedelta(seconds=45))


def test_others_wait_only_for_what_is_not_here(watched: Watched) -> None:
    """Speed is the computer's, which is busy with the tests."""
    pending = {name for name, states in watched.states().items() if "pending" in states}
    assert {name for name in pending if not name.startswith("VaultSlow")} <= ELSEWHERE


def test_a_server_that_is_gone_is_noticed(watched: Watched) -> None:
    """The last test: it stays gone."""
    *_, standby = watched.stood.scene.vaults.servers
    watched.supervisor.end(standby.process)
    expected = {"VaultServerDown", "VaultQuorumMarginLost"}

    def noticed() -> None:
        states = watched.states()
        if missing := {name for name in expected if states[name] == {"inactive"}}:
            raise NotYet(f"not noticed by {', '.join(sorted(missing))}")

    wait_until(noticed, awaited="the alerts", patience=timedelta(seconds=60))
