"""What is updated: what differs and is targeted. The rest stays as the state has it."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.mocks import MockResourceArgs

from rehearsal.monitor import LiveMonitor
from rehearsal.recovery_drill.up import UpdatingMonitor, pattern

POLICY = "vault:index/policy:Policy"


def registered(name: str, inputs: dict[str, Any], type_: str = POLICY) -> MockResourceArgs:
    return MockResourceArgs(
        typ=type_, name=name, inputs=inputs, provider="", resource_id="", custom=True
    )


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> UpdatingMonitor:
    def make(_self: LiveMonitor, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"made-{args.name}", args.inputs

    monkeypatch.setattr(LiveMonitor, "new_resource", make)
    state = {
        f"{POLICY}::one": {"id": "1", "state": {"policy": "old", "path": "p"}},
        "vault:index/mount:Mount::kv": {"id": "2", "state": {"path": "secret", "accessor": "a"}},
    }
    return UpdatingMonitor("ca.crt", f"**{POLICY}::*", state)


def test_what_is_as_it_was_is_left(monitor: UpdatingMonitor) -> None:
    assert monitor.new_resource(registered("one", {"policy": "old"})) == (
        "1",
        {"policy": "old", "path": "p"},
    )
    assert monitor.updated == monitor.left == []


def test_what_differs_is_made_and_remembered(monitor: UpdatingMonitor) -> None:
    assert monitor.new_resource(registered("one", {"policy": "new"}))[0] == "made-one"
    assert monitor.updated == [f"{POLICY}::one"]
    monitor.new_resource(registered("one", {"policy": "new"}))
    assert monitor.updated == [f"{POLICY}::one"]


def test_what_is_not_targeted_stays_though_it_differs(monitor: UpdatingMonitor) -> None:
    changed = registered("kv", {"path": "other"}, "vault:index/mount:Mount")
    id_, outputs = monitor.new_resource(changed)
    assert (id_, outputs["path"], outputs["accessor"]) == ("2", "secret", "a")
    assert monitor.updated == []
    assert monitor.left == ["vault:index/mount:Mount::kv"]


@pytest.mark.parametrize(
    ("target", "key", "matches"),
    [
        ("**vault:index/policy:Policy::*", f"{POLICY}::acl-x", True),
        ("**vault:index/policy:Policy::*", f"{POLICY}::a::b", False),
        ("**", "anything::at-all", True),
        ("**vault:index/policy:Policy::acl-x", f"{POLICY}::acl-y", False),
        ("*", f"{POLICY}::acl-x", False),
    ],
)
def test_a_target_is_pulumis_pattern(target: str, key: str, matches: bool) -> None:
    assert bool(pattern(target).fullmatch(key)) is matches
