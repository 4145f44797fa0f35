"""The disks of a majority are gone for good; one server knows what was committed."""

from __future__ import annotations

import time
from typing import Final

from rehearsal.drill.line import CallFailedError
from rehearsal.recovery_drill.episode import Drill, Episode

_STANDSTILL_SECONDS: Final = 3.0
BLOCKS: Final = ("lost-quorum-recover", "lost-quorum-rejoin")


def quorum_lost(episode: Episode) -> None:
    """The leader is among the lost, so what it had not yet told the survivor is lost as well."""
    cluster, kubectl = episode.cluster, episode.ground.kubectl
    leader, (survivor, *others) = cluster.leader(), cluster.followers()
    survivors = 1 if len(cluster.names) == 3 else 2
    alive = [survivor, *others[: survivors - 1]]
    lost = [leader, *others[survivors - 1 :]]
    address = _cluster_address(episode, leader, survivor)
    listed = [
        survivor,
        *(f"{name}={_cluster_address(episode, leader, name)}" for name in alive[1:]),
    ]
    listed[0] = f"{survivor}={address}"
    episode.strike()
    cluster.kill(*lost)
    for name in lost:
        kubectl.lose_disk(name)
    time.sleep(_STANDSTILL_SECONDS)
    episode.check("without a majority nobody leads", not _leads(episode, survivor))
    known = {"VAULT_ADDR": cluster[survivor].address}
    episode.runbook(
        "lost-quorum-recover", SURVIVORS=" ".join(alive), PEERS=" ".join(listed), **known
    )
    episode.check("the survivor leads", _leads(episode, survivor) or survivors > 1)
    episode.runbook("lost-quorum-rejoin", LOST=" ".join(lost), **known)
    log = cluster[survivor].process.log.read_text(errors="replace")
    episode.check("peers.json was read", "raft recovery deleted peers.json" in log)


def _cluster_address(episode: Episode, leader: str, name: str) -> str:
    state = episode.cluster.line(leader).call("GET", "sys/storage/raft/autopilot/state")
    return str(state["data"]["servers"][name]["address"])


def _leads(episode: Episode, name: str) -> bool:
    try:
        return bool(episode.cluster.line(name).call("GET", "sys/leader")["is_self"])
    except CallFailedError:
        return False


QUORUM: Final = (
    Drill(
        "quorum-lost",
        "a majority's disks are gone",
        quorum_lost,
        BLOCKS,
        undisturbed=False,
        may_lose=True,
    ),
)
