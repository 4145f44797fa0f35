"""A kubelet's API, as far as port-forwarding needs it: what the API server passes an upgrade to.

Speaks the WebSocket form (`v4.channel.k8s.io`): two channels for a port, data and errors, each
frame led by its channel's number; the first frame of each names the port. Connections end at the
pod's place on this machine.
"""

from __future__ import annotations

import base64
import hashlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

from rehearsal.certificates import Authority
from rehearsal.ports import LOOPBACK
from rehearsal.rolling_drill.api import Rest
from rehearsal.supervisor import Supervisor, write_private

_PROTOCOL: Final = "v4.channel.k8s.io"
_MAGIC: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BINARY, _CLOSE, _PING, _PONG = 2, 8, 9, 10
_DATA: Final = b"\0"
_MOST_AT_ONCE: Final = 16_384


class Kubelet:
    """From entering to leaving. `address_of`: a pod's port on this machine."""

    def __init__(
        self,
        supervisor: Supervisor,
        rest: Rest,
        node: str,
        address_of: Callable[[str], tuple[str, int]],
    ) -> None:
        self._rest, self._node, self._address_of = rest, node, address_of
        folder = supervisor.subfolder("kubelet")
        pair = Authority.create("rehearsal kubelets").issue(node)
        certificate = write_private(folder / "tls.crt", pair.certificate_pem)
        key = write_private(folder / "tls.key", pair.key_pem)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)
        self.forwarded = 0
        """Connections so far."""

    def __enter__(self) -> Self:
        self._listener = socket.create_server((LOOPBACK, 0))
        port = self._listener.getsockname()[1]
        self._rest.must(
            "POST",
            "/api/v1/nodes",
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": self._node}},
        )
        status = {
            "addresses": [{"type": "InternalIP", "address": LOOPBACK}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        }
        self._rest.must("PATCH", f"/api/v1/nodes/{self._node}/status", {"status": status})
        threading.Thread(target=self._accept, name="kubelet", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed, when it is time
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError, ValueError), self._tls.wrap_socket(plain, server_side=True) as link:
            path, headers = _request(link)
            if not path.startswith("/portForward/") or _PROTOCOL not in headers.get(
                "sec-websocket-protocol", ""
            ):
                link.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            pod = path.partition("?")[0].split("/")[3]
            with socket.create_connection(self._address_of(pod), timeout=5) as target:
                target.settimeout(None)
                self.forwarded += 1
                _accept_upgrade(link, headers["sec-websocket-key"])
                port = struct.pack("<H", 8200)
                for channel in (b"\0", b"\1"):
                    _send(link, channel + port)
                _relay(link, target)


def _relay(link: ssl.SSLSocket, target: socket.socket) -> None:
    """Until either ends. In one thread, as TLS is not for two."""
    while True:
        ready = [link] if link.pending() else select.select([link, target], [], [])[0]
        if target in ready:
            data = target.recv(_MOST_AT_ONCE)
            if not data:
                _send(link, struct.pack("!H", 1000), _CLOSE)
                return
            _send(link, _DATA + data)
        if link in ready:
            kind, data = _frame(link)
            if kind == _CLOSE:
                return
            if kind == _PING:
                _send(link, data, _PONG)
            elif data[:1] == _DATA:
                target.sendall(data[1:])


def _request(link: ssl.SSLSocket) -> tuple[str, dict[str, str]]:
    read = b""
    while b"\r\n\r\n" not in read:
        more = link.recv(_MOST_AT_ONCE)
        if not more:
            raise ValueError("ended within its headers")
        read += more
    first, *lines = read.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return first.split(" ")[1], headers


def _accept_upgrade(link: ssl.SSLSocket, key: str) -> None:
    digest = hashlib.sha1((key + _MAGIC).encode(), usedforsecurity=False).digest()
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}",
        f"Sec-WebSocket-Protocol: {_PROTOCOL}",
    )
    link.sendall("\r\n".join((*lines, "", "")).encode())


def _send(link: ssl.SSLSocket, data: bytes, kind: int = _BINARY) -> None:
    size, first = len(data), 0x80 | kind
    length = struct.pack("!BBH", first, 126, size) if size > 125 else bytes((first, size))
    link.sendall(length + data)


def _frame(link: ssl.SSLSocket) -> tuple[int, bytes]:
    first, second = _exactly(link, 2)
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", _exactly(link, 2))
    elif size == 127:
        (size,) = struct.unpack("!Q", _exactly(link, 8))
    mask = _exactly(link, 4) if second & 0x80 else bytes(4)
    data = _exactly(link, size)
    return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))


def _exactly(link: ssl.SSLSocket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        more = link.recv(size - len(read))
        if not more:
            raise ConnectionError("ended")
        read += more
    return read
