"""Runs the real `vault agent` as one of the containers that the injector adds to a pod. Plays the
kubelet's part: a folder stands for the pod's volumes, and holds the service account's token.

The agent gets the very configuration; only paths, Vault's address and its authority's certificate,
and the listener's port are this machine's. Templates are never touched.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final

from rehearsal.delivery.configuration import CACHE_FOLDER, HOME, Mode, configuration
from rehearsal.delivery.injected import container
from rehearsal.delivery.injection import Injection
from rehearsal.delivery.service_account import API_TOKEN
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Process, Supervisor, wait_until, write_private

PATIENCE: Final = timedelta(seconds=20)
_SHORTEST_TOKEN_SECONDS: Final = 600  # the API refuses less
# Each would find processes of this machine where a pod's shell finds only the pod's.
_BY_NAME: Final = re.compile(r"\b(kill|pkill|killall|pidof|pgrep|fuser)\b")


@dataclass(frozen=True, slots=True)
class VaultHere:
    """This machine's Vault, in the place of the one that a pod would reach."""

    binary: Path
    address: str
    ca_file: Path


@dataclass(frozen=True)
class Agent:
    """One agent that was started. `started`: seconds since the epoch."""

    process: Process
    home: Path
    started: float

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self.process.log.read_text(errors="replace")

    def token(self) -> str:
        """Its Vault token, as it gave it to its sink; empty while it has none."""
        sink = self.home / ".vault-token"
        return sink.read_text() if sink.exists() else ""

    def wait_for_end(self, patience: timedelta = PATIENCE) -> int:
        """Its exit code. Raises `RehearsalError` where it does not end."""

        def ended() -> int:
            if self.process.exit_code is None:
                raise NotYet("it still runs")
            return self.process.exit_code

        return wait_until(ended, awaited=f"the end of {self.process.name}", patience=patience)


@dataclass(frozen=True)
class Pod:
    """The volumes of one injected pod, and this machine's place of each path in it."""

    supervisor: Supervisor
    vault: VaultHere
    kubernetes: KubernetesApi
    injection: Injection
    folder: Path = field(default_factory=Path)

    @classmethod
    def create(
        cls,
        supervisor: Supervisor,
        vault: VaultHere,
        kubernetes: KubernetesApi,
        injection: Injection,
    ) -> Pod:
        """Make the volumes and mount the token. Raises `RehearsalError` on what cannot be played
        here without harm.
        """
        _refuse_what_would_leave_the_pod(injection)
        folder = supervisor.subfolder(f"pod-{secrets.token_hex(4)}")
        pod = cls(supervisor, vault, kubernetes, injection, folder)
        for path in (*(file.destination for file in injection.files), injection.token_sink):
            if path:
                pod.place(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pod.place(CACHE_FOLDER).mkdir(parents=True, exist_ok=True, mode=0o700)
        pod.renew_service_account_token()
        if ca_cert := injection.connection.ca_cert:
            place = pod.place(ca_cert)
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(place, vault.ca_file.read_text())
        return pod

    def place(self, path: str) -> Path:
        """Where a path of the pod is on this machine."""
        return self.folder / path.lstrip("/")

    def renew_service_account_token(self) -> None:
        """As the kubelet does before it ends."""
        token = self.injection.token
        self._mount_token(token.path, token.audience or self.kubernetes.issuer)
        mounts = {
            mount["mountPath"]: mount["name"]
            for mount in container(self.injection, Mode.SIDECAR)["volumeMounts"]
        }
        # Admission mounts the API server's token into each container that has nothing there.
        own = mounts.get(API_TOKEN) == token.volume and token.audience
        self._mount_token(f"{API_TOKEN}/token", own or self.kubernetes.issuer)

    def _mount_token(self, path: str, audience: str) -> None:
        namespace, name = self.injection.account
        seconds = max(self.injection.token.lifetime_seconds, _SHORTEST_TOKEN_SECONDS)
        lifetime = timedelta(seconds=seconds)
        jwt = self.kubernetes.request_token(namespace, name, audience, lifetime)
        place = self.place(path)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(place, jwt)

    def start(self, mode: Mode) -> Agent:
        """Start one of the two containers."""
        home = self.folder / mode.value
        home.mkdir(mode=0o700, exist_ok=True)
        here = self._here(configuration(self.injection, mode), home)
        config = write_private(home / "config.json", json.dumps(here))
        environment = {**self.injection.environment, "HOME": str(home)}
        if self.injection.connection.ca_pem:
            environment["VAULT_CACERT_BYTES"] = self.vault.ca_file.read_text()
        started = time.time()
        process = self.supervisor.start(
            f"{self.folder.name}-{mode.value}",
            [self.vault.binary, "agent", f"-config={config}"],
            env=self.supervisor.environment(**environment),
            cwd=home,
        )
        return Agent(process, home, started)

    def end(self, agent: Agent) -> None:
        """As when the pod is deleted."""
        self.supervisor.end(agent.process)

    def _here(self, config: dict[str, Any], home: Path) -> dict[str, Any]:
        """With this machine's paths and addresses."""
        config = {**config, "vault": {**config["vault"], "address": self.vault.address}}
        if config.get("listener"):
            address = f"{LOOPBACK}:{free_port()}"
            config["listener"] = [{**one, "address": address} for one in config["listener"]]
        if persist := config.get("cache", {}).get("persist"):
            # The agent looks for this token in one fixed place of the file system.
            persist = {**persist, "service_account_token_file": f"{API_TOKEN}/token"}
            config["cache"] = {**config["cache"], "persist": persist}
        places = {HOME: str(home)}
        for path in self._paths():
            places[path] = str(self.place(path))
        here: dict[str, Any] = _replaced(config, places)
        return here

    def _paths(self) -> set[str]:
        """The folders that the configuration may name."""
        folders = {str(PurePosixPath(file.destination).parent) for file in self.injection.files}
        folders |= {self.injection.token.mount, API_TOKEN, CACHE_FOLDER}
        if self.injection.connection.ca_cert:
            folders.add(str(PurePosixPath(self.injection.connection.ca_cert).parent))
        return folders


def _replaced(value: Any, places: Mapping[str, str], name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _replaced(inner, places, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, places, name) for inner in value]
    if not isinstance(value, str) or name == "contents":
        return value
    longest_first = sorted(places, key=len, reverse=True)
    pattern = rf"(?<![\w./-])({'|'.join(map(re.escape, longest_first))})(?![\w.-])"
    return re.sub(pattern, lambda found: places[found[1]], value)


def _refuse_what_would_leave_the_pod(injection: Injection) -> None:
    for file in injection.files:
        if found := _BY_NAME.search(file.command):
            raise RehearsalError(
                f"the command of file {file.name!r}: `{found[0]}` would reach processes of this "
                "machine that are no part of the pod, so it is not run here; let the command write "
                "a file that the application watches"
            )
    if "HTTPS_PROXY" in injection.environment:
        raise RehearsalError(
            "proxy-address: a rehearsal reaches nothing but this machine; leave the proxy out"
        )
    if injection.connection.tls_skip_verify:
        raise RehearsalError(
            "tls-skip-verify: an agent that does not look who answers gives its token to anybody; "
            "name Vault's authority instead"
        )
