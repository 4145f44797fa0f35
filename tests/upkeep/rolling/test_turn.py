from __future__ import annotations

import json

import pytest

from tests.jobs.fakes import FakeClock
from tests.upkeep.rolling.kube import LEASE, Kube
from upkeep.errors import UpkeepError
from upkeep.rolling.cluster import Kubernetes
from upkeep.rolling.driver import AwayError
from upkeep.rolling.turn import Peeked, peek, taken


def test_the_lease_is_made_taken_and_given_back(
    cluster: Kubernetes, kube: Kube, clock: FakeClock
) -> None:
    assert peek(cluster, "vault") == Peeked()
    with taken(cluster, "vault", "ann@laptop", clock) as held:
        assert peek(cluster, "vault").holder == "ann@laptop"
        assert kube.objects[LEASE]["spec"]["leaseDurationSeconds"] == 60
        held.hold()
    assert peek(cluster, "vault") == Peeked()


def test_two_cannot_run_at_once(cluster: Kubernetes, clock: FakeClock) -> None:
    with taken(cluster, "vault", "ann@laptop", clock) as held:
        clock.on_sleep = held.hold
        with (
            pytest.raises(UpkeepError, match=r"ann@laptop is at it; nothing was changed \(Lease"),
            taken(cluster, "vault", "bob@desk", clock),
        ):
            pytest.fail("both have it")


def test_who_was_killed_keeps_nobody_out_for_long(cluster: Kubernetes, clock: FakeClock) -> None:
    turn = taken(cluster, "vault", "ann@laptop", clock)
    turn.__enter__()
    with taken(cluster, "vault", "bob@desk", clock):
        assert peek(cluster, "vault").holder == "bob@desk"
    assert 60 <= clock.passed < 70


def test_who_lost_it_is_told_so_before_the_next_effect(
    cluster: Kubernetes, kube: Kube, clock: FakeClock
) -> None:
    with taken(cluster, "vault", "ann@laptop", clock) as held:
        kube.objects[LEASE]["spec"]["holderIdentity"] = "bob@desk"
        kube.objects[LEASE]["metadata"]["resourceVersion"] = "77"
        clock.sleep(30)
        with pytest.raises(UpkeepError, match="the turn went to bob@desk"):
            held.hold()


def test_a_restart_that_was_not_finished_is_remembered(
    cluster: Kubernetes, kube: Kube, clock: FakeClock
) -> None:
    with taken(cluster, "vault", "ann@laptop", clock) as held:
        assert held.marked is None
        held.mark({"vault-0": "uid-0"})
        assert held.marked == {"vault-0": "uid-0"}
    assert peek(cluster, "vault") == Peeked("", {"vault-0": "uid-0"})
    with taken(cluster, "vault", "ann@laptop", clock) as held:
        held.forget()
        held.forget()
    assert peek(cluster, "vault").marked is None
    assert json.dumps(kube.objects[LEASE]).count("uid-0") == 0


@pytest.mark.parametrize("text", ["no json", "[]", '{"restart": 1}'])
def test_what_somebody_wrote_there_by_hand_is_refused(
    cluster: Kubernetes, kube: Kube, text: str
) -> None:
    annotations = {"rotation.vaultstack/pending": text}
    kube.objects[LEASE] = {"metadata": {"name": "vault-roll", "annotations": annotations}}
    with pytest.raises(UpkeepError, match="fix: remove the annotation"):
        peek(cluster, "vault")


def test_rights_that_are_missing_are_named(cluster: Kubernetes, kube: Kube) -> None:
    kube.answers = [(403, "leases is forbidden")]
    with pytest.raises(UpkeepError, match=r"403: leases is forbidden; fix: docs/rolling\.md"):
        peek(cluster, "vault")


def test_an_api_server_that_is_away_is_no_lost_turn(
    cluster: Kubernetes, kube: Kube, clock: FakeClock
) -> None:
    with taken(cluster, "vault", "ann@laptop", clock) as held:
        clock.sleep(30)
        kube.answers = [(503, "away")] * 5
        with pytest.raises(AwayError):
            held.hold()
        held.hold()
