from __future__ import annotations

from dataclasses import replace

from tests.upkeep.rolling.world import look, sealed, servers
from upkeep.rolling.model import Peer
from upkeep.rolling.watch import Watch


def test_all_is_well() -> None:
    assert Watch(15).fault(look(*servers()), (), 0) == ""


def test_a_server_that_is_away_on_purpose_is_no_fault() -> None:
    zero, one, two = servers()
    assert Watch(15).fault(look(zero, one, sealed(two)), ("vault-2",), 0) == ""


def test_a_sealed_server_is_a_fault_at_once() -> None:
    zero, one, two = servers()
    assert Watch(15).fault(look(zero, one, sealed(two)), (), 0) == "vault-2 is sealed"


def test_so_is_one_that_somebody_else_ends() -> None:
    zero, one, two = servers()
    assert two.pod
    ending = replace(two, pod=replace(two.pod, terminating=True))
    assert Watch(15).fault(look(zero, one, ending), (), 0) == "vault-2 is ending, too"


def test_what_may_pass_is_a_fault_when_it_lasts() -> None:
    zero, one, two = servers()
    ill = look(zero, one, replace(two, peer=Peer(voter=True, healthy=False)))
    watch = Watch(15)
    assert watch.fault(ill, (), 100) == ""
    assert watch.fault(ill, (), 114) == ""
    assert watch.fault(ill, (), 115) == "vault-2 is unhealthy, says autopilot, for 15 s"


def test_what_passed_is_forgotten() -> None:
    zero, one, two = servers()
    silent = look(zero, one, replace(two, said=None, silent="nothing within 5 s"))
    watch = Watch(15)
    assert watch.fault(silent, (), 0) == ""
    assert watch.fault(look(zero, one, two), (), 10) == ""
    assert watch.fault(silent, (), 20) == ""
    assert watch.fault(silent, (), 34) == ""
    assert watch.fault(silent, (), 35).startswith("vault-2 does not answer")


def test_an_election_that_lasts_is_a_fault() -> None:
    watch, nobody = Watch(15), look(*servers(leader=9))
    assert watch.fault(nobody, (), 0) == ""
    assert watch.fault(nobody, (), 15) == "0 servers say that they lead, for 15 s"


def test_autopilots_silence_is_not_each_servers() -> None:
    given = replace(
        look(*(replace(one, peer=None) for one in servers())), autopilot_silent="connection lost"
    )
    watch = Watch(15)
    assert watch.fault(given, (), 0) == ""
    assert watch.fault(given, (), 15) == "autopilot's state is not known: connection lost, for 15 s"
