"""A Vault and a Kubernetes API in memory, and a clock that tests move: as much as the jobs use,
with failures that tests order. What the real ones do is for the live tests to say.
"""

from __future__ import annotations

import copy
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import urllib3
from kubernetes import client

from tests.answering import answering, json_handler
from vaultstack_jobs.clock import Clock, to_text
from vaultstack_jobs.cluster import Cluster
from vaultstack_jobs.configuration import Rotation, Task
from vaultstack_jobs.log import Log
from vaultstack_jobs.strict import LeasePart, VaultPart
from vaultstack_jobs.tasks import Bench
from vaultstack_jobs.turn import Patience, Turn
from vaultstack_jobs.vault import VaultRefusedError, VaultUncertainError

Json = dict[str, Any]
NOON: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)
WEEK_SECONDS: Final = 7 * 24 * 3600
LEASE: Final = "/apis/coordination.k8s.io/v1/namespaces/jobs/leases/one"
DEPLOYMENT: Final = "/apis/apps/v1/namespaces/app/deployments/app"
SECRET: Final = "/api/v1/namespaces/app/secrets/app"


class FakeClock(Clock):
    """Stands still but for what is slept, and what a test lets pass."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.on_sleep: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds
        self.on_sleep()


@dataclass
class FakeVault:
    """`vaultstack_jobs.vault.Vault`. Its KV engine is one; all else answers what it is told."""

    clock: Clock
    entries: dict[str, list[Json]] = field(default_factory=dict)
    written: dict[str, datetime] = field(default_factory=dict)
    gone: set[tuple[str, int]] = field(default_factory=set)
    """Versions that are deleted."""
    answers: dict[str, Json | Exception] = field(default_factory=dict)
    """By path."""
    requests: list[tuple[str, str, Json]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    before_patch: Callable[[], object] = lambda: None
    lose_answer: bool = False
    """Carry the next patch out, and say nothing."""

    def write(self, path: str, **values: str) -> None:
        self.entries.setdefault(path, []).append(values)
        self.written[path] = self.clock.now()

    def who(self) -> str:
        return "kubernetes-jobs-one"

    def secret(self, path: str, version: int) -> Mapping[str, str]:
        self.requests.append(("READ", path, {"version": version}))
        versions = self.entries.get(path, [])
        if not 1 <= version <= len(versions) or (path, version) in self.gone:
            raise VaultRefusedError(f"{path} is not there", 404)
        return versions[version - 1]

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        self.requests.append((method, path, dict(body or {})))
        self.headers.append(headers or {})
        if path in self.answers:
            answer = self.answers[path]
            if isinstance(answer, Exception):
                raise answer
            return answer
        if path.startswith("secret/metadata/"):
            return self._metadata(path.removeprefix("secret/metadata/"))
        if path.startswith("secret/data/"):
            assert method == "PATCH"
            assert body is not None
            return self._patch(path.removeprefix("secret/data/"), body)
        raise VaultRefusedError(f"{method} {path}: unsupported path", 404)

    def _metadata(self, path: str) -> Json:
        if path not in self.entries:
            raise VaultRefusedError(f"{path} is not there", 404)
        versions = {
            str(number): {
                "created_time": to_text(self.written[path]),
                "deletion_time": to_text(NOON) if (path, number) in self.gone else "",
                "destroyed": False,
            }
            for number in range(1, len(self.entries[path]) + 1)
        }
        return {"data": {"current_version": len(versions), "versions": versions}}

    def _patch(self, path: str, body: Mapping[str, Any]) -> Json:
        self.before_patch()
        versions = self.entries[path]
        if body["options"]["cas"] != len(versions):
            raise VaultRefusedError(
                "check-and-set parameter did not match the current version", 400
            )
        self.write(path, **{**versions[-1], **body["data"]})
        if self.lose_answer:
            self.lose_answer = False
            raise VaultUncertainError("the answer got lost")
        return {"data": {"version": len(versions)}}


@dataclass
class FakeApi:
    """Objects by path. A write needs the stored `resourceVersion`, if it names any."""

    objects: dict[str, Json] = field(default_factory=dict)
    requests: list[tuple[str, str, Json]] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    """What the next requests are answered instead."""
    after: Callable[[str, str], object] = lambda *_: None
    """Called with method and path after each request."""
    lost: int = 0
    """How many of the next writes happen, and nobody hears of it."""
    url: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, path: str, content: Json) -> None:
        content = copy.deepcopy(content)
        metadata = content.setdefault("metadata", {})
        metadata["resourceVersion"] = str(int(metadata.get("resourceVersion", 0)) + 1)
        self.objects[path] = content

    def annotations(self, path: str = LEASE) -> dict[str, str]:
        """By their short names."""
        found = self.objects[path]["metadata"].get("annotations", {})
        return {name.partition("/")[2]: text for name, text in found.items()}

    def annotate(self, **annotations: str) -> None:
        """The Lease's, by their short names."""
        kept = self.objects[LEASE]["metadata"].setdefault("annotations", {})
        for name, text in annotations.items():
            kept[f"rotation.vaultstack/{name.replace('_', '-')}"] = text

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        with self.lock:
            self.requests.append((method, path, body))
            status, content = self._answer(method, path, body)
        self.after(method, path)
        if self.lost and method != "GET":
            self.lost -= 1
            return 503, {"message": "the answer got lost"}
        return status, content

    def _answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        plain, _, query = path.partition("?")
        if self.failures:
            status, message = self.failures.pop(0)
            return status, {"message": message}
        if plain not in self.objects:
            return 404, {"message": f"{plain} not found"}
        before = self.objects[plain]
        if method == "PUT":
            if body["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]:
                return 409, {"message": "the object has been modified"}
            self.put(plain, body)
        elif method == "PATCH" and "dryRun" not in query:
            merged = _merged(before, body)
            if merged.get("spec") != before.get("spec"):
                merged["metadata"]["generation"] = before["metadata"].get("generation", 0) + 1
            self.put(plain, merged)
        return 200, copy.deepcopy(self.objects[plain])


def _merged(before: Json, patch: Mapping[str, Any]) -> Json:
    merged = copy.deepcopy(before)
    for name, value in patch.items():
        if isinstance(value, Mapping):
            merged[name] = _merged(merged.get(name, {}), value)
        else:
            merged[name] = value
    return merged


@contextmanager
def serving(api: FakeApi) -> Iterator[FakeApi]:
    handler = json_handler(lambda asked: api.answer(asked.method, asked.path, asked.body))
    with answering(handler) as api.url:
        yield api


@contextmanager
def cluster_of(api: FakeApi, clock: Clock) -> Iterator[Cluster]:
    settings = client.Configuration(host=api.url)
    settings.retries = urllib3.Retry(0)
    settings.proxy = None
    with client.ApiClient(settings) as connection:
        yield Cluster(connection, clock)
        connection.rest_client.pool_manager.clear()


def lease_object() -> Json:
    return {"metadata": {"name": "one", "namespace": "jobs"}}


def deployment_object(*, ready: bool = True) -> Json:
    return {
        "metadata": {"name": "app", "namespace": "app", "generation": 1},
        "spec": {"replicas": 2, "template": {"metadata": {}}},
        "status": status(1, ready=ready),
    }


def status(generation: int, *, ready: bool) -> Json:
    return {
        "observedGeneration": generation,
        "replicas": 2 if ready else 3,
        "updatedReplicas": 2 if ready else 1,
        "availableReplicas": 2,
    }


@dataclass
class Fakes:
    """All of them, and runs that use them."""

    clock: FakeClock
    vault: FakeVault
    api: FakeApi
    cluster: Cluster
    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def steps(self) -> list[str]:
        return [line["step"] for line in self.lines]

    def log(self) -> Log:
        return Log("one", self.clock, self.stream)

    def turn(self, identity: str = "pod-a") -> Turn:
        part = LeasePart(namespace="jobs", name="one")
        return Turn(self.cluster, part, identity, self.clock, self.log(), Patience(60))

    def bench(self, task: Task, identity: str = "pod-a") -> Bench:
        rotation = Rotation(
            name="one",
            interval_seconds=WEEK_SECONDS,
            vault=VaultPart(
                address="https://vault.example.internal:8200",
                ca_file=None,
                role="one",
                token_file="/token",
            ),
            lease=LeasePart(namespace="jobs", name="one"),
            task=task,
        )
        turn = self.turn(identity)
        return Bench(rotation, self.vault, self.cluster, turn, self.log(), self.clock)

    def settle(self, *, ready: bool) -> None:
        """As the Deployment's controller."""
        found = copy.deepcopy(self.api.objects[DEPLOYMENT])
        found["status"] = status(found["metadata"]["generation"], ready=ready)
        self.api.put(DEPLOYMENT, found)
