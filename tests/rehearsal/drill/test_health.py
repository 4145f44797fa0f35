"""What a cluster lacks to be healthy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rehearsal.drill.health import View, missing

LEADER = "https://a"
A = View("a", answers=True, active=True, leader_address=LEADER, committed=9, applied=9)
B = View("b", answers=True, leader_address=LEADER, committed=9, applied=9)
C = replace(B, name="c")
GOOD: dict[str, Any] = {
    "servers": {name: {"healthy": True} for name in "abc"},
    "voters": ["a", "b", "c"],
}


def test_a_healthy_cluster_lacks_nothing() -> None:
    assert missing([A, B, C], GOOD, 9) == ""


@pytest.mark.parametrize(
    ("views", "said"),
    [
        ([A, replace(B, answers=False), C], "b sealed or not answering"),
        ([replace(A, active=False), B, C], "0 active servers"),
        ([A, replace(B, active=True), C], "2 active servers"),
        ([A, B, replace(C, leader_address="https://b")], "c without the leader a"),
        ([A, replace(B, leader_address=""), C], "b without the leader a"),
        ([A, replace(B, applied=8), replace(C, applied=7)], "b, c behind the leader a"),
    ],
)
def test_what_is_missing_is_said_of_the_server_it_is_missing_at(
    views: list[View], said: str
) -> None:
    assert missing(views, GOOD, 9) == said


def test_who_has_what_was_committed_before_may_be_behind_what_is_now() -> None:
    assert missing([replace(A, committed=50, applied=49), B, C], GOOD, 9) == ""


@pytest.mark.parametrize(
    ("autopilot", "said"),
    [
        ({}, "a, b, c unhealthy, says autopilot"),
        ({**GOOD, "servers": {**GOOD["servers"], "b": {"healthy": False}}}, "b unhealthy"),
        ({**GOOD, "voters": ["a", "b"]}, "c without a vote"),
        ({**GOOD, "voters": None}, "a, b, c without a vote"),
    ],
)
def test_autopilot_must_agree(autopilot: dict[str, Any], said: str) -> None:
    assert missing([A, B, C], autopilot, 9).startswith(said)


def test_a_server_speaks_for_itself() -> None:
    said = {
        "is_self": True,
        "leader_address": LEADER,
        "raft_committed_index": 9,
        "raft_applied_index": 9,
    }
    assert View.of("a", said) == A
    assert View.of("b", {}) == View("b", answers=True)
