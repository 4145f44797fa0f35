"""The driver of real servers: Kubernetes for their pods, each server for itself, and the leader's
autopilot for all.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from upkeep.errors import UpkeepError
from upkeep.rolling.cluster import Kubernetes
from upkeep.rolling.driver import AwayError
from upkeep.rolling.model import Look, Peer, Pod, Said, Server
from upkeep.rolling.reading import peers_of, pod_of, said_of, target_of
from upkeep.rolling.vault import SilentError, Speaker, Way
from upkeep.rolling.versions import Version
from vaultstack_jobs.cluster import ClusterError, ClusterUnavailableError

_AT_ONCE: Final = 8


@dataclass
class LiveDriver:
    """Meets `upkeep.rolling.driver.Driver`. Not for several threads, though it uses some."""

    cluster: Kubernetes
    namespace: str
    stateful_set: str
    way: Way
    trust: ssl.SSLContext = field(repr=False)
    token: str = field(repr=False)
    version: Version | None = None
    """What the template's image holds, where its tag does not tell."""
    _speakers: dict[str, Speaker] = field(default_factory=dict, repr=False)

    def look(self) -> Look:
        stateful_set, pods = self._objects()
        target = target_of(stateful_set, self.version)
        count = int(stateful_set["spec"].get("replicas", 1))
        names = [f"{self.stateful_set}-{number}" for number in range(count)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = dict(
                zip(
                    names,
                    pool.map(lambda name: self._said(name, pods.get(name)), names),
                    strict=True,
                )
            )
        peers, silent = self._peers(asked)
        servers = tuple(
            Server(name, pods.get(name), said, peers.get(name), why)
            for name, (said, why) in asked.items()
        )
        strangers = {name: peer for name, peer in peers.items() if name not in asked}
        return Look(target, servers, strangers, silent)

    def end(self, pod: Pod) -> str:
        try:
            return self.cluster.evict(self.namespace, pod.name, pod.uid)
        except ClusterError as error:
            raise UpkeepError(f"{error}; fix: docs/rolling.md lists the rights it takes") from None

    def step_down(self, name: str) -> None:
        try:
            self._speaker(name).step_down()
        except SilentError as error:
            raise UpkeepError(f"{name} could not be told to step down: {error}") from None

    def close(self) -> None:
        for speaker in self._speakers.values():
            speaker.close()

    def _objects(self) -> tuple[Mapping[str, Any], dict[str, Pod]]:
        try:
            stateful_set = self.cluster.stateful_set(self.namespace, self.stateful_set)
            labels = stateful_set["spec"]["selector"]["matchLabels"]
            selector = ",".join(f"{name}={value}" for name, value in labels.items())
            pods = map(pod_of, self.cluster.pods(self.namespace, selector))
            return stateful_set, {pod.name: pod for pod in pods}
        except ClusterUnavailableError as error:
            raise AwayError(str(error)) from None
        except ClusterError as error:
            raise UpkeepError(f"{error}; fix: docs/rolling.md lists the rights it takes") from None

    def _said(self, name: str, pod: Pod | None) -> tuple[Said | None, str]:
        if pod is None:
            return None, "it has no pod"
        speaker = self._speaker(name)
        try:
            seal = speaker.seal_status()
            return said_of(seal, None if seal.get("sealed", True) else speaker.leader()), ""
        except SilentError as error:
            return None, str(error)

    def _peers(self, asked: Mapping[str, tuple[Said | None, str]]) -> tuple[dict[str, Peer], str]:
        """Of whoever leads; a standby would only forward the question."""
        leading = [name for name, (said, _) in asked.items() if said and said.leads]
        if len(leading) != 1:
            return {}, f"{len(leading)} servers say that they lead"
        try:
            return peers_of(self._speaker(leading[0]).autopilot()), ""
        except SilentError as error:
            return {}, str(error)

    def _speaker(self, name: str) -> Speaker:
        if name not in self._speakers:
            self._speakers[name] = Speaker(name, self.way, self.trust, self.token)
        return self._speakers[name]
