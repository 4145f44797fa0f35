"""`python -m upkeep restore`: what is whole and this cluster's is restored; everything else is
refused, with nothing changed, and says why.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.archives import KEY, files, packed, snapshot
from tests.upkeep.restore.vaults import OWN, ROOT, Target, serving
from upkeep.errors import UpkeepError
from upkeep.restore import command

WHOLE = snapshot()
OF = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    for name in ("VAULT_ADDR", "VAULT_TOKEN", "VAULT_CACERT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(command, "_LASTS_SECONDS", 0.1)
    monkeypatch.setattr(command, "_JOINING_SECONDS", 0.1)
    with serving(Target()) as found:
        yield found


def stored(folder: Path, content: bytes = WHOLE, name: str = "") -> Path:
    digest = hashlib.sha256(content).hexdigest()[:16]
    file = folder / (name or f"20260131T120000Z-000000004711-{OF}-{digest}.snap")
    file.write_bytes(content)
    return file


def run(target: Target, folder: Path, source: Path, *options: str, yes: bool = True) -> int:
    token = folder / "token"
    token.write_text(ROOT)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = ["--from", str(source), "--address", target.url, "--token-file", str(token)]
    return command.run(parser.parse_args([*arguments, *options, *(["--yes"] if yes else [])]))


def refused(target: Target, folder: Path, source: Path, *options: str) -> str:
    with pytest.raises(UpkeepError) as caught:
        run(target, folder, source, *options)
    assert target.restored == []
    return str(caught.value)


def test_a_fresh_cluster_gets_it_and_what_it_is_is_shown(
    target: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(target, tmp_path, stored(tmp_path)) == 0
    assert target.restored == [("sys/storage/raft/snapshot", WHOLE)]
    told = capsys.readouterr()
    for shown in ("4711, term 3", OF, "vault-0, vault-1", KEY, "20260131T120000Z"):
        assert shown in told.out
    assert f"restored: this is the cluster {OF}" in told.err
    assert ROOT not in told.out + told.err


def test_showing_needs_no_vault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nobody = Target(url="http://127.0.0.1:1")
    assert run(nobody, tmp_path, stored(tmp_path), "--show") == 0
    assert "4711" in capsys.readouterr().out


def test_a_truncated_one_is_refused(target: Target, tmp_path: Path) -> None:
    said = refused(target, tmp_path, stored(tmp_path, WHOLE[:-9], "cut.snap"))
    assert "damaged, or ends too early" in said
    assert "nothing was changed" in said


def test_one_that_is_not_what_its_name_says_is_refused(target: Target, tmp_path: Path) -> None:
    name = f"20260131T120000Z-000000004711-{OF}-{'0' * 16}.snap"
    assert "is not what its name says" in refused(target, tmp_path, stored(tmp_path, name=name))


def test_one_that_was_given_a_later_index_is_refused(target: Target, tmp_path: Path) -> None:
    digest = hashlib.sha256(WHOLE).hexdigest()[:16]
    name = f"20990131T120000Z-000000009999-{OF}-{digest}.snap"
    said = refused(target, tmp_path, stored(tmp_path, name=name))
    assert "it has seen Raft's index 4711, and not 9999, as its name says" in said


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ({"mounts": ["sys/", "secret/"]}, "the engine secret/"),
        ({"methods": ["token/", "kubernetes/"]}, "the auth method kubernetes/"),
        ({"policies": ["default", "mine"]}, "the ACL policy mine"),
        ({"mounts": ["a/", "b/", "c/", "d/"]}, "and 1 more"),
    ],
)
def test_a_cluster_that_holds_data_is_only_replaced_by_its_name(
    target: Target, tmp_path: Path, what: dict[str, list[str]], told: str
) -> None:
    for name, value in what.items():
        setattr(target, name, value)
    said = refused(target, tmp_path, stored(tmp_path))
    assert told in said
    assert f"--replace {OWN}" in said
    said = refused(target, tmp_path, stored(tmp_path), "--replace", "another")
    assert f"names another, but this is the cluster {OWN}" in said
    assert run(target, tmp_path, stored(tmp_path), "--replace", OWN) == 0
    assert len(target.restored) == 1


def test_servers_that_have_not_joined_are_waited_for(target: Target, tmp_path: Path) -> None:
    target.voters.remove("vault-1")
    problem = refused(target, tmp_path, stored(tmp_path))
    assert "1 of 2 servers vote after 0 s (vault-0); nothing was changed" in problem
    assert "--servers 1" in problem
    assert run(target, tmp_path, stored(tmp_path), "--servers", "1") == 0


def test_a_cluster_has_a_server_at_least(
    target: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(target, tmp_path, stored(tmp_path), "--servers", "0")
    assert "--servers: 0 is not from 1 to" in capsys.readouterr().err
    assert target.restored == []


def test_another_seals_is_refused_before_vault_is_asked(target: Target, tmp_path: Path) -> None:
    """As a cluster's own snapshot says by which key it is sealed."""
    target.own = packed({**files(), "SHA256SUMS.sealed": b""})
    said = refused(target, tmp_path, stored(tmp_path))
    assert f"sealed by {KEY}, and this cluster is by key shares" in said
    assert "--other-seal" in said


