from __future__ import annotations

import copy
from typing import Any, Final

import pytest

from upkeep.errors import UpkeepError
from upkeep.rolling.model import Peer
from upkeep.rolling.reading import peers_of, pod_of, said_of, target_of
from upkeep.rolling.versions import Version

STATEFUL_SET: Final[dict[str, Any]] = {
    "metadata": {"name": "vault", "generation": 3},
    "spec": {
        "updateStrategy": {"type": "OnDelete"},
        "template": {
            "metadata": {"annotations": {"checksum/config": "c0ffee"}},
            "spec": {
                "containers": [
                    {"name": "shipper", "image": "shipper:1"},
                    {"name": "vault", "image": "hashicorp/vault:1.21.0"},
                ]
            },
        },
    },
    "status": {"observedGeneration": 3, "updateRevision": "vault-6b9"},
}
POD: Final[dict[str, Any]] = {
    "metadata": {
        "name": "vault-0",
        "uid": "a-uid",
        "labels": {"controller-revision-hash": "vault-6b9"},
        "annotations": {"checksum/config": "c0ffee"},
    },
    "spec": {"containers": [{"name": "vault", "image": "hashicorp/vault:1.21.0"}]},
}
SEAL: Final[dict[str, Any]] = {
    "type": "awskms",
    "initialized": True,
    "sealed": False,
    "version": "1.21.0",
}
LEADER: Final[dict[str, Any]] = {
    "is_self": False,
    "leader_address": "https://vault-1.vault-internal:8200",
    "raft_committed_index": 12,
    "raft_applied_index": 11,
}


def test_the_target_is_what_the_template_says() -> None:
    target = target_of(STATEFUL_SET, None)
    assert (target.revision, target.image, target.checksum, str(target.version)) == (
        "vault-6b9",
        "hashicorp/vault:1.21.0",
        "c0ffee",
        "1.21.0",
    )


def test_somebody_may_say_what_the_image_holds() -> None:
    assert str(target_of(STATEFUL_SET, Version.parse("1.21.4")).version) == "1.21.4"


def changed(*path: str, to: Any) -> dict[str, Any]:
    given = copy.deepcopy(STATEFUL_SET)
    at = given
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return given


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (changed("spec", "updateStrategy", "type", to="RollingUpdate"), "fix: OnDelete"),
        (changed("metadata", "generation", to=4), "generation 3 of 4"),
        (changed("status", to={}), "has not seen the newest template"),
        (changed("spec", "template", "spec", "containers", to=[]), "no container 'vault'"),
    ],
)
def test_a_stateful_set_that_cannot_be_rolled_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(UpkeepError, match=why):
        target_of(given, None)


def test_a_pod() -> None:
    pod = pod_of(POD)
    assert (pod.name, pod.uid, pod.revision, pod.checksum) == (
        "vault-0",
        "a-uid",
        "vault-6b9",
        "c0ffee",
    )
    assert not pod.terminating
    ending = copy.deepcopy(POD)
    ending["metadata"]["deletionTimestamp"] = "2026-01-31T12:00:00Z"
    assert pod_of(ending).terminating


def test_a_pod_that_nothing_marks_is_of_no_revision() -> None:
    bare = {"metadata": {"name": "vault-0", "uid": "u"}, "spec": POD["spec"]}
    assert (pod_of(bare).revision, pod_of(bare).checksum) == ("", "")


def test_a_standby() -> None:
    said = said_of(SEAL, LEADER)
    assert (said.leads, said.sees_leader, said.committed, said.applied) == (False, True, 12, 11)
    assert said.unseals_itself


def test_a_leader() -> None:
    said = said_of(SEAL, {**LEADER, "is_self": True})
    assert said.leads


def test_a_standby_without_a_leader() -> None:
    assert not said_of(SEAL, {"is_self": False, "leader_address": ""}).sees_leader


def test_a_sealed_server_and_one_of_key_shares() -> None:
    said = said_of({**SEAL, "sealed": True, "type": "shamir"}, None)
    assert said.sealed
    assert not said.sees_leader
    assert not said.unseals_itself


def test_what_says_nothing_of_its_seal_is_taken_for_sealed() -> None:
    assert said_of({}, None).sealed


def test_a_version_that_is_redacted_is_not_known() -> None:
    assert said_of({**SEAL, "version": ""}, LEADER).version is None


def test_autopilots_state() -> None:
    state = {
        "data": {
            "voters": ["vault-0"],
            "servers": {"vault-0": {"healthy": True}, "vault-1": {"healthy": False}},
        }
    }
    assert peers_of(state) == {
        "vault-0": Peer(voter=True, healthy=True),
        "vault-1": Peer(voter=False, healthy=False),
    }
    assert peers_of({}) == {}
