"""Plays those who run pods: the StatefulSet's controller, the disruption budget's, and a kubelet.

What they do is what Kubernetes' own do, for this one StatefulSet: a pod that is missing is made
from the newest template; a pod that is to end is left out of what is ready, waits its `preStop`
sleep, gets SIGTERM, and is forgotten when its process has ended; as many may be evicted as the
budget leaves. They look every fifth of a second, where Kubernetes' own watch, and probe once a
second. They do not restart what crashes: that is the drills' to do.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import requests

from rehearsal.errors import NotYet, RehearsalError
from rehearsal.pods import Pods, pod_of
from rehearsal.rolling_drill.api import BUDGET, PODS, STATEFUL_SET, Json, Rest
from rehearsal.servers import http_session
from rehearsal.servers.vault import VaultServer
from rehearsal.supervisor import wait_until

REVISION: Final = "controller-revision-hash"
NODE: Final = "rehearsal-node"
_LOOK_SECONDS: Final = 0.2
_PROBE_SECONDS: Final = 1.0
_PROBE_TIMEOUT_SECONDS: Final = 5.0
_READY: Final = "/v1/sys/health?standbyok=true"


@dataclass
class Node:
    """From entering to leaving. `binaries`: image -> Vault's program."""

    rest: Rest
    pods: Pods
    binaries: Mapping[str, Path]
    asleep: float = 1.0
    """How much of the `preStop` sleep is slept."""
    problems: list[str] = field(default_factory=list)
    """What went wrong behind the scenes; must stay empty."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _busy: dict[str, threading.Thread] = field(default_factory=dict)
    """By the pod's unique name: who is ending or starting it."""
    _ready: set[str] = field(default_factory=set)
    _probed: float = 0.0
    _probes: dict[str, requests.Session] = field(default_factory=dict)
    _answered: dict[str, str] = field(default_factory=dict)
    """Pod -> what its last probe was answered."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._adopt()
        self._thread = threading.Thread(target=self._run, name="node")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for thread in list(self._busy.values()):
            thread.join()

    def server(self, name: str) -> VaultServer:
        (found,) = (one for one in self.pods.servers if one.name == name)
        return found

    @property
    def endpoints(self) -> frozenset[str]:
        """The pods that a Service sends new connections to."""
        with self._lock:
            return frozenset(self._ready)

    def uids(self) -> dict[str, str]:
        """Pod -> the unique name of its present life."""
        pods = self.rest.fresh().must("GET", PODS)["items"]
        return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods}

    def wait_for_revision(self, image: str) -> None:
        """Until the controller has seen that the template has this image."""

        def seen() -> None:
            stateful_set = self.rest.fresh().must("GET", STATEFUL_SET)
            (container,) = stateful_set["spec"]["template"]["spec"]["containers"]
            said = stateful_set.get("status", {}).get("updateRevision")
            if container["image"] != image or said != revision_of(stateful_set):
                raise NotYet(f"it says {said}")

        wait_until(seen, awaited="the StatefulSet's controller", patience=timedelta(seconds=15))

    def wait_until_ready(self, count: int, patience: timedelta) -> None:
        def ready() -> None:
            if len(self.endpoints) != count:
                raise NotYet(f"{sorted(self.endpoints)} are ready; probes said {self._answered}")

        wait_until(ready, awaited=f"{count} ready pods", patience=patience)

    def _adopt(self) -> None:
        """The pods that the rehearsal started were on no node, and of no revision."""
        stateful_set = self.rest.must("GET", STATEFUL_SET)
        for pod in self.rest.must("GET", PODS)["items"]:
            name = pod["metadata"]["name"]
            if pod["spec"].get("nodeName"):
                continue
            labels = {REVISION: revision_of(stateful_set)}
            self.rest.must("PATCH", f"{PODS}/{name}", {"metadata": {"labels": labels}})
            binding = {
                "apiVersion": "v1",
                "kind": "Binding",
                "metadata": {"name": name},
                "target": {"apiVersion": "v1", "kind": "Node", "name": NODE},
            }
            self.rest.must("POST", f"{PODS}/{name}/binding", binding)

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            try:
                self._round()
            except (RehearsalError, OSError, requests.RequestException) as error:
                self.problems.append(f"{type(error).__name__}: {error}")

    def _round(self) -> None:
        stateful_set = self.rest.must("GET", STATEFUL_SET)
        pods = {pod["metadata"]["name"]: pod for pod in self.rest.must("GET", PODS)["items"]}
        self._say_revision(stateful_set)
        for number in range(stateful_set["spec"]["replicas"]):
            name = f"vault-{number}"
            if name not in pods:
                self._make(stateful_set, name)
            elif pods[name]["metadata"].get("deletionTimestamp"):
                self._begin(pods[name], self._end)
        self._say_ready(pods)
        self._say_budget(pods)

    def _say_revision(self, stateful_set: Json) -> None:
        generation, revision = stateful_set["metadata"]["generation"], revision_of(stateful_set)
        status = stateful_set.get("status") or {}
        if (status.get("observedGeneration"), status.get("updateRevision")) != (
            generation,
            revision,
        ):
            news = {
                "observedGeneration": generation,
                "updateRevision": revision,
                "replicas": stateful_set["spec"]["replicas"],
            }
            self.rest.must("PATCH", f"{STATEFUL_SET}/status", {"status": news})

    def _make(self, stateful_set: Json, name: str) -> None:
        pod: Any = pod_of(stateful_set, name)
        pod["metadata"]["labels"][REVISION] = revision_of(stateful_set)
        pod["spec"]["nodeName"] = NODE
        self._begin(self.rest.must("POST", PODS, pod), self._start)

    def _begin(self, pod: Json, work: Any) -> None:
        key = f"{work.__name__} {pod['metadata']['uid']}"
        if key not in self._busy:
            thread = threading.Thread(target=self._work, args=(work, pod), name=key)
            self._busy[key] = thread
            thread.start()

    def _work(self, work: Any, pod: Json) -> None:
        try:
            work(pod)
        except (RehearsalError, OSError, requests.RequestException) as error:
            self.problems.append(f"{pod['metadata']['name']}: {error}")

    def _start(self, pod: Json) -> None:
        (container,) = pod["spec"]["containers"]
        self.pods.start(pod, self.binaries[container["image"]])

    def _end(self, pod: Json) -> None:
        name = pod["metadata"]["name"]
        with self._lock:
            self._ready.discard(name)
        (container,) = pod["spec"]["containers"]
        process = self.server(name).process
        if process.exit_code is None:
            farewell = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
            time.sleep(farewell.get("seconds", 0) * self.asleep)
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + pod["spec"]["terminationGracePeriodSeconds"]
        while process.exit_code is None and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS / 4)
        if process.exit_code is None:
            self.problems.append(f"{name} had to be killed")
            os.kill(process.pid, signal.SIGKILL)
            process.reap()
        gone = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
        # Its own session: this is another thread.
        self.rest.fresh().must("DELETE", f"{PODS}/{name}", gone)

    def _say_ready(self, pods: Mapping[str, Json]) -> None:
        """Readiness as the pods' own probe has it, for endpoints and for the budget."""
        staying = {n for n, pod in pods.items() if not pod["metadata"].get("deletionTimestamp")}
        if time.monotonic() - self._probed < _PROBE_SECONDS:
            ready = self._ready & staying
        else:
            ready = {name for name in staying if self._answers(name)}
            self._probed = time.monotonic()
        with self._lock:
            self._ready = ready
        for name, pod in pods.items():
            said = "True" if name in ready else "False"
            if _said_ready(pod) == said:
                continue
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            condition = {"type": "Ready", "status": said, "lastTransitionTime": now}
            status = {"phase": "Running", "conditions": [condition]}
            self.rest.call("PATCH", f"{PODS}/{name}/status", {"status": status})

    def _answers(self, name: str) -> bool:
        server = self.server(name)
        if server.process.exit_code is not None:
            return False
        probe = self._probes.setdefault(name, http_session(str(server.ca_file)))
        try:
            answer = probe.get(f"{server.address}{_READY}", timeout=_PROBE_TIMEOUT_SECONDS)
        except requests.RequestException as error:
            self._answered[name] = type(error).__name__
            return False
        self._answered[name] = str(answer.status_code)
        return answer.ok

    def _say_budget(self, pods: Mapping[str, Json]) -> None:
        budget = self.rest.must("GET", BUDGET)
        healthy, expected = len(self.endpoints), len(pods)
        wanted = expected - budget["spec"]["maxUnavailable"]
        status = {
            "observedGeneration": budget["metadata"]["generation"],
            "expectedPods": expected,
            "currentHealthy": healthy,
            "desiredHealthy": wanted,
            "disruptionsAllowed": max(0, healthy - wanted),
        }
        said = budget.get("status") or {}
        if any(said.get(key) != value for key, value in status.items()):
            version = {"resourceVersion": budget["metadata"]["resourceVersion"]}
            # Refused where an eviction came first: then the next round counts anew.
            self.rest.call("PATCH", f"{BUDGET}/status", {"metadata": version, "status": status})


def revision_of(stateful_set: Json) -> str:
    """As the controller names a template: changes with anything in it."""
    text = json.dumps(stateful_set["spec"]["template"], sort_keys=True)
    return f"vault-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _said_ready(pod: Json) -> str:
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Ready":
            return str(condition["status"])
    return ""
