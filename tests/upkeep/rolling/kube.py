"""A Kubernetes API in memory, over HTTP: as much as a rolling change uses, with the refusals that
tests order.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import urllib3
from kubernetes import client

from tests.answering import answering, json_handler
from tests.jobs.fakes import FakeClock
from upkeep.rolling.cluster import Kubernetes

Json = dict[str, Any]
STATEFUL_SET: Final = "/apis/apps/v1/namespaces/vault/statefulsets/vault"
PODS: Final = "/api/v1/namespaces/vault/pods"
LEASES: Final = "/apis/coordination.k8s.io/v1/namespaces/vault/leases"
LEASE: Final = f"{LEASES}/vault-roll"


@dataclass
class Kube:
    """Objects by path; a list is of what lies below its path."""

    objects: dict[str, Json] = field(default_factory=dict)
    answers: list[tuple[int, str]] = field(default_factory=list)
    """What the next requests are answered instead."""
    asked: list[tuple[str, str, Json]] = field(default_factory=list)
    host: str = ""

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        plain = path.partition("?")[0]
        self.asked.append((method, path, body))
        if self.answers:
            status, message = self.answers.pop(0)
            return status, {"message": message}
        if method == "POST" and plain.endswith("/eviction"):
            return self._evict(plain.removesuffix("/eviction"), body)
        if method == "POST":
            plain = f"{plain}/{body['metadata']['name']}"
            if plain in self.objects:
                return 409, {"message": "already exists"}
            return 201, self._put(plain, body)
        if plain == PODS:
            return 200, {"items": [one for at, one in self.objects.items() if at.startswith(PODS)]}
        if plain not in self.objects:
            return 404, {"message": f"{plain} not found"}
        stored = self.objects[plain]
        if method == "PUT":
            if body["metadata"].get("resourceVersion") != stored["metadata"]["resourceVersion"]:
                return 409, {"message": "the object has been modified"}
            return 200, self._put(plain, body)
        return 200, copy.deepcopy(stored)

    def _put(self, path: str, content: Json) -> Json:
        kept = copy.deepcopy(content)
        number = int(kept["metadata"].get("resourceVersion", 0)) + 1
        kept["metadata"]["resourceVersion"] = str(number)
        self.objects[path] = kept
        return copy.deepcopy(kept)

    def _evict(self, path: str, body: Json) -> tuple[int, Json]:
        if path not in self.objects:
            return 404, {"message": "not found"}
        if self.objects[path]["metadata"]["uid"] != body["deleteOptions"]["preconditions"]["uid"]:
            return 409, {"message": "the UID in the precondition does not match"}
        self.objects[path]["metadata"]["deletionTimestamp"] = "2026-01-31T12:00:00Z"
        return 201, {"status": "Success"}


@contextmanager
def serving(kube: Kube, clock: FakeClock) -> Iterator[Kubernetes]:
    handler = json_handler(lambda asked: kube.answer(asked.method, asked.path, asked.body))
    with answering(handler) as kube.host:
        settings = client.Configuration(host=kube.host)
        settings.retries = urllib3.Retry(0)
        settings.proxy = None
        with client.ApiClient(settings) as connection:
            yield Kubernetes(connection, clock)
            connection.rest_client.pool_manager.clear()


def stateful_set(image: str = "hashicorp/vault:1.21.0", revision: str = "vault-new") -> Json:
    return {
        "metadata": {"name": "vault", "namespace": "vault", "generation": 1},
        "spec": {
            "replicas": 3,
            "serviceName": "vault-internal",
            "updateStrategy": {"type": "OnDelete"},
            "selector": {"matchLabels": {"app": "vault", "part": "server"}},
            "template": {
                "metadata": {"annotations": {"checksum/config": "c0ffee"}},
                "spec": {"containers": [{"name": "vault", "image": image}]},
            },
        },
        "status": {"observedGeneration": 1, "updateRevision": revision},
    }


def pod(number: int, revision: str = "vault-old", image: str = "hashicorp/vault:1.20.4") -> Json:
    return {
        "metadata": {
            "name": f"vault-{number}",
            "namespace": "vault",
            "uid": f"uid-{number}",
            "labels": {"controller-revision-hash": revision},
            "annotations": {"checksum/config": "decaf"},
        },
        "spec": {"containers": [{"name": "vault", "image": image}]},
    }


def deployed() -> Kube:
    """Three pods, of the template before."""
    pods = {f"{PODS}/vault-{number}": pod(number) for number in range(3)}
    return Kube({STATEFUL_SET: stateful_set(), **pods})
