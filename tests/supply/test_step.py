"""Tools are run to their end, whatever it is."""

from __future__ import annotations

import sys

import pytest

from supply.step import Answer, CannotAudit, Outcome, last_line, run


def test_an_answer_with_findings_is_not_clean() -> None:
    assert Answer("nothing").outcome is Outcome.CLEAN
    assert Answer("something", ("this",)).outcome is Outcome.FOUND


def test_a_tool_may_end_as_it_likes() -> None:
    ended = run([sys.executable, "-c", "import sys; print('a'); print(); sys.exit('why')"])
    assert (ended.returncode, ended.stdout, last_line(ended)) == (1, "a\n\n", "why")
    assert last_line(run([sys.executable, "-c", ""])) == "nothing"


def test_a_tool_that_is_not_there_is_told() -> None:
    with pytest.raises(CannotAudit, match=r"no-such-tool: is not installed; make \.venv/locked"):
        run(["no-such-tool"])
