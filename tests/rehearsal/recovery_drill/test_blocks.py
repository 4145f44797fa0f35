"""What an operator copies is what the drill runs: no runbook's commands are left unrun."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.recovery_drill.blocks import RUNBOOKS, all_blocks, block, blocks_of
from rehearsal.recovery_drill.catalogue import DRILLS

# One page for each alert has the alert's name; recovery pages are of words.
PAGES = sorted(page for page in RUNBOOKS.glob("*.md") if page.name[0].islower())
PARTS = ("## Symptoms", "## Decide", "## Do", "## Check", "## Afterwards")


def test_every_block_that_says_that_it_is_run_is_run_by_a_drill() -> None:
    assert set(all_blocks()) == {name for drill in DRILLS for name in drill.blocks}


def test_drills_have_names_of_their_own() -> None:
    assert [n for n, times in Counter(drill.name for drill in DRILLS).items() if times > 1] == []


def test_there_are_pages() -> None:
    assert len(PAGES) >= 8


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_one_needs_in_the_order_in_which_one_needs_it(page: Path) -> None:
    text = page.read_text()
    places = [text.find(f"\n{part}\n") for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    assert "```bash run=" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_secret_is_an_argument(page: Path) -> None:
    fenced = re.compile(r"^```bash.*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for commands in fenced.findall(page.read_text()):
        assert not re.search(
            r"-otp=|VAULT_TOKEN=|login hvs|token=hvs|(rekey|unseal) [A-Za-z0-9]{20}", commands
        )


def test_commands_stay_as_they_are_written() -> None:
    text = "# A page\n\n```bash run=one-thing\nvault status\necho '```'\n```\n\n```bash\nno\n```\n"
    assert blocks_of(text) == {"one-thing": "vault status\necho '```'\n"}


def test_a_name_that_is_given_twice_is_an_error() -> None:
    twice = "```bash run=one\na\n```\n```bash run=one\nb\n```\n"
    with pytest.raises(RehearsalError, match="run=one"):
        blocks_of(twice)


def test_a_name_that_is_none_says_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```bash run=one\na\n```\n")
    assert block("one", tmp_path) == "a\n"
    with pytest.raises(RehearsalError, match="run=two; there are: one"):
        block("two", tmp_path)
