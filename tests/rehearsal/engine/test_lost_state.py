"""What is tried is what the page says."""

from __future__ import annotations

from rehearsal.engine import lost_state
from upkeep.state import command


def test_every_block_of_the_page_is_run_in_its_order() -> None:
    assert tuple(lost_state.blocks()) == lost_state.BLOCKS


def test_the_commands_help_says_the_same() -> None:
    page = lost_state.PAGE.read_text()
    for target in ("**VaultBootstrap**", "**PodsPreflight**"):
        assert f"--target '{target}'" in command.HELP
        assert f"--target '{target}'" in page
    assert "python -m upkeep rebuild-state --plan plan.json --state state.json" in command.HELP
