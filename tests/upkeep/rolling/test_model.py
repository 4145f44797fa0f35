from __future__ import annotations

from dataclasses import replace

import pytest

from tests.upkeep.rolling.world import look, sealed, server, servers
from upkeep.rolling.model import Peer, Role, Server


def test_a_server_with_which_all_is_well_lacks_nothing() -> None:
    assert server("vault-0").lacks == ""


def changed(what: str) -> Server:
    one = server("vault-0")
    assert one.said
    assert one.pod
    match what:
        case "has no pod":
            return replace(one, pod=None)
        case "is ending":
            return replace(one, pod=replace(one.pod, terminating=True))
        case "does not answer (connection refused)":
            return replace(one, said=None, silent="connection refused")
        case "is not initialised: it has not joined, or lost its disk":
            return replace(one, said=replace(one.said, initialized=False, sealed=True))
        case "is sealed":
            return sealed(one)
        case "sees no leader":
            return replace(one, said=replace(one.said, sees_leader=False))
        case "is not known to autopilot":
            return replace(one, peer=None)
        case "has no vote":
            return replace(one, peer=Peer(voter=False, healthy=True))
        case "is unhealthy, says autopilot":
            return replace(one, peer=Peer(voter=True, healthy=False))
    raise AssertionError(what)


@pytest.mark.parametrize(
    "what",
    [
        "has no pod",
        "is ending",
        "does not answer (connection refused)",
        "is not initialised: it has not joined, or lost its disk",
        "is sealed",
        "sees no leader",
        "is not known to autopilot",
        "has no vote",
        "is unhealthy, says autopilot",
    ],
)
def test_what_a_server_lacks(what: str) -> None:
    assert changed(what).lacks == what


def test_the_version_is_what_runs_and_else_what_its_image_says() -> None:
    assert str(server("vault-0", runs="1.20.4").version) == "1.20.4"
    assert str(replace(server("vault-0", runs="1.20.4"), said=None).version) == "1.20.4"
    assert replace(server("vault-0"), said=None, pod=None).version is None


def test_roles() -> None:
    assert server("vault-0", leads=True).role is Role.LEADER
    assert server("vault-0").role is Role.STANDBY
    assert sealed(server("vault-0")).role is None


def test_nobody_is_the_leader_where_two_say_so() -> None:
    assert look(*servers()).leader == servers()[0]
    two = look(server("vault-0", leads=True), server("vault-1", leads=True))
    assert two.leader is None


@pytest.mark.parametrize(
    ("voters", "healthy", "margin"), [(3, 3, 1), (3, 2, 0), (3, 1, -1), (5, 5, 2), (5, 4, 1)]
)
def test_the_margin_is_what_may_still_fail(voters: int, healthy: int, margin: int) -> None:
    given = [
        replace(one, peer=Peer(voter=True, healthy=number < healthy))
        for number, one in enumerate(servers(voters))
    ]
    assert look(*given).margin == margin


def test_a_vote_that_nobody_casts_counts_against_the_margin() -> None:
    gone = {"vault-9": Peer(voter=True, healthy=False), "vault-8": Peer(voter=False, healthy=False)}
    assert replace(look(*servers(3)), strangers=gone).margin == 0
