from __future__ import annotations

from dataclasses import replace

import pytest

from tests.upkeep.rolling.world import NEW, look, sealed, server, servers, target
from upkeep.rolling.model import Look, Peer
from upkeep.rolling.plan import make_plan


def refused(given: Look) -> str:
    return "\n".join(make_plan(given, {}).refusals)


def test_standbys_come_first_and_the_leader_last() -> None:
    plan = make_plan(look(*servers(5, leader=3)), {})
    assert plan.order == ("vault-4", "vault-2", "vault-1", "vault-0", "vault-3")
    assert plan.leader == "vault-3"
    assert plan.refusals == ()


def test_what_is_up_to_date_is_left_alone() -> None:
    given = look(server("vault-0", leads=True), server("vault-1", revision=NEW), server("vault-2"))
    plan = make_plan(given, {})
    assert plan.order == ("vault-2", "vault-0")
    assert (plan.position("vault-0"), plan.position("vault-1")) == (2, None)


def test_a_leader_that_is_up_to_date_stays() -> None:
    given = look(server("vault-0", leads=True, revision=NEW), server("vault-1"), server("vault-2"))
    assert make_plan(given, {}).order == ("vault-2", "vault-1")


def test_a_restart_ends_those_lives_that_it_marked_and_no_others() -> None:
    given = look(*(server(f"vault-{n}", leads=n == 0, revision=NEW) for n in range(3)))
    assert make_plan(given, {}).order == ()
    marked = {"vault-0": "vault-0-1", "vault-2": "another life"}
    assert make_plan(given, marked).order == ("vault-0",)


def test_a_sealed_server_refuses_it_with_the_fix() -> None:
    zero, one, two = servers()
    said = refused(look(zero, one, sealed(two)))
    assert "vault-2 is sealed; fix: see its log: the KMS key" in said


def test_all_that_is_wrong_is_told_at_once() -> None:
    zero, one, two = servers()
    silent = replace(one, said=None, silent="connection refused")
    said = refused(look(zero, silent, sealed(two), to=target(image="hashicorp/vault:1.19.0")))
    assert "vault-1 does not answer" in said
    assert "vault-2 is sealed" in said
    assert "is a downgrade" in said


@pytest.mark.parametrize("number", [1, 2])
def test_too_few_servers_for_a_rolling_change(number: int) -> None:
    assert "an outage, not a rolling change" in refused(look(*servers(number)))


def test_a_vote_is_needed_of_each() -> None:
    zero, one, two = servers()
    given = look(zero, one, replace(two, peer=Peer(voter=False, healthy=True)))
    assert "vault-2 has no vote" in refused(given)


def test_the_majority_must_survive_it() -> None:
    gone = {"vault-3": Peer(voter=True, healthy=False)}
    given = replace(look(*servers()), strangers=gone)
    assert "losing one server would lose the majority: 3 of 4 voters are healthy" in refused(given)
    assert "remove-peer vault-3" in " ".join(make_plan(given, {}).warnings)


def test_somebody_must_lead() -> None:
    assert "nobody leads" in refused(look(*servers(leader=7)))


def test_autopilots_silence_is_told_once() -> None:
    silent = [replace(one, peer=None) for one in servers()]
    given = replace(look(*silent), autopilot_silent="403")
    assert refused(given) == "autopilot's state cannot be read: 403"


def test_a_downgrade_is_refused_and_says_of_whom() -> None:
    given = look(*servers(), to=target(image="hashicorp/vault:1.20.3"))
    assert refused(given).startswith(
        "vault-0, vault-1 and vault-2: 1.20.4 to 1.20.3 is a downgrade, which Vault does not"
    )


def test_a_version_that_nobody_can_tell_is_refused() -> None:
    given = look(*servers(), to=target(image="hashicorp/vault@sha256:00"))
    assert "fix: give --to-version" in refused(given)


def test_warnings_of_an_upgrade_and_of_key_shares() -> None:
    plan = make_plan(look(*servers()), {})
    assert "take a snapshot now" in " ".join(plan.warnings)
    same = look(*servers(), to=target(image="hashicorp/vault:1.20.4"))
    assert make_plan(same, {}).warnings == ()
    zero, one, two = servers()
    assert zero.said
    by_hand = replace(zero, said=replace(zero.said, unseals_itself=False))
    assert "until somebody unseals it" in " ".join(make_plan(look(by_hand, one, two), {}).warnings)
