"""Restarting a Deployment, and telling whether it became ready, as `kubectl rollout` does.

The restart names what it is for, in an annotation of the pods: asked for twice, it happens once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vaultstack_jobs.clock import Clock
from vaultstack_jobs.cluster import Cluster, ClusterError, ClusterUnavailableError
from vaultstack_jobs.configuration import Restart
from vaultstack_jobs.outcomes import FailedError
from vaultstack_jobs.turn import Turn

_LOOK_EVERY_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rollout is: `settled` when every replica is new and available, `stuck` when the
    controller gave up. `told` says it in words.
    """

    settled: bool
    stuck: bool
    told: str


def progress(deployment: Mapping[str, Any]) -> Progress:
    """What the Deployment's status says of its newest generation."""
    spec, status = deployment["spec"], deployment.get("status") or {}
    if spec.get("paused"):
        return Progress(settled=False, stuck=True, told="it is paused")
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return Progress(settled=False, stuck=False, told="the controller has not seen it yet")
    for condition in status.get("conditions") or ():
        if (condition["type"], condition.get("reason")) == (
            "Progressing",
            "ProgressDeadlineExceeded",
        ):
            return Progress(settled=False, stuck=True, told="its progress deadline has passed")
    wanted = spec.get("replicas", 1)
    updated, available, all_of_them = (
        status.get(name, 0) for name in ("updatedReplicas", "availableReplicas", "replicas")
    )
    told = f"{updated} of {wanted} are new, {available} available, {all_of_them} in all"
    settled = updated >= wanted and all_of_them <= updated and available >= updated
    return Progress(settled=settled, stuck=False, told=told)


@dataclass(frozen=True, slots=True)
class Rollout:
    """The Deployment that one rotation restarts."""

    cluster: Cluster
    clock: Clock
    turn: Turn
    restart: Restart
    rotation: str

    @property
    def name(self) -> str:
        return f"{self.restart.namespace}/{self.restart.deployment}"

    def check(self) -> None:
        """Raises `FailedError` unless it is ready now and may be restarted: afterwards nobody could
        tell whether the new value is why it is not.
        """
        namespace, name = self.restart.namespace, self.restart.deployment
        try:
            now = progress(self.cluster.deployment(namespace, name))
            self.cluster.annotate_pods(namespace, name, self._annotation("nothing"), dry_run=True)
        except ClusterError as error:
            raise FailedError(str(error)) from error
        if not now.settled:
            raise FailedError(
                f"Deployment {self.name} is not ready before the rotation ({now.told}); mend it"
            )

    def begin(self, why: str) -> None:
        """Replace the pods, unless they were for this reason already. Raises `ClusterError`."""
        self.turn.hold()
        self.cluster.annotate_pods(
            self.restart.namespace, self.restart.deployment, self._annotation(why)
        )

    def wait(self) -> Progress:
        """Until it is settled or stuck, or the time is up. An API server that is away is waited
        for. Raises `ClusterError` where nobody could say how far it is in the end.
        """
        deadline = self.clock.monotonic() + self.restart.ready_within_seconds
        while True:
            self.turn.hold()
            over = self.clock.monotonic() >= deadline
            try:
                now = progress(
                    self.cluster.deployment(self.restart.namespace, self.restart.deployment)
                )
            except ClusterUnavailableError:
                if over:
                    raise
            else:
                if now.settled or now.stuck or over:
                    return now
            self.clock.sleep(_LOOK_EVERY_SECONDS)

    def _annotation(self, why: str) -> dict[str, str]:
        name = self.rotation[:63].rstrip("-")  # Kubernetes takes no longer one
        return {f"rotation.vaultstack/{name}": why}
