"""A Deployment without pods, and a thread that plays its controller."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Self

from tests.jobs.installed import Json, Kubernetes

REPLICAS = 2


def deployment(namespace: str, name: str) -> Json:
    labels = {"app": name}
    container = {"name": "app", "image": "registry.example.internal/app:1"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


class Controller:
    """Brings the status up to date with the spec, as `ready` decides of each: whether the pods of
    this template become available.
    """

    def __init__(
        self, kubernetes: Kubernetes, namespace: str, name: str, ready: Callable[[Json], bool]
    ) -> None:
        self._kubernetes, self._ready = kubernetes, ready
        self._path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.rollouts: list[dict[str, str]] = []
        """The annotations of the pods, at each."""

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.1):
            self._look()

    def _look(self) -> None:
        found: dict[str, Any] = self._kubernetes.call("GET", self._path)
        generation = found["metadata"]["generation"]
        if found.get("status", {}).get("observedGeneration") == generation:
            return
        self.rollouts.append(found["spec"]["template"]["metadata"].get("annotations", {}))
        _tell(self._kubernetes, self._path, found, ready=self._ready(found))


def settle(kubernetes: Kubernetes, namespace: str, name: str) -> None:
    """All pods are as the Deployment wants them now."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    _tell(kubernetes, path, kubernetes.call("GET", path), ready=True)


def _tell(kubernetes: Kubernetes, path: str, found: Json, *, ready: bool) -> None:
    status = {
        "observedGeneration": found["metadata"]["generation"],
        "replicas": REPLICAS if ready else REPLICAS + 1,
        "updatedReplicas": REPLICAS if ready else 1,
        "readyReplicas": REPLICAS,
        "availableReplicas": REPLICAS,
    }
    kubernetes.merge(f"{path}/status", {"status": status})
