from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tests.upkeep.rolling.vaults import Vaults
from upkeep.errors import UpkeepError
from upkeep.rolling.options import Options, add_arguments
from upkeep.rolling.roll import HandOver


def parsed(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(given)


@pytest.fixture(autouse=True)
def somebody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nobody's own token or CA file."""
    for name in ("VAULT_TOKEN", "VAULT_CACERT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    (tmp_path / ".vault-token").write_text("from the file\n")
    return tmp_path


def test_what_holds_where_nothing_is_said() -> None:
    options = Options.of(parsed())
    assert (options.namespace, options.stateful_set) == ("vault", "vault")
    assert (options.patience.seconds, options.settle.seconds) == (600, 10)
    assert (options.restart, options.hand_over) == (None, HandOver.END)
    assert not options.dry_run
    assert options.addresses == {}


def test_the_token_is_the_environments_or_else_what_vault_keeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Options.of(parsed()).token == "from the file"
    monkeypatch.setenv("VAULT_TOKEN", "from the environment")
    options = Options.of(parsed())
    assert options.token == "from the environment"
    assert "from the environment" not in repr(options)


def test_without_a_token_it_says_how_to_log_in(somebody: Path) -> None:
    (somebody / ".vault-token").unlink()
    with pytest.raises(UpkeepError, match="fix: `vault login -method=oidc role=operators`"):
        Options.of(parsed())


def test_a_ca_file_is_named_or_the_environments(
    monkeypatch: pytest.MonkeyPatch, vaults: Vaults
) -> None:
    Options.of(parsed("--ca-cert", str(vaults.ca_file)))
    monkeypatch.setenv("VAULT_CACERT", "/nowhere")
    with pytest.raises(UpkeepError, match="the CA file /nowhere cannot be read"):
        Options.of(parsed())


def test_servers_elsewhere() -> None:
    options = Options.of(parsed("--at", "vault-0=https://a:1", "--at", "vault-1=https://b"))
    assert {name: at.netloc for name, at in options.addresses.items()} == {
        "vault-0": "a:1",
        "vault-1": "b",
    }


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("--at", "https://a:1"), "write POD=https://HOST:PORT"),
        (("--at", "vault-0=http://a:1"), "write POD=https://HOST:PORT"),
        (("--to-version", "newest"), "no version of Vault"),
        (("--patience", "10"), "must be numbers with units"),
        (("--hand-over", "kill"), "invalid choice"),
    ],
)
def test_what_is_wrong_is_wrong_usage(
    given: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*given)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err
