"""What comes over the wire, and what it is taken for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import msgspec
import pytest

from rehearsal.errors import RehearsalError
from rehearsal.fuzz.connection import Connection, Reply
from rehearsal.fuzz.vault import Oracle
from tests.answering import answering


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.path.endswith("/panic"):
            self.close_connection = True
            return
        seen = [self.path, self.headers["X-Vault-Token"], self.rfile.read(length).decode()]
        content = msgspec.json.encode({"data": seen})
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing is to be said of a request."""


@pytest.fixture
def address() -> Iterator[str]:
    with answering(_Echo) as address:
        yield address


def test_a_path_is_escaped_and_the_connection_stays(address: str) -> None:
    with closing(Connection(address)) as connection:
        for body, text in ((None, ""), ({"a": 1}, '{"a":1}')):
            reply = connection.call("PUT", "a b/ä+*?", "token", body, query="list=1")
            assert reply.require("it")["data"] == [
                "/v1/a%20b/%C3%A4%2B%2A%3F?list=1",
                "token",
                text,
            ]


def test_what_closes_the_connection_is_named_without_what_may_be_secret(address: str) -> None:
    with (
        closing(Connection(address)) as connection,
        pytest.raises(RehearsalError, match=r"^PUT panic: Vault did not answer: ") as raised,
    ):
        connection.call("PUT", "panic", "hidden-token", {"token": "hidden-too"})
    assert "hidden" not in str(raised.value)


def test_the_policy_that_closes_the_connection_can_be_read(address: str) -> None:
    with (
        closing(Connection(address)) as connection,
        pytest.raises(RehearsalError, match=r"Vault did not answer: .*; the policy was 'path \{'$"),
    ):
        Oracle(connection, "hidden-token").write_policy("panic", "path {")


def test_errors_are_vaults_words() -> None:
    assert Reply(400, b'{"errors": ["a", "b"]}').errors == "a; b"
    assert Reply(204, b"").errors == ""
    assert Reply(307, b"<a>moved</a>\n").errors == "<a>moved</a>"


def test_what_has_to_succeed_says_why_it_did_not() -> None:
    assert Reply(204, b"").require("it") == {}
    with pytest.raises(RehearsalError, match="a token: Vault said 403: permission denied"):
        Reply(403, b'{"errors": ["permission denied"]}').require("a token")
