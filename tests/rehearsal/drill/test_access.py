"""What the drill's token may do: what drills need, and no more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from policies.hcl import parse
from rehearsal.drill import access
from rehearsal.drill.access import AUDIT_DEVICES
from rehearsal.drill.traffic import MOUNT
from rehearsal.vault_api import Answer
from tests.rehearsal.fakes import Call, FakeVault, answer


def test_a_token_of_its_own_is_made_with_a_policy_of_its_own() -> None:
    def answering(call: Call) -> Answer:
        made = call.path == "auth/token/create-orphan"
        return answer(auth={"client_token": "drill's"}) if made else answer()

    root = FakeVault(answering, "root's")
    assert access._prepare(root) == "drill's"
    mounted, written, made = root.calls
    assert (mounted.path, mounted.body["options"]) == (f"sys/mounts/{MOUNT}", {"version": "2"})
    assert written.path == "sys/policies/acl/drill"
    paths = {stanza.path for stanza in parse(written.body["policy"])}
    assert paths == {
        f"{MOUNT}/*",
        "sys/step-down",
        "sys/storage/raft/autopilot/state",
        "auth/token/revoke-self",
        *(f"sys/audit/{device}" for device in AUDIT_DEVICES),
    }
    assert made.body["policies"] == ["drill"]
    assert made.body["no_default_policy"] is True
    assert "period" not in made.body


def test_a_token_that_no_server_would_end_stops_nothing() -> None:
    nobody = SimpleNamespace(address="http://127.0.0.1:1")
    stood: Any = SimpleNamespace(scene=SimpleNamespace(vaults=SimpleNamespace(servers=(nobody,))))
    access._end(FakeVault(), stood)
