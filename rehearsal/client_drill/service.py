"""Plays the Kubernetes Service in front of the servers: an address whose connections go to one of
the servers that are ready, as kube-proxy would choose.

A server is ready that says so every second; what was connected to one that ends is cut, and whoever
connects while none is ready is turned away. Frozen (SIGSTOP), it is a network that stalls.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import PATIENCE, python_path
from rehearsal.servers.forwarding import pump, require_listening
from rehearsal.supervisor import Process, Supervisor, wait_until

_LOOKS_SECONDS: Final = 1.0
_READY: Final = "/v1/sys/health?standbyok=true"


def start(supervisor: Supervisor, servers: Sequence[str], ca_file: Path) -> tuple[str, Process]:
    """The Service's base URL, and its process. `servers`: their base URLs.

    Raises RehearsalError.
    """
    port = free_port()
    module = "rehearsal.client_drill.service"
    command = [sys.executable, "-m", module, str(port), str(ca_file), *servers]
    process = supervisor.start(
        "vault-service", command, env=supervisor.environment(**python_path())
    )
    wait_until(
        lambda: require_listening(port),
        awaited=f"the Service on {LOOPBACK}:{port}",
        patience=PATIENCE,
        processes=[process],
    )
    return f"https://{LOOPBACK}:{port}", process


class _Service:
    def __init__(self, servers: Sequence[int], ca_file: str) -> None:
        self._servers, self._trust = servers, ssl.create_default_context(cafile=ca_file)
        self._ready: list[int] = []

    async def serve(self, port: int) -> None:
        await self._look()
        server = await asyncio.start_server(self._connected, LOOPBACK, port)
        async with server:
            while True:
                await asyncio.sleep(_LOOKS_SECONDS)
                await self._look()

    async def _look(self) -> None:
        answers = await asyncio.gather(*map(self._is_ready, self._servers))
        self._ready = [port for port, ready in zip(self._servers, answers, strict=True) if ready]

    async def _is_ready(self, port: int) -> bool:
        try:
            async with asyncio.timeout(_LOOKS_SECONDS):
                reader, writer = await asyncio.open_connection(
                    LOOPBACK, port, ssl=self._trust, server_hostname=LOOPBACK
                )
                writer.write(f"GET {_READY} HTTP/1.0\r\nHost: {LOOPBACK}\r\n\r\n".encode())
                status = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return False
        return status.split()[1:2] == [b"200"]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            if self._ready:
                port = random.choice(self._ready)  # noqa: S311 - as kube-proxy does
                behind, onward = await asyncio.open_connection(LOOPBACK, port)
                await asyncio.gather(pump(reader, onward), pump(behind, writer))
        writer.close()


if __name__ == "__main__":
    ports = [urlsplit(server).port or 0 for server in sys.argv[3:]]
    asyncio.run(_Service(ports, sys.argv[2]).serve(int(sys.argv[1])))
