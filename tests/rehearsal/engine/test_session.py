"""The engine's command lines without an engine: a scenario of the tests' own is played."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.drill.command import Kit
from rehearsal.engine import run, session, tools
from rehearsal.engine.episode import Episode, Scenario
from rehearsal.engine.ground import Ground
from rehearsal.engine.results import Run
from rehearsal.errors import RehearsalError

Play = Callable[[Ground, Episode], None]


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = dict.fromkeys(binaries.Tool, SimpleNamespace(version="1.21.0"))
    monkeypatch.setattr(binaries, "ensure", lambda *_, **__: found)
    monkeypatch.setattr(tools, "find", lambda _plugins: tools.Installed(Path("pulumi"), None))
    monkeypatch.setattr(run, "Supervisor", no_ground)


@contextmanager
def no_ground(*_: object) -> Iterator[Any]:
    yield None


def main(*arguments: str, plays: dict[str, Play]) -> int:
    scenarios = [Scenario(name, f"What {name} does", play) for name, play in plays.items()]

    def kit(installed: tools.Installed) -> Kit[Scenario, Run]:
        return session.kit_of("make it", installed, scenarios, no_ground)

    environments = (Environment.STAGING, Environment.DEV)
    return session.run_command(kit, (), "it", "Tries it.", environments, arguments)


def good(_ground: Ground, episode: Episode) -> None:
    episode.check("it holds", True)


def wrong(_ground: Ground, episode: Episode) -> None:
    episode.check("it holds", False, "it does not")


def stuck(_ground: Ground, _episode: Episode) -> None:
    raise RehearsalError("Vault is gone")


def test_all_is_played_in_order_and_kept(tmp_path: Path) -> None:
    files = [tmp_path / "runs.json", tmp_path / "runs.svg"]
    options = ["--json", str(files[0]), "--picture", str(files[1])]
    assert main(*options, plays={"first": good, "second": good}) == 0
    kept = json.loads(files[0].read_text())
    assert (kept["environment"], kept["vault"]) == ("staging", "1.21.0")
    assert [one["drill"] for one in kept["runs"]] == ["first", "second"]
    assert "make it" in files[1].read_text().replace("&#160;", " ")


def test_only_what_is_asked_for_is_played() -> None:
    assert main("--only", "second", plays={"first": stuck, "second": good}) == 0


def test_a_check_that_does_not_hold_is_an_error_and_the_next_is_played(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(plays={"first": wrong, "second": good}) == 1
    said = capsys.readouterr().err
    assert "it does not" in said
    assert "What second does" in said


def test_one_that_cannot_go_on_ends_it_and_what_was_seen_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "runs.json"
    assert main("--json", str(file), plays={"first": stuck, "second": good}) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "first was not played to its end" in said
    assert "Vault is gone" in said
    assert [one["drill"] for one in json.loads(file.read_text())["runs"]] == ["first"]


@pytest.mark.parametrize("arguments", [["--env", "prod"], ["--repeat", "2"]])
def test_wrong_usage_needs_no_engine(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "find", None)
    with pytest.raises(SystemExit, match="2"):
        main(*arguments, plays={"first": good})
