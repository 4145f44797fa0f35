"""Which drills there are, and what holds for each of them."""

from __future__ import annotations

import pytest

from rehearsal.drill import strangers
from rehearsal.drill.catalogue import DRILLS
from rehearsal.drill.choice import chosen
from rehearsal.drill.episode import Drill
from rehearsal.errors import RehearsalError
from rehearsal.servers.vault import VaultServer
from tests.rehearsal.drill.conftest import Stage
from tests.rehearsal.drill.fakes import process

HURTS = ("kill", "terminate", "freeze", "step down", "limit", "pause", "knock")


@pytest.fixture(params=DRILLS, ids=lambda drill: drill.name)
def played(
    request: pytest.FixtureRequest, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """What each drill does, one after the other; strangers are refused as they should be."""

    def knock(*_: object) -> VaultServer:
        stage.told.append("knock")
        stranger = process("stranger", 7, stage.folder)
        stranger.log.write_text(" ".join(one.reason for one in strangers.STRANGERS))
        return VaultServer("stranger", "https://127.0.0.1:1", stranger, again=knock)

    monkeypatch.setattr(strangers, "_start", knock)
    drill: Drill = request.param
    drill.play(stage.episode)
    assert stage.episode.problems == []
    return stage.told


def test_each_strikes_once_and_waits_for_the_traffic(played: list[str]) -> None:
    assert played.count("STRIKE") == 1
    assert played.count("MEND") <= 1
    assert "flowing" in played[played.index("STRIKE") :]


def test_nothing_hurts_before_the_strike_but_what_the_clock_starts_with(
    played: list[str],
) -> None:
    assert not [deed for deed in played[: played.index("STRIKE")] if deed.startswith(HURTS)]


def test_names_are_used_once_and_can_be_typed() -> None:
    names = [drill.name for drill in DRILLS]
    assert len(set(names)) == len(names) == len({drill.title for drill in DRILLS})
    assert all(name.replace("-", "").replace(".", "").isalnum() for name in names)


def test_all_or_those_that_are_named_in_the_order_of_all() -> None:
    assert chosen(DRILLS, []) == DRILLS
    assert [d.name for d in chosen(DRILLS, ["step-down", "leader-lost"])] == [
        "leader-lost",
        "step-down",
    ]


def test_a_name_that_is_none_is_told_with_those_that_are() -> None:
    with pytest.raises(RehearsalError, match=r"none is named step-up; there are: .*step-down"):
        chosen(DRILLS, ["step-down", "step-up"])
