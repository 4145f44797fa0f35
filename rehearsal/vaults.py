"""The Vault servers of a rehearsal. A Vault that was there before is one on files, behind TLS; what
the program deploys itself is in `rehearsal.pods`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from components.cluster.server_config import (
    FileStorage,
    Listener,
    ServerConfig,
    TlsFiles,
    render,
)
from rehearsal.certificates import Authority
from rehearsal.errors import NotYet
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import vault
from rehearsal.supervisor import Supervisor, wait_until, write_private
from rehearsal.vault_api import VaultApi

Progress = Callable[[str], None]
_PATIENCE = timedelta(seconds=90)


class Vaults(Protocol):
    """The Vault servers of a rehearsal."""

    @property
    def address(self) -> str:
        """The first server's: it is initialised first, so it leads."""

    @property
    def ca_file(self) -> Path: ...

    @property
    def servers(self) -> tuple[vault.VaultServer, ...]:
        """Their APIs answer. Raises `RehearsalError` where none was started yet."""

    def path(self, path: str) -> str:
        """What a server is told instead of an absolute path. Settings inside Vault are the same for
        all servers, so that it must do for each.
        """


@dataclass(frozen=True, slots=True)
class Started:
    """Servers whose API answers; none is initialised."""

    servers: tuple[vault.VaultServer, ...]
    ca_file: Path

    @property
    def address(self) -> str:
        return self.servers[0].address

    def path(self, path: str) -> str:
        return path


def start_one(
    supervisor: Supervisor, binary: Path, authority: Authority, progress: Progress
) -> Vaults:
    """One server with file storage, as dev has it."""
    ca_file, tls = _certificate(supervisor, authority, "vault")
    listens_on = f"{LOOPBACK}:{free_port()}"
    address = f"https://{listens_on}"
    storage = FileStorage(str(supervisor.subfolder("vault-data")))
    config = ServerConfig(Listener(listens_on, tls), storage, api_addr=address)
    server = vault.start(supervisor, binary, render(config), address, ca_file=ca_file)
    progress(f"Vault answers on {address}")
    return Started((server,), ca_file)


def wait_for_voters(vaults: Vaults, reader: VaultApi, progress: Progress) -> None:
    """Returns when every server is healthy and votes, telling of each. `reader` may read
    autopilot's state. Raises `RehearsalError` after 90 s.
    """
    seen: set[str] = set()
    apis = [reader.at(server.address) for server in vaults.servers]

    def all_vote() -> None:
        for api in apis:
            # A standby that is asked who leads looks at once, and not only every 2.5 s.
            api.call("GET", "sys/leader")
        state = reader.call("GET", "sys/storage/raft/autopilot/state").data
        for name, server in sorted((state.get("servers") or {}).items()):
            if server["status"] in ("leader", "voter") and server["healthy"] and name not in seen:
                seen.add(name)
                progress(f"{name} is a {server['status']}")
        if len(seen) < len(vaults.servers):
            raise NotYet(f"{len(seen)} of {len(vaults.servers)} servers vote")

    wait_until(
        all_vote,
        awaited="all servers to be voters",
        patience=_PATIENCE,
        processes=[server.process for server in vaults.servers],
    )


def _certificate(supervisor: Supervisor, authority: Authority, name: str) -> tuple[Path, TlsFiles]:
    folder = supervisor.subfolder(f"{name}-tls")
    pair = authority.issue(name)
    ca_file = write_private(folder / "ca.crt", authority.certificate_pem)
    certificate = write_private(folder / "tls.crt", pair.certificate_pem)
    key = write_private(folder / "tls.key", pair.key_pem)
    return ca_file, TlsFiles(str(certificate), str(key))
