"""From what Kubernetes and Vault answer to what is known of a server. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from upkeep.errors import UpkeepError
from upkeep.rolling.model import Peer, Pod, Said, Target
from upkeep.rolling.versions import Version

Json = Mapping[str, Any]

CHECKSUM: Final = "checksum/config"
CONTAINER: Final = "vault"
_REVISION: Final = "controller-revision-hash"
_BY_HAND: Final = "shamir"


def target_of(stateful_set: Json, version: Version | None) -> Target:
    """What the template says. `version`: what somebody says the image holds. Raises `UpkeepError`
    where Kubernetes has not seen the newest template, or would replace pods by itself.
    """
    metadata, spec = stateful_set["metadata"], stateful_set["spec"]
    status = stateful_set.get("status") or {}
    name = metadata["name"]
    strategy = (spec.get("updateStrategy") or {}).get("type")
    if strategy != "OnDelete":
        raise UpkeepError(
            f"StatefulSet {name} has the update strategy {strategy}: Kubernetes replaces its pods "
            "by itself, the leader at any time; fix: OnDelete, as this program deploys it"
        )
    seen, newest = status.get("observedGeneration", 0), metadata.get("generation", 0)
    revision = status.get("updateRevision")
    if seen < newest or not revision:
        raise UpkeepError(
            f"StatefulSet {name}: its controller has not seen the newest template yet (generation "
            f"{seen} of {newest}); wait a moment, then run again"
        )
    template = spec["template"]
    image = _image(template["spec"])
    return Target(
        revision,
        image,
        (template["metadata"].get("annotations") or {}).get(CHECKSUM, ""),
        version or Version.of_image(image),
    )


def pod_of(pod: Json) -> Pod:
    metadata = pod["metadata"]
    return Pod(
        metadata["name"],
        metadata["uid"],
        (metadata.get("labels") or {}).get(_REVISION, ""),
        _image(pod["spec"]),
        (metadata.get("annotations") or {}).get(CHECKSUM, ""),
        terminating=bool(metadata.get("deletionTimestamp")),
    )


def _image(pod_spec: Json) -> str:
    for container in pod_spec["containers"]:
        if container["name"] == CONTAINER:
            return str(container["image"])
    raise UpkeepError(f"no container {CONTAINER!r} there; fix: name Vault's own StatefulSet")


def said_of(seal: Json, leader: Json | None) -> Said:
    """From `sys/seal-status` and `sys/leader`; the latter a sealed server does not answer."""
    leads = bool(leader and leader.get("is_self"))
    return Said(
        version=_version(str(seal.get("version") or "")),
        initialized=bool(seal.get("initialized")),
        sealed=bool(seal.get("sealed", True)),
        leads=leads,
        sees_leader=leads or bool(leader and leader.get("leader_address")),
        committed=int((leader or {}).get("raft_committed_index") or 0),
        applied=int((leader or {}).get("raft_applied_index") or 0),
        unseals_itself=seal.get("type") != _BY_HAND,
    )


def _version(text: str) -> Version | None:
    """None where the listener is told to redact it."""
    try:
        return Version.parse(text)
    except ValueError:
        return None


def peers_of(autopilot: Json) -> dict[str, Peer]:
    """By name, from `sys/storage/raft/autopilot/state`."""
    data = autopilot.get("data") or {}
    voters = set(data.get("voters") or ())
    return {
        name: Peer(name in voters, bool(server.get("healthy")))
        for name, server in (data.get("servers") or {}).items()
    }
