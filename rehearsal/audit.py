"""What the audit devices of running servers hold. Whichever server leads writes, so that all are
read; and old files beside the one that is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from policies.audit_devices import AUDIT_DEVICES
from rehearsal.errors import RehearsalError
from rehearsal.servers.vault import VaultServer
from rehearsal.vault_api import VaultApi
from rehearsal.vaults import Vaults

_STDOUT = "stdout"
# A server's own log goes there, too.
_OWN_LOG = '{"@level"'


def devices_of(reader: VaultApi) -> Mapping[str, str]:
    """Name -> `stdout` or the file's path. `reader` may list them. Raises `RehearsalError`."""
    listed = reader.call("GET", AUDIT_DEVICES)
    if not listed.allowed:
        raise RehearsalError(f"audit devices cannot be listed: {listed.status} {listed.errors}")
    return {
        device["path"].rstrip("/"): device["options"]["file_path"]
        for device in listed.data.values()
    }


def lines_of(vaults: Vaults, path: str) -> Iterator[str]:
    """The entries that a device holds, of all servers, as lines."""
    return chain.from_iterable(_lines(server, path) for server in vaults.servers)


def files_of(vaults: Vaults, path: str) -> list[Path]:
    """Where a device writes, on whichever server leads."""
    return [
        server.process.log if path == _STDOUT else server.folder / path for server in vaults.servers
    ]


def _lines(server: VaultServer, path: str) -> Iterator[str]:
    if path == _STDOUT:
        lines = _read(server.process.log)
        return (line for line in lines if line.startswith("{") and not line.startswith(_OWN_LOG))
    file = server.folder / path
    files = [*sorted(file.parent.glob(f"{file.name}.*")), *([file] if file.exists() else [])]
    return (line for one in files for line in _read(one) if line)


def _read(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.removesuffix("\n")
