"""One attempt at a root token, against a Vault that counts shares as the real one does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.upkeep.root.fake_vault import NONCE, OTP, SHARES, TOKEN, FakeVault, fake_vault
from upkeep.errors import UpkeepError
from upkeep.root import generation
from upkeep.root.generation import ShareRefusedError, begun, connect, regain


@pytest.fixture
def vault() -> Iterator[FakeVault]:
    with fake_vault() as one:
        yield one


def from_(shares: list[str]) -> generation.Ask:
    rest = iter(shares)
    return lambda _number, _required: next(rest)


def test_the_token_comes_from_the_shares(vault: FakeVault) -> None:
    told: list[str] = []
    assert regain(connect(vault.address, None), from_(list(SHARES)), told.append) == TOKEN
    assert told == []


def test_holders_are_asked_for_the_share_that_is_next(vault: FakeVault) -> None:
    asked: list[tuple[int, int]] = []

    def ask(number: int, required: int) -> str:
        asked.append((number, required))
        return SHARES[number - 1]

    regain(connect(vault.address, None), ask, lambda _: None)
    assert asked == [(1, 3), (2, 3), (3, 3)]


def test_after_wrong_shares_it_begins_again_and_says_why(vault: FakeVault) -> None:
    told: list[str] = []
    shares = ["wrong", *SHARES[:2], *SHARES]
    assert regain(connect(vault.address, None), from_(shares), told.append) == TOKEN
    (line,) = told
    assert "does not match" in line
    assert "0 of 3" in line
    assert not any(share in line for share in shares)


def test_it_gives_up_and_leaves_no_attempt_behind(vault: FakeVault) -> None:
    with pytest.raises(ShareRefusedError):
        regain(connect(vault.address, None), lambda *_: "wrong", lambda _: None)
    assert vault.nonce == ""


def test_an_attempt_of_somebody_else_is_left_alone(vault: FakeVault) -> None:
    vault.nonce = NONCE
    with (
        pytest.raises(UpkeepError, match=f"{NONCE}.*generate-root -cancel"),
        begun(connect(vault.address, None)),
    ):
        pass
    assert vault.nonce == NONCE


def test_nothing_secret_is_in_its_representation(vault: FakeVault) -> None:
    with begun(connect(vault.address, None)) as one:
        assert OTP not in repr(one)


def test_no_token_of_the_caller_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "hvs.mine")
    assert connect("http://127.0.0.1:1", None).token == ""


def test_no_proxy_is_shown_a_share(monkeypatch: pytest.MonkeyPatch, vault: FakeVault) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert regain(connect(vault.address, None), from_(list(SHARES)), lambda _: None) == TOKEN
