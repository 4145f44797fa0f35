"""An operator's terminal: stops at the first failure, and shows nothing by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.recovery_drill import operator
from rehearsal.recovery_drill.operator import Operator


@pytest.fixture
def at(tmp_path: Path) -> Operator:
    return Operator({"PATH": "/usr/bin:/bin", "KNOWN": "yes"}, tmp_path)


def test_it_has_its_environment_and_nobody_elses(
    at: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "hvs.mine")
    said = at.run('echo "$KNOWN ${VAULT_TOKEN-none} $OWN $PWD"', OWN="own")
    assert said.output.split() == ["yes", "none", "own", str(at.folder)]


def test_what_is_typed_arrives(at: Operator) -> None:
    assert at.run("read -r one; echo $one", typed="share\n").output == "share\n"


@pytest.mark.parametrize(
    "commands", ["false; echo on", "false | cat; echo on", "echo $NONE; echo on"]
)
def test_it_stops_at_the_first_failure(at: Operator, commands: str) -> None:
    said = at.run(commands)
    assert said.status != 0
    assert "on" not in said.output


def test_a_failure_names_the_block_and_says_what_was_said(at: Operator) -> None:
    with pytest.raises(RehearsalError, match="run=a-block ended with 3: too bad"):
        at.must("a-block", "echo too bad >&2; exit 3")


def test_a_failure_does_not_say_what_was_put_out(at: Operator) -> None:
    with pytest.raises(RehearsalError, match=r"ended with 3: $"):
        at.must("a-block", "echo a secret; exit 3")


def test_output_is_no_part_of_the_representation(at: Operator) -> None:
    assert "secret" not in repr(at.run("echo secret; echo secret >&2"))


def test_what_hangs_is_said(at: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(RehearsalError, match="did not end within"):
        at.run("sleep 5")
