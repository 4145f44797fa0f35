"""TLS in front of a PostgreSQL that has none: PostgreSQL's own negotiation, with a certificate.

The wheel's PostgreSQL is built without OpenSSL. This says yes to a client's SSLRequest, speaks TLS
with it and plain PostgreSQL with the server, both on the loopback address; a client that does not
ask for TLS is turned away.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
import sys
from typing import Final

from rehearsal.certificates import Authority
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import PATIENCE, python_path
from rehearsal.servers.forwarding import pump, require_listening
from rehearsal.supervisor import Supervisor, wait_until, write_private

_SSL_REQUEST: Final = struct.pack("!II", 8, 80877103)


def start(
    supervisor: Supervisor, server_port: int, authority: Authority, name: str = "postgres-tls"
) -> int:
    """Start the proxy with a certificate of `authority`; its port. Raises `RehearsalError`."""
    folder, port = supervisor.subfolder(name), free_port()
    pair = authority.issue("postgres")
    certificate = write_private(folder / "tls.crt", pair.certificate_pem)
    key = write_private(folder / "tls.key", pair.key_pem)
    process = supervisor.start(
        name,
        [
            sys.executable,
            "-m",
            "rehearsal.servers.tls_proxy",
            str(port),
            str(server_port),
            certificate,
            key,
        ],
        env=supervisor.environment(**python_path()),
    )
    wait_until(
        lambda: require_listening(port),
        awaited=f"TLS for PostgreSQL on {LOOPBACK}:{port}",
        patience=PATIENCE,
        processes=[process],
    )
    return port


async def serve(port: int, server_port: int, certificate: str, key: str) -> None:
    """Serve until the process ends."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that leaves, or does not like the certificate, is no failure of this.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            await _forward(reader, writer, tls, server_port)
        writer.close()

    server = await asyncio.start_server(connected, LOOPBACK, port)
    await server.serve_forever()


async def _forward(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    tls: ssl.SSLContext,
    server_port: int,
) -> None:
    if await reader.readexactly(len(_SSL_REQUEST)) != _SSL_REQUEST:
        return
    writer.write(b"S")
    await writer.drain()
    await writer.start_tls(tls)
    server_reader, server_writer = await asyncio.open_connection(LOOPBACK, server_port)
    await asyncio.gather(pump(reader, server_writer), pump(server_reader, writer))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