def test_by_force_vault_is_not_asked_whether_it_can_open_it(target: Target, tmp_path: Path) -> None:
    target.own = packed({**files(), "SHA256SUMS.sealed": b""})
    assert run(target, tmp_path, stored(tmp_path), "--other-seal") == 0
    assert [path for path, _ in target.restored] == ["sys/storage/raft/snapshot-force"]


def test_what_vault_refuses_is_said(target: Target, tmp_path: Path) -> None:
    target.refuses = "could not verify hash file, possibly a different autoseal key"
    assert target.refuses in refused(target, tmp_path, stored(tmp_path))


def test_with_the_key_gone_it_is_sealed_and_says_which_key(target: Target, tmp_path: Path) -> None:
    target.becomes = ""
    with pytest.raises(UpkeepError) as caught:
        run(target, tmp_path, stored(tmp_path))
    assert f"its seal cannot open it. It was sealed by {KEY}" in str(caught.value)
    assert "If the key is gone, so is what the snapshot holds" in str(caught.value)


def test_one_that_becomes_another_cluster_is_said(target: Target, tmp_path: Path) -> None:
    target.becomes = "elsewhere"
    with pytest.raises(UpkeepError, match=f"is the cluster elsewhere and not {OF}"):
        run(target, tmp_path, stored(tmp_path))


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"initialised": False}, "is not initialised, .*vault operator init"),
        ({"sealed": True}, "is sealed; unseal it first"),
        ({"leads": False}, "does not lead"),
    ],
)
def test_a_vault_that_cannot_be_restored_into_is_said(
    target: Target, tmp_path: Path, state: dict[str, bool], told: str
) -> None:
    for name, value in state.items():
        setattr(target, name, value)
    assert re.search(told, refused(target, tmp_path, stored(tmp_path)))


def test_nobody_is_asked_where_nobody_can_answer(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(UpkeepError, match="nobody to ask; --yes"):
        run(target, tmp_path, stored(tmp_path), yes=False)
    assert target.restored == []


@pytest.mark.parametrize(("typed", "status"), [(OWN[:8], 0), ("yes", 1), ("", 1)])
def test_who_is_asked_types_which_cluster(
    target: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    status: int,
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: typed)
    assert run(target, tmp_path, stored(tmp_path), yes=False) == status
    assert len(target.restored) == 1 - status


def test_the_token_is_in_a_file_or_in_the_environment_and_never_an_argument(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    asked = ["--from", str(stored(tmp_path)), "--address", target.url, "--yes"]
    with pytest.raises(UpkeepError, match="is seen by everybody") as caught:
        command.run(parser.parse_args([*asked, "--token", ROOT]))
    assert ROOT not in str(caught.value)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(UpkeepError, match="no token: give --token-file"):
        command.run(parser.parse_args(asked))
    monkeypatch.setenv("VAULT_TOKEN", "wrong")
    with pytest.raises(UpkeepError, match="does not know this token"):
        command.run(parser.parse_args(asked))
    monkeypatch.setenv("VAULT_TOKEN", ROOT)
    assert command.run(parser.parse_args(asked)) == 0
