"""What commits hold is told unless a list knows better, and all commits were there to look at."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migration.scanning.findings import Finding
from migration.scanning.ignored import Ignored
from supply import history
from supply.step import NotAsked, Outcome

ONE = Finding("app/config.py", 3, 1, "d444b433f949aaaa", ("custom.rule",), 20, "0f3c0f3c0f3c")


def test_a_secret_is_told_by_its_place_and_never_by_its_value() -> None:
    answer = history.judged([ONE], [], [], 7)
    assert answer.outcome is Outcome.FOUND
    assert answer.summary.startswith("7 commits")
    (told,) = answer.findings
    assert told.startswith(
        "app/config.py:3 in commit d444b433f949 (custom.rule, fingerprint 0f3c0f3c0f3c): renew"
    )


KNOWN = [Ignored("app/*", "made up")]


@pytest.mark.parametrize(("of_tree", "of_history"), [(KNOWN, []), ([], KNOWN)])
def test_either_list_may_know_that_it_is_none(
    of_tree: list[Ignored], of_history: list[Ignored]
) -> None:
    answer = history.judged([ONE], of_tree, of_history, 7)
    assert answer.outcome is Outcome.CLEAN
    assert "1 findings are known to be none" in answer.summary


def test_an_entry_of_the_history_that_fits_nothing_is_told_and_one_of_the_tree_is_not() -> None:
    entry = Ignored("gone/*", "made up")
    assert history.judged([], [entry], [], 7).findings == ()
    (told,) = history.judged([], [], [entry], 7).findings
    assert "gone/* fits nothing any more" in told


def git(*arguments: str | Path) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *settings, *arguments], check=True, capture_output=True)


def test_what_was_not_fetched_was_not_looked_through(tmp_path: Path) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    git("init", whole)
    git("-C", whole, "commit", "--allow-empty", "-m", "one")
    git("-C", whole, "commit", "--allow-empty", "-m", "two")
    assert history.commits(whole) == 2
    git("clone", "--depth", "1", f"file://{whole}", part)
    with pytest.raises(NotAsked, match="git fetch --unshallow"):
        history.commits(part)
    with pytest.raises(NotAsked, match="is no git repository"):
        history.commits(tmp_path)
