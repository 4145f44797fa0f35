from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from migration.commands import measure
from tests.migration.conftest import Call
from tests.migration.fake_vault import TOKEN, FakeVault, fake_vault

PATH = "media-catalog/external"


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVault]:
    with fake_vault() as made:
        made.entries[PATH] = [{"tmdb_api_key": "hidden"}]
        monkeypatch.setenv("VAULT_ADDR", made.address)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        monkeypatch.delenv("VAULT_CACERT", raising=False)
        yield made


@pytest.mark.usefixtures("vault")
def test_within_the_criteria(call: Call) -> None:
    ended = call("measure", PATH, "--for", "1s", "--at-most", "5000")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("1 of 1 reads were answered (100.000 %, wanted 99.9 %)\n")
    assert "(P95, wanted 5000 ms)" in ended.out
    assert "hidden" not in ended.out


@pytest.mark.usefixtures("vault")
def test_too_slow(call: Call) -> None:
    assert call("measure", PATH, "--for", "1s", "--at-most", "0").status == 1


def test_an_outage(call: Call, vault: FakeVault, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins after the first question, which is only to know that there is something to ask."""
    answer = vault.answer

    def then_sealed(*asked: object) -> object:
        given = answer(*asked)  # type: ignore[arg-type]
        vault.broken = True
        return given

    monkeypatch.setattr(vault, "answer", then_sealed)
    ended = call("measure", PATH, "--for", "1s")
    assert ended.status == 1
    assert "0 of 1 reads were answered (0.000 %" in ended.out
    assert "1 times: Vault at " in ended.out
    assert "inf ms (P95" in ended.out


def test_a_new_token_of_the_agent_is_taken(
    call: Call, vault: FakeVault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    answer = vault.answer

    def then_gone(*asked: object) -> object:
        file.write_text("another")
        return answer(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(vault, "answer", then_gone)
    ended = call("measure", PATH, "--for", "1s", "--token-file", file)
    assert ended.status == 1
    assert "answers 403" in ended.out


@pytest.mark.usefixtures("vault")
def test_what_is_wrong_from_the_start_is_no_outage(call: Call) -> None:
    ended = call("measure", "media-catalog/missing", "--for", "1s")
    assert (ended.status, ended.out) == (3, "")
    assert "answers 404" in ended.err


@pytest.mark.parametrize(
    "arguments", [("media-catalog/*",), ("secret/data/x",), (PATH, "--for", "10"), ()]
)
def test_wrong_usage(call: Call, arguments: tuple[str, ...]) -> None:
    assert call("measure", *arguments).status == 2
    assert measure.__doc__
