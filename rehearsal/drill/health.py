"""Whether a cluster is healthy, and what is missing. Pure: from what servers say of themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class View:
    """What one server says of itself and of its leader (`sys/leader`)."""

    name: str
    answers: bool
    """Unsealed, and its API answers."""
    active: bool = False
    leader_address: str = ""
    committed: int = 0
    applied: int = 0

    @classmethod
    def of(cls, name: str, said: Mapping[str, Any]) -> View:
        return cls(
            name,
            answers=True,
            active=bool(said.get("is_self")),
            leader_address=str(said.get("leader_address", "")),
            committed=int(said.get("raft_committed_index", 0)),
            applied=int(said.get("raft_applied_index", 0)),
        )


def missing(views: Sequence[View], autopilot: Mapping[str, Any], committed: int) -> str:
    """What the cluster lacks to be healthy, or nothing.

    Healthy: all servers are unsealed, follow one leader, have what was `committed` some time ago
    (under load all are a little behind), and autopilot finds all of them healthy voters.
    """
    if silent := [view.name for view in views if not view.answers]:
        return f"{_listed(silent)} sealed or not answering"
    active = [view for view in views if view.active]
    if len(active) != 1:
        return f"{len(active)} active servers"
    (leader,) = active
    if elsewhere := [v.name for v in views if v.leader_address != leader.leader_address]:
        return f"{_listed(elsewhere)} without the leader {leader.name}"
    if behind := [view.name for view in views if view.applied < committed]:
        return f"{_listed(behind)} behind the leader {leader.name}"
    known = autopilot.get("servers") or {}
    if unhealthy := [v.name for v in views if not (known.get(v.name) or {}).get("healthy")]:
        return f"{_listed(unhealthy)} unhealthy, says autopilot"
    voters = set(autopilot.get("voters") or ())
    if mute := [view.name for view in views if view.name not in voters]:
        return f"{_listed(mute)} without a vote"
    return ""


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
