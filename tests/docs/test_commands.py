"""The commands' reference is what they say of themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from docs._ext.commands import CommandsError, helped, modules, page, targets
from tests.recording import ROOT


def test_every_command_is_found() -> None:
    found = list(modules(ROOT))
    assert {"policies", "attest", "upkeep", "migration", "rehearsal", "rehearsal.drill"} <= {*found}
    assert "vaultstack_jobs" in found
    assert "policies.guardrails" not in found
    assert found.index("policies") < found.index("rehearsal") < found.index("rehearsal.drill")


def test_a_command_and_those_below_it_say_how_they_are_used() -> None:
    before = dict(os.environ)
    text = helped("upkeep")
    assert list(text)[:2] == ["upkeep", "upkeep roll"]
    assert text["upkeep roll"].startswith("usage: python -m upkeep roll [-h]")
    assert "--dry-run" in text["upkeep roll"]
    assert dict(os.environ) == before


def test_the_page_has_a_heading_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs._ext.commands.modules", lambda _: iter(["upkeep"]))
    text = page(ROOT)
    assert text.startswith("## python -m upkeep\n\n```text\nusage: python -m upkeep [-h]")
    assert "\n### roll\n\n```text\nusage: python -m upkeep roll" in text


def silent(_: Sequence[str]) -> int:
    return 0


def failing(_: Sequence[str]) -> int:
    print("usage: nothing")
    raise SystemExit(2)


@pytest.mark.parametrize("main", [silent, failing])
def test_one_that_does_not_answer_fails(
    main: Callable[[Sequence[str]], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("silent.__main__")
    monkeypatch.setattr(module, "main", main, raising=False)
    monkeypatch.setitem(sys.modules, "silent", ModuleType("silent"))
    monkeypatch.setitem(sys.modules, "silent.__main__", module)
    with pytest.raises(CommandsError, match="--help must print how it is used"):
        helped("silent")


def test_targets_are_those_of_make_help(tmp_path: Path) -> None:
    makefile = tmp_path / "Makefile"
    makefile.write_text("a-b: .venv/locked ## does a | b\n\tdo it\nhidden:\n\tdo\nc: ## does c\n")
    assert targets(makefile).splitlines()[2:] == [
        "| `make a-b` | does a \\| b |",
        "| `make c` | does c |",
    ]
    makefile.write_text("hidden:\n\tdo\n")
    with pytest.raises(CommandsError, match="no target"):
        targets(makefile)
