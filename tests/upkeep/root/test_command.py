"""Root for one command: the command has the token, nobody else sees it, and it always ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.recording import ROOT
from tests.upkeep.root.fake_vault import SHARES, TOKEN, FakeVault, fake_vault
from upkeep.__main__ import main
from upkeep.errors import STOPPED
from upkeep.root import command

SHOWS_NAMES = "import os; print(sorted(n for n in os.environ if n.startswith('VAULT_')))"
HAS_IT = f"import os, sys; sys.exit(os.environ['VAULT_TOKEN'] != {TOKEN!r})"


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVault]:
    monkeypatch.delenv("VAULT_CACERT", raising=False)
    monkeypatch.setattr(command, "ask_share", lambda number, _: SHARES[number - 1])
    with fake_vault() as one:
        monkeypatch.setenv("VAULT_ADDR", one.address)
        yield one


def test_the_command_is_root_and_then_nobody(
    vault: FakeVault, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["regenerate-root", "--", sys.executable, "-c", HAS_IT]) == 0
    assert not vault.alive
    out, err = capfd.readouterr()
    assert err.endswith("the root token was revoked\n")
    assert "accessor a1" in err
    assert not any(secret in out + err for secret in (TOKEN, *SHARES))


def test_it_ends_where_the_command_fails_and_its_status_is_ours(vault: FakeVault) -> None:
    assert main(["regenerate-root", "--", sys.executable, "-c", "raise SystemExit(7)"]) == 7
    assert not vault.alive


def test_it_ends_where_the_command_is_not_there(
    vault: FakeVault, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["regenerate-root", "--", "no-such-program"]) == STOPPED
    assert not vault.alive
    assert "no-such-program cannot be run" in capsys.readouterr().err


def test_a_vault_between_two_leaders_is_waited_for(
    vault: FakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_PAUSE_SECONDS", 0.01)
    vault.refuses_to_revoke = 3
    assert main(["regenerate-root", "--", "true"]) == 0
    assert not vault.alive


def test_a_token_that_cannot_be_ended_is_said_loudly(
    vault: FakeVault, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(command, "_ENDS_WITHIN_SECONDS", 0.05)
    vault.refuses_to_revoke = 10_000
    assert main(["regenerate-root", "--", "true"]) == STOPPED
    assert "THE ROOT TOKEN IS STILL THERE" in capsys.readouterr().err


def test_a_command_that_ended_it_itself_is_no_fault(vault: FakeVault) -> None:
    ends = f"""
import urllib.request as u
u.urlopen(u.Request({vault.address!r} + "/v1/auth/token/revoke-self", method="POST",
    data=b"{{}}", headers={{"X-Vault-Token": {TOKEN!r}}}))
"""
    assert main(["regenerate-root", "--", sys.executable, "-c", ends]) == 0


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_it_ends_where_we_are_told_to_end(vault: FakeVault, told: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "upkeep", "regenerate-root", "--", "sleep", "60"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as ours:
        assert ours.stdin
        ours.stdin.write("".join(f"{share}\n" for share in SHARES).encode())
        ours.stdin.flush()
        deadline = time.monotonic() + 30
        while not any("lookup-self" in line for line in vault.asked):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.2)
        assert vault.alive
        ours.send_signal(told)
        assert ours.wait(timeout=30) == 130
    assert not vault.alive


def test_which_vault_must_be_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    assert main(["regenerate-root", "--", "true"]) == STOPPED
    assert "VAULT_ADDR" in capsys.readouterr().err


def test_a_vault_that_is_away_is_said_without_a_stack_of_calls(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    assert main(["regenerate-root", "--", "true"]) == STOPPED
    assert "did not do its part" in capsys.readouterr().err
