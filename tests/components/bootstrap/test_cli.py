"""Adopting by hand: what it prints holds no secret, and what it writes only its owner can read."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest

from components.bootstrap import __main__ as adopt
from policies import provisioner
from tests.components.bootstrap.fake_vault import FORBIDDEN, FakeVault


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("VAULT_TOKEN", raising=False)
    return tmp_path


def initialised(vault: FakeVault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.initialised, vault.sealed = True, False
    monkeypatch.setenv("VAULT_TOKEN", vault.new_root())


def test_it_installs_the_provisioner_and_hands_over_its_credential(
    vault: FakeVault,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    initialised(vault, monkeypatch)
    assert adopt.main(["--address", vault.address, "--cidr", "10.0.0.0/8"]) == 0
    assert vault.policies == {"provisioner": provisioner.acl()}
    assert "10.0.0.0/8" in vault.role["token_bound_cidrs"]
    (written,) = folder.iterdir()
    assert written.read_text() == vault.secret_ids[-1]
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    output, error = capsys.readouterr()
    assert output.startswith(f"The provisioner is installed in Vault at {vault.address}. ")
    assert error == ""
    assert "pulumi config set vaultstack:provisionerRoleId the-role-id" in output
    assert f"pulumi config set --secret vaultstack:provisionerSecretId < {written}" in output
    assert "hidden" not in output


def test_without_a_token_it_says_what_to_set(
    vault: FakeVault, capsys: pytest.CaptureFixture[str]
) -> None:
    assert adopt.main(["--address", vault.address]) == 2
    assert "VAULT_TOKEN is not set" in capsys.readouterr().err
    assert vault.requests == []


@pytest.mark.parametrize("address", ["", "vault.example.com", "127.0.0.1:8200"])
def test_what_is_no_address_is_refused_and_not_that_of_the_shell_taken(
    vault: FakeVault,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
) -> None:
    """`make adopt` without ADDRESS gives an empty one."""
    initialised(vault, monkeypatch)
    monkeypatch.setenv("VAULT_ADDR", vault.address)
    with pytest.raises(SystemExit) as caught:
        adopt.main(["--address", address])
    assert caught.value.code == 2
    assert (
        f"argument --address: must be the URL of Vault's API, is {address!r}; write such as "
        "https://vault.example.com:8200 (make adopt ADDRESS=...)"
    ) in capsys.readouterr().err
    assert vault.requests == []


def test_a_token_that_may_not_is_one_clear_error(
    vault: FakeVault,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    initialised(vault, monkeypatch)
    vault.answers["sys/policies/acl/provisioner"] = FORBIDDEN
    assert adopt.main(["--address", vault.address]) == 1
    assert "not adopted: permission denied" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_an_address_that_does_not_answer_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "hvs.hidden")
    assert adopt.main(["--address", "http://127.0.0.1:1", "--timeout", "1s"]) == 1
    waiting, error = capsys.readouterr().err.splitlines()
    assert waiting == (
        "Vault at http://127.0.0.1:1 does not answer (ConnectionError); waiting for it, at most 1 s"
    )
    assert error.startswith("not adopted: Vault at http://127.0.0.1:1 did not answer within 1 s ")
    assert "Check --address, " in error
    assert "--timeout sets how long" in error
    assert "vaultstack:" not in error
    assert "hidden" not in error
