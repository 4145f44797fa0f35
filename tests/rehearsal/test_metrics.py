"""What servers show, compared with what is used of it. The servers are texts here."""

from __future__ import annotations

import dataclasses

import pytest

from components.operations.telemetry import metrics
from components.operations.telemetry.metric import Metric, Needs, Server
from rehearsal.metrics import Exposition, expected, problems

EVERYTHING = frozenset(Needs)
USED = (metrics.UNSEALED, metrics.REQUESTS, metrics.LEADS, metrics.RAFT_PEERS)
LEADER = """\
# HELP vault_core_active vault_core_active
# TYPE vault_core_active gauge
vault_core_active{cluster=""} 0
vault_core_active{cluster="c"} 1
# TYPE vault_core_unsealed gauge
vault_core_unsealed{cluster="c"} 1
# TYPE vault_core_handle_request summary
vault_core_handle_request{quantile="0.99"} NaN
vault_core_handle_request_sum 12.5
vault_core_handle_request_count 3
# TYPE vault_raft_peers gauge
vault_raft_peers 3
"""
STANDBY = """\
# TYPE vault_core_active gauge
vault_core_active{cluster=""} 0
# TYPE vault_core_unsealed gauge
vault_core_unsealed{cluster=""} 1
"""


def found(leader: str = LEADER, standby: str = STANDBY, *more: Metric) -> list[str]:
    servers = {"vault-0": Exposition.parse(leader), "vault-1": Exposition.parse(standby)}
    return list(problems(servers, EVERYTHING, (*USED, *more)))


def test_a_text_is_read() -> None:
    shown = Exposition.parse(LEADER)
    assert shown.kinds["vault_core_handle_request"] == "summary"
    (count,) = shown.of("vault_core_handle_request_count")
    assert (count.value, count.labels) == (3, {})
    assert shown.of("vault_core_active")[1].labels == {"cluster": "c"}


def test_a_label_may_hold_what_looks_like_the_end() -> None:
    (sample,) = Exposition.parse('a{b="c} 1",d="e\\"f"} 2\n').samples
    assert sample.labels == {"b": "c} 1", "d": 'e\\"f'}
    assert sample.value == 2


def test_all_is_there() -> None:
    assert found() == []


def test_a_renamed_metric_is_told_with_its_users_and_the_fix() -> None:
    (problem,) = found(LEADER.replace("core_handle_request", "core_request"))
    assert problem.startswith("vault-0 has no metric vault_core_handle_request (used by ")
    assert "alert VaultSlowRequests" in problem
    assert problem.endswith(
        "fix: see what this version of Vault calls it, and write that in "
        "components/operations/telemetry/metrics.py"
    )


def test_one_that_every_server_must_have_is_looked_for_on_each() -> None:
    (problem,) = found(standby=STANDBY.replace("core_unsealed", "unsealed"))
    assert problem.startswith("vault-1 has no metric vault_core_unsealed")


def test_one_that_changed_its_kind_is_told() -> None:
    (problem,) = found(LEADER.replace("raft_peers gauge", "raft_peers counter"))
    assert problem.startswith("vault-0 has vault_raft_peers as counter, not as gauge")


def test_one_that_has_other_labels_is_told() -> None:
    (problem,) = found(LEADER.replace("vault_raft_peers 3", 'vault_raft_peers{zone="a"} 3'))
    assert problem.startswith("vault-0 has vault_raft_peers with labels zone")


def test_one_of_the_standbys_is_not_looked_for_on_the_leader() -> None:
    only = dataclasses.replace(metrics.RAFT_PEERS, name="of_standbys", server=Server.STANDBY)
    (problem,) = found(LEADER, STANDBY, only)
    assert problem.startswith("vault-1 has no metric of_standbys")


@pytest.mark.parametrize(("leader", "standby"), [(STANDBY, STANDBY), (LEADER, LEADER)])
def test_without_one_leader_nothing_is_judged(leader: str, standby: str) -> None:
    (problem,) = found(leader, standby)
    assert "servers say that they lead" in problem


def test_what_waits_for_an_event_or_is_not_deployed_is_not_expected() -> None:
    assert metrics.QUOTA_VIOLATIONS not in expected(EVERYTHING)
    assert metrics.RAFT_PEERS in expected(EVERYTHING)
    assert metrics.RAFT_PEERS not in expected(frozenset({Needs.NOTHING}))
