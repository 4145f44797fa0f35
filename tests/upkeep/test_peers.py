"""The file that survivors of a lost quorum read must be right at the first try."""

from __future__ import annotations

import json

import pytest

from upkeep.__main__ import main
from upkeep.errors import STOPPED, UpkeepError
from upkeep.peers import peers


def test_a_pod_has_its_own_address() -> None:
    assert json.loads(peers(["vault-0", "vault-3=10.0.0.7:8201"])) == [
        {"id": "vault-0", "address": "vault-0.vault-internal:8201", "non_voter": False},
        {"id": "vault-3", "address": "10.0.0.7:8201", "non_voter": False},
    ]


def test_an_address_may_be_ipv6() -> None:
    assert json.loads(peers(["vault-0=[fd00::7]:8201"]))[0]["address"] == "[fd00::7]:8201"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["vault-0", "vault-0"], "vault-0 is given twice"),
        (["vault-0=a:1", "vault-1=a:1"], "a:1 is given twice"),
        (["vault-0=https://vault-0.vault-internal:8201"], "without a scheme"),
        (["vault-0=vault-0.vault-internal"], "cluster port"),
        (["vault-0=fd00::7:8201"], "is no address"),
        (["-0"], "is no server's name"),
        (["../x"], "is no server's name"),
    ],
)
def test_what_vault_would_take_and_then_stand_still_is_refused(given: list[str], said: str) -> None:
    with pytest.raises(UpkeepError, match=said):
        peers(given)


def test_the_command_prints_it_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peers", "vault-0"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "vault-0"


def test_a_wrong_name_stops_with_the_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peers", "Vault 0"]) == STOPPED
    assert "such as vault-0" in capsys.readouterr().err
