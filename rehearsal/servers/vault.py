"""One Vault server as a process: started as it is told, until its API answers.

It deliberately knows nothing of what is in the server's configuration, and neither initialises nor
unseals: that is what the rehearsed program does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import requests

from rehearsal.ports import require_free_port
from rehearsal.servers import PATIENCE, answer, http_session
from rehearsal.supervisor import Process, Supervisor, wait_until, write_private


@dataclass(frozen=True)
class VaultServer:
    """A Vault server whose API answers, sealed or not. `address` is its API's base URL."""

    name: str
    address: str
    process: Process
    ca_file: Path | None = None
    folder: Path = Path()
    """Its working directory, to which its relative paths relate."""
    again: "Callable[[], VaultServer]" = field(repr=False, compare=False, kw_only=True)
    """Starts it once more after its process ended: same folder, configuration and address."""


def start(
    supervisor: Supervisor,
    binary: Path,
    config_hcl: str,
    address: str,
    *,
    env: Mapping[str, str] | None = None,
    name: str = "vault",
    ca_file: Path | None = None,
) -> VaultServer:
    """Start `vault server` with this configuration, in a folder of its own.

    `address`: the base URL of the API that the configuration's listener serves. `env`: variables
    of the server, such as the seal's credentials. Raises RehearsalError.
    """
    folder = supervisor.folder / name
    folder.mkdir(mode=0o700, exist_ok=True)
    config = write_private(folder / "config.hcl", config_hcl)
    command: list[str | Path] = [binary, "server", f"-config={config}"]
    return start_command(
        supervisor, command, address, env=env, name=name, folder=folder, ca_file=ca_file
    )


def start_command(
    supervisor: Supervisor,
    command: Sequence[str | Path],
    address: str,
    *,
    env: Mapping[str, str] | None,
    name: str,
    folder: Path,
    ca_file: Path | None,
) -> VaultServer:
    """Start a command that becomes a Vault server, and wait until its API answers anything.

    `env`: variables of the server; none of the caller's are passed on, so no VAULT_* either.
    `folder`: its working directory. `ca_file`: the authority of an https listener. Raises
    RehearsalError.
    """
    # Or whoever has the port would be taken for this server.
    require_free_port(
        urlsplit(address).port or 0,
        what=name,
        fix="End that program, or let the listener and the address name another port.",
    )
    process = supervisor.start(name, command, env=supervisor.environment(**(env or {})), cwd=folder)
    session = http_session(str(ca_file) if ca_file else None)
    wait_until(
        lambda: _status(session, address),
        awaited=f"the API of {name} to answer on {address}",
        patience=PATIENCE,
        processes=[process],
    )
    again = partial(
        start_command,
        supervisor,
        command,
        address,
        env=env,
        name=name,
        folder=folder,
        ca_file=ca_file,
    )
    return VaultServer(name, address, process, ca_file, folder=folder, again=again)


def _status(session: requests.Session, address: str) -> int:
    # Answers also when sealed, uninitialised or standby, each with another status.
    return answer(session, f"{address}/v1/sys/health").status_code
