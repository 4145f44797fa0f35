from __future__ import annotations

import ssl
from urllib.parse import urlsplit

import pytest

from tests.upkeep.rolling.vaults import TOKEN, Vaults
from upkeep.errors import UpkeepError
from upkeep.rolling.vault import SilentError, Speaker
from upkeep.rolling.ways import Straight


def speaker(vaults: Vaults, name: str = "vault-0", token: str = TOKEN) -> Speaker:
    return Speaker(name, Straight(vaults.addresses), vaults.trust, token)


def test_it_asks_one_server_and_keeps_the_connection(vaults: Vaults) -> None:
    own = speaker(vaults, "vault-1")
    assert own.seal_status()["version"] == "1.20.4"
    kept = own._connection
    assert own.leader()["leader_address"] == "vault-0"
    assert own._connection is kept
    own.close()
    assert [path for _, path, _ in vaults.by_name["vault-1"].asked] == [
        "/v1/sys/seal-status",
        "/v1/sys/leader",
    ]


def test_the_token_is_sent_only_where_it_is_needed(vaults: Vaults) -> None:
    own = speaker(vaults)
    own.seal_status()
    own.leader()
    own.autopilot()
    own.close()
    assert [token for *_, token in vaults.by_name["vault-0"].asked] == ["", "", TOKEN]
    assert TOKEN not in repr(own)


def test_a_token_that_may_not_is_told_with_the_fix(vaults: Vaults) -> None:
    own = speaker(vaults, token="another")
    with pytest.raises(UpkeepError, match="fix: `vault login -method=oidc role=operators`"):
        own.autopilot()
    with pytest.raises(UpkeepError, match="PUT sys/step-down"):
        own.step_down()
    own.close()


def test_a_leader_steps_down(vaults: Vaults) -> None:
    own = speaker(vaults)
    own.step_down()
    own.close()
    assert vaults.leader == "vault-1"


def test_what_is_no_answer_is_silence(vaults: Vaults) -> None:
    vaults.by_name["vault-0"].status = 503
    own = speaker(vaults)
    with pytest.raises(SilentError, match="sys/leader: 503"):
        own.leader()
    own.close()


def test_nobody_there(vaults: Vaults) -> None:
    nobody = Straight({"vault-0": urlsplit("https://127.0.0.1:9")})
    with pytest.raises(SilentError, match="connection refused"):
        Speaker("vault-0", nobody, vaults.trust, TOKEN).leader()


def test_another_authoritys_certificate_is_refused(vaults: Vaults) -> None:
    own = Speaker("vault-0", Straight(vaults.addresses), ssl.create_default_context(), TOKEN)
    with pytest.raises(SilentError, match=r"certificate is refused.*is the CA file the right one"):
        own.leader()
    assert vaults.by_name["vault-0"].asked == []
