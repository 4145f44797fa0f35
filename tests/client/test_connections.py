"""One try: TLS that is verified, an authority that may change, redirects, and what is not JSON."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rehearsal.certificates import Authority
from tests.client.fake_vault import FakeVault, MovableClock, serving
from tests.clock import wait_until
from vaultstack_client import CannotVerify, ClientClosed
from vaultstack_client.connections import Answer, Connections, Unreached


@dataclass
class Tls:
    vault: FakeVault
    authority: Authority
    folder: Path
    ca_file: Path


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[Tls]:
    authority = Authority.create("the right one")
    ca_file = tmp_path / "ca.crt"
    ca_file.write_text(authority.certificate_pem)
    vault = FakeVault()
    vault.answers["sys/x"] = (200, {"data": {"a": 1}})
    with serving(vault, certificate(authority, tmp_path)) as running:
        yield Tls(running, authority, tmp_path, ca_file)


def certificate(authority: Authority, folder: Path, *hosts: str) -> tuple[Path, Path]:
    pair = authority.issue("vault", hosts) if hosts else authority.issue("vault")
    files = folder / "tls.crt", folder / "tls.key"
    files[0].write_text(pair.certificate_pem)
    files[1].write_text(pair.key_pem)
    return files


def ask(connections: Connections, path: str = "sys/x", token: str = "hidden") -> Answer:
    return connections.ask(
        "GET",
        path,
        headers={"X-Vault-Token": token},
        json=None,
        params=None,
        timeout=(1, 1),
    )


def connect(address: str, ca_file: Path | None = None) -> Connections:
    return Connections(address, ca_file, MovableClock())


def test_a_connection_is_kept(tls: Tls) -> None:
    connections = connect(tls.vault.address, tls.ca_file)
    for _ in range(5):
        assert ask(connections).data == {"a": 1}
    assert tls.vault.opened == 1
    assert connections.requests == 5
    connections.close()
    wait_until(lambda: tls.vault.connections == 0)
    with pytest.raises(ClientClosed):
        ask(connections)


def test_none_is_left_open_by_what_still_refers_to_it(tls: Tls) -> None:
    """Such as an error: urllib3 itself closes them when nothing does."""
    connections = connect(tls.vault.address, tls.ca_file)
    ask(connections)
    session = connections._session
    assert session is not None
    pools = session.get_adapter(tls.vault.address).poolmanager.pools  # type: ignore[attr-defined]
    (held,) = [pools.get(key) for key in pools.keys()]  # noqa: SIM118 - it cannot be iterated
    connections.close()
    wait_until(lambda: tls.vault.connections == 0)
    assert held is not None


def test_a_stranger_is_sent_nothing(tls: Tls) -> None:
    other = tls.folder / "other.crt"
    other.write_text(Authority.create("somebody else").certificate_pem)
    connections = connect(tls.vault.address, other)
    with pytest.raises(CannotVerify, match=r"must verify by ca_file .*other.crt, but .*give the"):
        ask(connections)
    with pytest.raises(CannotVerify, match="by the public authorities"):
        ask(connect(tls.vault.address))
    assert tls.vault.requests == []


def test_another_name_is_a_stranger(tmp_path: Path) -> None:
    authority = Authority.create("the right one")
    ca_file = tmp_path / "ca.crt"
    ca_file.write_text(authority.certificate_pem)
    files = certificate(authority, tmp_path, "vault.example.com")
    with (
        serving(FakeVault(), files) as vault,
        pytest.raises(CannotVerify, match="one of its names"),
    ):
        ask(connect(vault.address, ca_file))
    assert vault.requests == []


def test_a_new_authority_counts_at_once_and_an_old_one_no_longer(tls: Tls) -> None:
    connections = connect(tls.vault.address, tls.ca_file)
    ask(connections)
    # As Kubernetes does it: a new file in the place of the old.
    new = tls.folder / "new.crt"
    new.write_text(Authority.create("the next one").certificate_pem)
    new.replace(tls.ca_file)
    with pytest.raises(CannotVerify):
        ask(connections)
    tls.ca_file.write_text(tls.authority.certificate_pem)
    assert ask(connections).ok
    connections.close()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"ca_file .*: must be readable, but No such file.*correct VAULT_CACERT"),
        ("no certificate", r"ca_file .*: must hold certificates as PEM, but .*give the authority"),
    ],
)
def test_an_authority_that_is_none(tls: Tls, content: str | None, message: str) -> None:
    file = tls.folder / "broken.crt"
    if content:
        file.write_text(content)
    with pytest.raises(CannotVerify, match=message):
        ask(connect(tls.vault.address, file))


def test_a_redirect_to_a_leader_with_the_same_authority(tls: Tls) -> None:
    leader = FakeVault(answers={"sys/x": (200, {"data": {"a": 2}})})
    with serving(leader, certificate(tls.authority, tls.folder)) as leader:
        tls.vault.redirect = leader.address
        connections = connect(tls.vault.address, tls.ca_file)
        answer = connections.ask(
            "POST",
            "sys/x",
            headers={"X-Vault-Token": "hidden"},
            json={"b": 2},
            params=None,
            timeout=(1, 1),
        )
        connections.close()
    assert answer.data == {"a": 2}
    assert leader.requests == [("POST", "sys/x")]
    assert leader.bodies == [{"b": 2}]
    assert leader.headers[0]["X-Vault-Token"] == "hidden"


def test_a_redirect_to_a_stranger_takes_no_token_there(tls: Tls) -> None:
    files = certificate(Authority.create("somebody else"), tls.folder)
    with serving(FakeVault(), files) as stranger:
        tls.vault.redirect = stranger.address
        connections = connect(tls.vault.address, tls.ca_file)
        with pytest.raises(CannotVerify):
            ask(connections)
        connections.close()
    assert stranger.requests == []


def test_a_redirect_without_tls_takes_no_token_there(tls: Tls, vault: FakeVault) -> None:
    tls.vault.redirect = vault.address
    connections = connect(tls.vault.address, tls.ca_file)
    with pytest.raises(CannotVerify, match="must stay with https, and the token was not sent"):
        ask(connections)
    connections.close()
    assert vault.requests == []


def test_a_redirect_in_a_circle_ends(vault: FakeVault) -> None:
    vault.redirect = vault.address
    connections = connect(vault.address)
    with pytest.raises(Unreached, match="redirected in a circle"):
        ask(connections)
    connections.close()
    assert len(vault.requests) == 4


def test_nobody_there(unused_address: str) -> None:
    with pytest.raises(Unreached, match="Connection refused") as caught:
        ask(connect(unused_address))
    assert not caught.value.sent
    assert caught.value.__context__ is None, "it would hold the request, and that the token"


@pytest.fixture
def unused_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("payload", [b"<html>busy</html>", b"[1]", b"\xff"])
def test_an_answer_that_is_not_vaults(payload: bytes) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(payload) + payload) as at:
        connections = connect(at)
        with pytest.raises(Unreached, match="its answer is not Vault's JSON") as caught:
            ask(connections)
        connections.close()
    assert caught.value.sent


def test_a_refusal_of_a_proxy_is_an_answer_without_reasons() -> None:
    with answering(b"HTTP/1.1 502 Bad\r\nContent-Length: 6\r\nRetry-After: 7\r\n\r\n<html>") as at:
        connections = connect(at)
        answer = ask(connections)
        connections.close()
    assert (answer.status, answer.errors, answer.retry_after) == (502, "", 7.0)


class answering:  # noqa: N801 - used as a function is
    """A server that says the same to whoever connects, once."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def __enter__(self) -> str:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(self._said)

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._socket.close()


def test_vaults_clock_and_ours_at_sending(vault: FakeVault) -> None:
    vault.clock.jump(-500)
    vault.answers["sys/x"] = (200, {})
    connections = connect(vault.address)
    answer = ask(connections)
    connections.close()
    assert answer.said_at is not None
    assert answer.asked.wall - answer.said_at == pytest.approx(500, abs=2)


def test_the_environment_changes_nothing(
    vault: FakeVault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\n")
    monkeypatch.setenv("NETRC", str(netrc))
    vault.answers["sys/x"] = (200, {})
    connections = connect(vault.address)
    ask(connections)
    connections.close()
    assert "Authorization" not in vault.headers[0]


def test_no_body_is_shown(vault: FakeVault) -> None:
    data: dict[str, Any] = {"data": {"x": "hidden"}}
    vault.answers["sys/x"] = (200, data)
    connections = connect(vault.address)
    assert "hidden" not in repr(ask(connections))
    connections.close()
