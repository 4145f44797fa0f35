"""The part of kubectl that runbooks use. Objects are changed through the real Kubernetes API; what
a controller or a kubelet would do about it is done here: a deleted pod's server ends and starts
again, a deleted claim's disk is empty then, a deleted certificate's Secret is issued anew and
reaches the pods' folders. On a cluster a kubelet takes up to a minute for that last one.

Deliberately knows nothing else: a command that it does not know is an error.
"""

from __future__ import annotations

import base64
import os
import resource
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from kubernetes import client, config

from policies.identities import PLATFORM_NAMESPACE
from rehearsal.drill.cluster import HEALS_WITHIN, Cluster
from rehearsal.drill.line import CallFailedError
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.recovery_drill.desk import Answer, Asked
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import wait_until, write_private

_TLS: Final = "vault/tls"
_DATA: Final = "vault/data"
_AUDIT: Final = "vault/audit"
_CLAIM: Final = "data-"
_EXEC_SECONDS: Final = 30
_HEALTHY: Final = "sys/health?standbyok=true&perfstandbyok=true"
_CERTIFICATE: Final = ("cert-manager.io", "v1", PLATFORM_NAMESPACE, "certificates")


class Kubectl:
    """`folder`: where each pod's folder lies, under the pod's name."""

    def __init__(self, stood: StoodUp, cluster: Cluster, folder: Path) -> None:
        self._stood, self._cluster, self._folder = stood, cluster, folder
        self._deleted_claims: set[str] = set()
        api = config.new_client_from_config(str(stood.scene.kubernetes.kubeconfig))
        self._core, self._custom = client.CoreV1Api(api), client.CustomObjectsApi(api)

    def close(self) -> None:
        self._core.api_client.close()

    def __call__(self, asked: Asked) -> Answer:
        words = [word for word in asked.arguments if word != "-i"]
        if words[:2] != ["-n", PLATFORM_NAMESPACE]:
            raise RehearsalError(f"give -n {PLATFORM_NAMESPACE} first: runbooks always do")
        known: Mapping[tuple[str, ...], Callable[[list[str], Asked], str]] = {
            ("exec",): self._exec,
            ("delete", "pod"): self._delete_pods,
            ("delete", "pvc"): self._delete_claims,
            ("delete", "secret"): self._delete_secrets,
            ("patch", "pvc"): self._grow_claim,
            ("wait",): self._wait,
            ("logs",): self._logs,
        }
        for beginning, do in known.items():
            if tuple(words[2 : 2 + len(beginning)]) == beginning:
                return Answer(do(words[2 + len(beginning) :], asked))
        raise RehearsalError(f"the rehearsal's kubectl does not know {shlex.join(words)}")

    def data_folder(self, pod: str) -> Path:
        """A server's disk."""
        return self._folder / pod / _DATA

    def audit_folder(self, pod: str) -> Path:
        return self._folder / pod / _AUDIT

    def lose_disk(self, pod: str) -> None:
        """All that is on it; the server must have ended."""
        for entry in self.data_folder(pod).iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def mount_secret(self, name: str) -> None:
        """What a kubelet does some time after a Secret changed."""
        stored = self._stood.scene.kubernetes.get("v1", "Secret", name, PLATFORM_NAMESPACE)
        for pod in self._cluster.names:
            folder = self._folder / pod / _TLS
            for file, value in stored["data"].items():
                fresh = write_private(folder / f".{file}", base64.b64decode(value).decode())
                fresh.replace(folder / file)

    def replace_secret(self, name: str, content: Mapping[str, str]) -> None:
        """Give a Secret other content, as whoever issues it would."""
        data = {key: base64.b64encode(text.encode()).decode() for key, text in content.items()}
        self._core.patch_namespaced_secret(name, PLATFORM_NAMESPACE, {"data": data})

    def _exec(self, words: list[str], asked: Asked) -> str:
        pod, dashes, *command = words
        if dashes != "--":
            raise RehearsalError("write exec POD -- COMMAND")
        ended = subprocess.run(
            [self._here(pod, word) for word in command],
            input=asked.given,
            cwd=self._folder / pod,
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            timeout=_EXEC_SECONDS,
            check=False,
        )
        if ended.returncode:
            raise RehearsalError(f"exec in {pod}: {ended.stderr.strip()}")
        return ended.stdout

    def _here(self, pod: str, text: str) -> str:
        return text.replace("/vault/", f"{self._folder / pod}/vault/")

    def _delete_pods(self, words: list[str], _asked: Asked) -> str:
        pods = list(_names(words))
        for pod in pods:
            # A pod without a node is gone at once; the StatefulSet's controller makes it anew.
            known = self._stood.scene.kubernetes.get("v1", "Pod", pod, PLATFORM_NAMESPACE)
            self._core.delete_namespaced_pod(pod, PLATFORM_NAMESPACE, grace_period_seconds=0)
            if self._cluster[pod].process.exit_code is None:
                self._cluster.terminate(pod)
            if f"{_CLAIM}{pod}" in self._deleted_claims:
                self._deleted_claims.remove(f"{_CLAIM}{pod}")
                self.lose_disk(pod)
            self._stood.scene.kubernetes.apply(_anew(known))
            self._cluster.start(pod)
        return "".join(f'pod "{pod}" deleted\n' for pod in pods)

    def _delete_claims(self, words: list[str], _asked: Asked) -> str:
        claims = list(_names(words))
        self._deleted_claims |= set(claims)  # gone when no pod uses them
        return "".join(f'persistentvolumeclaim "{claim}" deleted\n' for claim in claims)

    def _delete_secrets(self, words: list[str], _asked: Asked) -> str:
        for name in _names(words):
            self._core.delete_namespaced_secret(name, PLATFORM_NAMESPACE)
            listed: Any = self._custom.list_namespaced_custom_object(*_CERTIFICATE)
            (certificate,) = (c for c in listed["items"] if c["spec"]["secretName"] == name)
            self._stood.scene.controllers.see(certificate)
            self.mount_secret(name)
        return "".join(f'secret "{name}" deleted\n' for name in _names(words))

    def _grow_claim(self, words: list[str], _asked: Asked) -> str:
        """A storage driver grows the file system below a running server."""
        (claim, *_) = _names(words)
        process = self._cluster[claim.removeprefix(_CLAIM)].process
        if process.exit_code is None:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)
        return f"persistentvolumeclaim/{claim} patched\n"

    def _wait(self, words: list[str], _asked: Asked) -> str:
        pods = [word.removeprefix("pod/") for word in _names(words)]
        for pod in pods:
            wait_until(lambda pod=pod: self._ready(pod), awaited=pod, patience=_patience(words))  # type: ignore[misc]
        return "".join(f"pod/{pod} condition met\n" for pod in pods)

    def _ready(self, pod: str) -> None:
        try:
            self._cluster.line(pod).call("GET", _HEALTHY)
            leader = self._cluster.line(pod).call("GET", "sys/leader")["leader_address"]
        except CallFailedError as error:
            raise NotYet(str(error)) from None
        if not leader:
            raise NotYet(f"{pod} sees no leader")

    def _logs(self, words: list[str], _asked: Asked) -> str:
        (pod, *_) = _names(words)
        return self._cluster[pod].process.log.read_text(errors="replace")


def _names(words: Sequence[str]) -> Iterator[str]:
    """Without options, which all are written `--option=value` but for `-p VALUE`."""
    rest = iter(words)
    for word in rest:
        if word == "-p":
            next(rest)
        elif not word.startswith("-"):
            yield word


def _patience(words: Sequence[str]) -> timedelta:
    for word in words:
        if word.startswith("--timeout="):
            return timedelta(seconds=int(word.removeprefix("--timeout=").removesuffix("s")))
    return HEALS_WITHIN


def _anew(pod: Mapping[str, Any]) -> dict[str, Any]:
    """The same pod without what the API server adds."""
    kept = ("name", "namespace", "labels", "annotations")
    metadata = {key: value for key, value in pod["metadata"].items() if key in kept}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod["spec"]}
