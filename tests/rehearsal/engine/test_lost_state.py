"""What is tried is what the page says."""

from __future__ import annotations

from rehearsal.engine import lost_state
from rehearsal.program import ROOT
from upkeep.state import command


def test_every_block_of_the_page_is_run_in_its_order() -> None:
    assert tuple(lost_state.blocks()) == lost_state.BLOCKS


def test_the_commands_help_says_the_same() -> None:
    assert lost_state.PAGE.relative_to(ROOT).as_posix() in command.HELP
    assert "python -m upkeep rebuild-state --plan plan.json --state state.json" in command.HELP
