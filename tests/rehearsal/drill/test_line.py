"""Requests over kept connections, and why they fail, against a server of our own."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rehearsal.certificates import Authority
from rehearsal.drill.line import CallFailedError, Line, Reply, trusting, why_refused

TIMEOUT = 0.3
PATIENCE = 60.0
"""Which a busy machine does not exhaust."""


@dataclass
class Served:
    address: str
    ca_file: Path
    connections: set[int] = field(default_factory=set)
    asked: list[tuple[str, str, bytes, str | None]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    """A request for `held` is answered once it is set, or after twice `PATIENCE`."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    authority = Authority.create("test")
    pair = authority.issue("server")
    for name, text in (
        ("ca", authority.certificate_pem),
        ("crt", pair.certificate_pem),
        ("key", pair.key_pem),
    ):
        (tmp_path / name).write_text(text)
    seen = Served("", tmp_path / "ca")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.connections.add(self.client_address[1])
            seen.asked.append((self.command, self.path, body, self.headers["X-Vault-Token"]))
            word = self.path.rpartition("/")[2]
            if word == "slow":
                time.sleep(3 * TIMEOUT)
            if word == "held":
                seen.release.wait(2 * PATIENCE)
            if word == "cut":
                self.close_connection = True
                return
            self.send_response(int(word) if word.isdigit() else 200)
            self.send_header("Location", "/v1/elsewhere")
            self.send_header("Content-Length", "8")
            self.end_headers()
            self.wfile.write(b'{"a": 1}')

        do_PUT = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    seen.address = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield seen
    seen.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def line(served: Served) -> Iterator[Line]:
    made = Line("one", served.address, trusting(str(served.ca_file)), "the-token", PATIENCE)
    yield made
    made.close()


@pytest.fixture
def hasty(served: Served) -> Iterator[Line]:
    made = Line("one", served.address, trusting(str(served.ca_file)), "", TIMEOUT)
    yield made
    made.close()


def test_a_connection_is_kept(served: Served, line: Line) -> None:
    assert line.call("GET", "x") == {"a": 1}
    assert line.call("PUT", "y", {"b": 2}) == {"a": 1}
    assert served.asked == [
        ("GET", "/v1/x", b"", "the-token"),
        ("PUT", "/v1/y", b'{"b": 2}', "the-token"),
    ]
    assert len(served.connections) == 1


def test_a_redirect_is_not_followed(served: Served, line: Line) -> None:
    with pytest.raises(CallFailedError, match="307 redirected") as failed:
        line.call("GET", "307")
    assert failed.value.status == 307
    assert len(served.asked) == 1


def test_any_status_is_an_answer_to_who_asks(line: Line) -> None:
    assert line.ask("GET", "503").status == 503


def test_no_answer_in_time(hasty: Line) -> None:
    began = time.monotonic()
    with pytest.raises(CallFailedError, match="no answer in time"):
        hasty.call("GET", "held")
    assert time.monotonic() - began < PATIENCE, "the server holds it for twice that"


def test_a_request_may_have_a_time_of_its_own(hasty: Line) -> None:
    own = 4 * PATIENCE  # longer than anything is held
    assert hasty.call("GET", "x", timeout=own) == {"a": 1}
    assert hasty.call("GET", "slow", timeout=own) == {"a": 1}
    with pytest.raises(CallFailedError, match="no answer in time"):
        hasty.call("GET", "held")


def test_a_connection_that_ends_is_lost_and_the_next_request_has_another(
    served: Served, line: Line
) -> None:
    line.call("GET", "x")
    with pytest.raises(CallFailedError, match="connection lost"):
        line.call("GET", "cut")
    assert line.call("GET", "x") == {"a": 1}
    assert len(served.connections) == 2


def test_what_was_kept_goes_with_what_failed(served: Served, line: Line) -> None:
    """Two connections idle; the server drops one: the other is as old, and not tried."""
    held = threading.Thread(target=line.call, args=("GET", "held"))
    held.start()
    while not served.asked:
        time.sleep(0.01)
    line.call("GET", "x")
    served.release.set()
    held.join()
    assert len(served.connections) == 2
    with pytest.raises(CallFailedError):
        line.call("GET", "cut")
    line.call("GET", "x")
    assert len(served.connections) == 3


def test_nobody_there(served: Served) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{taken.getsockname()[1]}"
        line = Line("one", address, trusting(str(served.ca_file)), "", PATIENCE)
        with pytest.raises(CallFailedError, match="connection refused"):
            line.call("GET", "x")


def test_a_certificate_of_another_authority(served: Served, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(Authority.create("other").certificate_pem)
    line = Line("one", served.address, trusting(str(other)), "", PATIENCE)
    with pytest.raises(CallFailedError, match="certificate refused: "):
        line.call("GET", "x")


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (307, "", "307 redirected"),
        (
            500,
            "local node not active but active cluster node not found",
            "500 no leader",
        ),
        (503, "Vault is sealed", "503 sealed"),
        (500, "failed to audit request", "500 audit"),
        (500, "something else, of 10.0.0.1", "500"),
        (404, "", "404"),
    ],
)
def test_a_refusal_in_words_that_can_be_counted(status: int, body: str, why: str) -> None:
    assert why_refused(Reply(status, f'{{"errors":["{body}"]}}'.encode())) == why


def test_a_reply_does_not_show_its_body() -> None:
    assert "hvs." not in repr(Reply(200, b"hvs.secret"))
