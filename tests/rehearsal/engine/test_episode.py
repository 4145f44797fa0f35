from __future__ import annotations

import io
import json

from rich.console import Console

from rehearsal.engine import report
from rehearsal.engine.catalogue import SCENARIOS
from rehearsal.engine.episode import Episode
from rehearsal.engine.results import Run
from rehearsal.engine.steps import outcome
from tests.rehearsal.engine.events import done, error


def run_of(episode: Episode, problem: str = "") -> Run:
    return Run("up", 1, 2.0, episode.checks, episode.outcomes, episode.notes, problem)


def episode() -> Episode:
    return Episode(lambda _: None)


def test_just_what_was_expected() -> None:
    made = episode()
    changed = outcome("up", 1, [done("create", "a"), done("same", "b")], succeeded=True)
    made.just(changed, create={"a"})
    assert run_of(made).faults == []
    made.just(changed, create={"a"}, update={"b"})
    assert run_of(made).faults == ["up: update b: nothing"]


def test_more_than_was_expected_is_a_fault() -> None:
    made = episode()
    made.just(
        outcome("up", 1, [done("create", "a"), done("delete", "b")], succeeded=True), create={"a"}
    )
    assert run_of(made).faults == ["up: delete nothing: b"]


def test_a_preview_that_finds_something_is_a_fault() -> None:
    made = episode()
    made.unchanged(outcome("preview", 1, [done("update", "a", "policy")], succeeded=True))
    assert run_of(made).faults == ["preview finds nothing to change: update a (policy)"]


def test_a_command_that_fails_is_a_fault_with_its_reason() -> None:
    made = episode()
    made.saw(outcome("up", 1, [error("no")], succeeded=False))
    assert run_of(made).faults == ["up succeeds: no"]


def test_many_are_counted() -> None:
    made = episode()
    made.nothing("nothing is left", list("abcdefg"))
    assert run_of(made).faults == ["nothing is left: a, b, c, d, e, and 2 more"]


def test_one_that_was_not_played_to_its_end_is_no_success() -> None:
    assert run_of(episode(), "Vault is gone").faults == ["Vault is gone"]


def test_a_run_is_shown_and_written() -> None:
    made = episode()
    made.saw(outcome("up", 1, [done("create", "a")], succeeded=True))
    made.notes["what"] = "seen"
    run = run_of(made, "a [problem]")
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    report.show(console, SCENARIOS, [run])
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "The first up" in shown
    assert "up: 1 create, 1.0 s" in shown
    assert "a [problem]" in shown
    assert "up: what: seen" in shown
    assert "1 of 1 checks hold" in report.line_of(run)
    written = json.loads(json.dumps(run.as_json()))
    assert written["commands"][0]["changes"] == ["create a"]
    assert written["faults"] == ["a [problem]"]


def test_scenarios_have_names_of_their_own() -> None:
    names = [one.name for one in SCENARIOS]
    assert len(set(names)) == len(names)
