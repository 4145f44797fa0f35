"""What the small forwarders share, which stand before a server on the loopback address."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

from rehearsal.errors import NotYet
from rehearsal.ports import LOOPBACK

_CHUNK: Final = 65536


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the source ends, then let the target know."""
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def require_listening(port: int) -> None:
    """For use in `wait_until`. Raises NotYet while nobody listens on the port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError as error:
        raise NotYet(str(error)) from None
