"""What the drill's token may do: what drills need, and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components.bootstrap import ceremony
from policies.hcl import parse
from rehearsal import stand_up
from rehearsal.drill import access
from rehearsal.drill.access import AUDIT_DEVICES, drill_token
from rehearsal.drill.traffic import MOUNT
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.vault_api import Answer
from tests.rehearsal.fakes import Call, FakeVault, answer, refusal

CA_FILE = Path("/cluster/ca.crt")
END = "POST auth/token/revoke-self"
READY = f"{MOUNT}/data/ready"


def test_a_token_of_its_own_is_made_with_a_policy_of_its_own() -> None:
    def answering(call: Call) -> Answer:
        made = call.path == "auth/token/create-orphan"
        return answer(auth={"client_token": "drill's"}) if made else answer()

    root = FakeVault(answering, "root's")
    assert access._prepare(root) == "drill's"
    mounted, written, made = root.calls
    assert mounted.path == f"sys/mounts/{MOUNT}"
    assert mounted.body == {"type": "kv", "options": {"version": "2"}}
    assert written.path == "sys/policies/acl/drill"
    paths = {stanza.path for stanza in parse(written.body["policy"])}
    assert paths == {
        f"{MOUNT}/*",
        "sys/step-down",
        "sys/storage/raft/autopilot/state",
        "auth/token/revoke-self",
        *(f"sys/audit/{device}" for device in AUDIT_DEVICES),
    }
    assert made.body == {
        "policies": ["drill"],
        "no_default_policy": True,
        "ttl": "12h",
        "display_name": "drill",
    }


@dataclass
class Servers:
    """By their addresses: what each answers, or why it does not."""

    answers: dict[str, Answer | OSError]
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """The address, the method with the path, and the token."""

    @property
    def stood(self) -> Any:
        servers = tuple(SimpleNamespace(address=address) for address in self.answers)
        scene = SimpleNamespace(
            vault_address="a", ca_file=CA_FILE, vaults=SimpleNamespace(servers=servers)
        )
        return SimpleNamespace(scene=scene, shares=("share",))

    def api(self, address: str, ca_file: str, token: str) -> FakeVault:
        assert ca_file == str(CA_FILE)
        return Api(self, address, token)


class Api(FakeVault):
    """One server's."""

    def __init__(self, servers: Servers, address: str, token: str) -> None:
        super().__init__(self._said, token)
        self._servers, self.address, self.ca_file = servers, address, str(CA_FILE)

    def with_token(self, token: str) -> FakeVault:
        return Api(self._servers, self.address, token)

    def _said(self, call: Call) -> Answer:
        asked = f"{call.method} {call.path}"
        self._servers.asked.append((self.address, asked, self.token))
        said = self._servers.answers[self.address]
        if isinstance(said, OSError):
            raise said
        return said


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    made = answer(auth={"client_token": "drill's"})
    servers = Servers({"a": made, "b": made})

    def regain_root(client: str, shares: tuple[str, ...]) -> str:
        assert (client, shares) == (f"client of a, {CA_FILE}", ("share",))
        return "root's"

    monkeypatch.setattr(ceremony, "connect", lambda address, ca: f"client of {address}, {ca}")
    monkeypatch.setattr(ceremony, "regain_root", regain_root)
    monkeypatch.setattr(access, "VaultApi", servers.api)
    monkeypatch.setattr(stand_up, "VaultApi", servers.api)
    return servers


def test_the_root_token_ends_before_the_drills_begin(servers: Servers) -> None:
    with drill_token(servers.stood) as token:
        assert token == "drill's"
        assert ("a", END, "root's") in servers.asked
        assert ("a", END, "drill's") not in servers.asked
        assert servers.asked[-1] == ("a", f"PUT {READY}", "drill's")
    assert servers.asked[-1] == ("a", END, "drill's")


def test_the_root_token_ends_where_it_may_not_do_what_it_must(servers: Servers) -> None:
    servers.answers["a"] = refusal()
    with (
        pytest.raises(RehearsalError, match=r"sys/mounts/drill: Vault said 403"),
        drill_token(servers.stood),
    ):
        pytest.fail("there is no token")
    assert servers.asked[-1] == ("a", END, "root's")


def test_the_drills_token_ends_where_they_fail(servers: Servers) -> None:
    with pytest.raises(RehearsalError, match="outage"), drill_token(servers.stood):
        raise RehearsalError("outage cannot begin")
    assert servers.asked[-1] == ("a", END, "drill's")


def test_the_drills_mount_is_waited_for() -> None:
    said = [refusal(400, "Upgrading from non-versioned to versioned data"), answer()]
    own = FakeVault(lambda _: said.pop(0))
    with pytest.raises(NotYet, match="400 Upgrading"):
        access._writable(own)
    access._writable(own)
    write = Call("PUT", READY, {"data": {"value": True}}, {})
    assert own.calls == [write, write]


@pytest.mark.parametrize("away", [ConnectionError("refused"), refusal(503, "Vault is sealed")])
def test_the_token_is_ended_by_the_first_server_that_would(
    away: Answer | OSError, servers: Servers
) -> None:
    servers.answers = {"a": away, "b": answer(), "c": answer()}
    access._end(servers.api("a", str(CA_FILE), "drill's"), servers.stood)
    assert servers.asked == [("a", END, "drill's"), ("b", END, "drill's")]


def test_a_token_that_no_server_would_end_stops_nothing(servers: Servers) -> None:
    servers.answers = {"a": ConnectionError("refused"), "b": refusal(503)}
    access._end(servers.api("a", str(CA_FILE), "drill's"), servers.stood)
    assert [address for address, _, _ in servers.asked] == ["a", "b"]
