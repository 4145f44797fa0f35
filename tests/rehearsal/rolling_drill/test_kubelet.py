"""The frames of port-forwarding, over a real TLS connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.certificates import Authority
from rehearsal.rolling_drill import kubelet


@pytest.fixture
def link(tmp_path: Path) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    authority = Authority.create("tests")
    pair = authority.issue("localhost")
    (tmp_path / "crt").write_text(pair.certificate_pem)
    (tmp_path / "key").write_text(pair.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    trust = ssl.create_default_context(cadata=authority.certificate_pem)
    ours, theirs = socket.socketpair()
    made: list[ssl.SSLSocket] = []
    thread = threading.Thread(
        target=lambda: made.append(context.wrap_socket(ours, server_side=True))
    )
    thread.start()
    client = trust.wrap_socket(theirs, server_hostname="localhost")
    thread.join()
    with made[0] as server, client:
        yield server, client


def masked(data: bytes, kind: int = 2) -> bytes:
    """As a client sends it."""
    mask = b"\x01\x02\x03\x04"
    body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
    size = len(data)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((0x80 | kind,)) + length + mask + body


@pytest.mark.parametrize("size", [1, 125, 126, 5000])
def test_a_frame_is_read(link: tuple[ssl.SSLSocket, ssl.SSLSocket], size: int) -> None:
    server, client = link
    data = bytes(range(256)) * 20
    client.sendall(masked(data[:size]))
    assert kubelet._frame(server) == (2, data[:size])


@pytest.mark.parametrize("size", [1, 125, 126, 5000])
def test_a_frame_is_written(link: tuple[ssl.SSLSocket, ssl.SSLSocket], size: int) -> None:
    server, client = link
    kubelet._send(server, b"x" * size)
    assert kubelet._frame(client) == (2, b"x" * size)


def test_bytes_go_both_ways_until_an_end(link: tuple[ssl.SSLSocket, ssl.SSLSocket]) -> None:
    server, client = link
    target, vault = socket.socketpair()
    relay = threading.Thread(target=kubelet._relay, args=(server, target))
    relay.start()
    client.sendall(masked(b"\0hello"))
    assert vault.recv(100) == b"hello"
    vault.sendall(b"world")
    assert kubelet._frame(client) == (2, b"\0world")
    client.sendall(masked(b"ping", kind=9))
    assert kubelet._frame(client) == (10, b"ping")
    vault.close()
    assert kubelet._frame(client)[0] == 8
    relay.join(timeout=5)
    assert not relay.is_alive()
    target.close()
