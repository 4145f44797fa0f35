"""Ports of throwaway servers, on the loopback address only, and the direct way to them."""

import os
import random
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError

LOOPBACK: Final = "127.0.0.1"
# Below the range from which systems take the ports of outgoing connections (32768 and up on Linux,
# 49152 and up elsewhere), so that none of these can take a port between our look and its use.
_PORTS: Final = range(20_000, 32_000)
# In every form that some client compares: names, addresses, networks.
_DIRECT: Final = ("localhost", LOOPBACK, "127.0.0.0/8", "::1")
_handed_out: set[int] = set()
_handed_out_lock = threading.Lock()


def ask_directly() -> None:
    """Have this process, and what it hands its environment to, ask loopback addresses directly.

    Where the machine reaches the world through a proxy, clients would ask it for our servers too,
    and it has servers of its own on its loopback address, or none. What lies elsewhere is asked as
    before.
    """
    # Some clients read one name, some the other, and most only the first that is there.
    given = [os.environ.get(name, "") for name in ("no_proxy", "NO_PROXY")]
    hosts = [host.strip() for host in ",".join(given).split(",")]
    if "*" in hosts:
        return  # nothing goes through a proxy, which only a lone star says
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(dict.fromkeys([*filter(None, hosts), *_DIRECT]))


def free_port() -> int:
    """A free TCP port on the loopback address; never the same twice in one run."""
    with _handed_out_lock:
        for port in random.sample(_PORTS, len(_PORTS)):
            if port not in _handed_out and _is_free(port):
                _handed_out.add(port)
                return port
    raise RehearsalError(
        f"no free port on {LOOPBACK} between {_PORTS.start} and {_PORTS.stop - 1}: "
        "end programs that listen there"
    )


def require_free_port(port: int, *, what: str, fix: str) -> None:
    """Raise RehearsalError, naming the port, who has it if that is known, and the fix."""
    if not _is_free(port):
        owner = _owner_of(port)
        by = f" by {owner}" if owner else ""
        raise RehearsalError(f"{what}: port {port} on {LOOPBACK} is already in use{by}. {fix}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set it as well; without it, a port in TIME_WAIT would count as used.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _owner_of(port: int) -> str | None:
    """Name and PID of who listens on a port, where /proc tells; None elsewhere."""
    inode = _listener_inode(port)
    if inode is None:
        return None
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(descriptor.readlink()) == f"socket:[{inode}]":
                pid = descriptor.parts[2]
                name = Path("/proc", pid, "comm").read_text().strip()
                return f"{name} (PID {pid})"
    return None


def _listener_inode(port: int) -> str | None:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                columns = line.split()
                listening = columns[3] == "0A"
                if listening and int(columns[1].rpartition(":")[2], 16) == port:
                    return columns[9]
    return None
