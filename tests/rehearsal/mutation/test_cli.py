"""`make mutate`: what is asked about, what is kept, and what is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rehearsal.mutation import __main__ as command
from rehearsal.mutation import report, workshop


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that were made wrong, by a stand-in that finds no mutants."""
    found = list[str]()

    def run(module: Path, tests: Sequence[str], names: Sequence[str], **_: Any) -> Path:
        assert tests
        assert not names
        found.append(module.as_posix())
        written = tmp_path / "written.py"
        written.write_text("")
        written.with_suffix(".py.meta").write_text('{"exit_code_by_key": {}}')
        return written

    page = tmp_path / "page.md"
    page.write_text(f"{report.BEGIN}\n{report.END}\n")
    monkeypatch.setattr(workshop, "run", run)
    monkeypatch.setattr(command, "CACHE", tmp_path / "as in a new clone" / "cache")
    monkeypatch.setattr(command, "PAGE", page)
    return found


def test_what_is_wished_is_asked_every_time(asked: list[str], tmp_path: Path) -> None:
    assert command.main(["iam.py"]) == command.main(["iam.py"]) == 0
    assert asked == ["policies/iam.py"] * 2
    assert "`policies/iam.py`" in (tmp_path / "page.md").read_text()


def test_without_a_wish_what_is_known_is_not_asked_again(asked: list[str]) -> None:
    command.main(["iam.py"])
    asked.clear()
    command.main([])
    assert "policies/acl/decision.py" in asked
    assert "policies/iam.py" not in asked


def test_again_asks_only_what_was_left(asked: list[str]) -> None:
    command.main(["iam.py"])
    asked.clear()
    assert command.main(["--again", "iam.py"]) == 0
    assert asked == []


def test_only_the_table(asked: list[str]) -> None:
    assert command.main(["--table"]) == 0
    assert asked == []


@pytest.mark.parametrize("wishes", [["nothing.py"], ["iam.py", "nothing.py"]], ids=len)
def test_a_wish_for_nothing_is_told_and_nothing_else_done(
    wishes: list[str], asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(wishes) == 1
    assert "nothing.py: no module of policies/ is called so" in capsys.readouterr().err
    assert asked == []
