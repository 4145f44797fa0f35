"""What a terminal shows."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from policies.review.model import Review
from policies.review.output import terminal
from tests.policies.review.made import FULL, READS, everywhere, hostile, workload


def shown(review: Review, width: int = 120, *, colours: bool = False) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colours,
        color_system="truecolor" if colours else None,
    )
    terminal.show(console, review)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


WHOLE = Path(__file__).with_name("whole") / "terminal.txt"
"""What `FULL` is shown as, in 120 columns. A change of it is for people to read."""


def test_the_whole() -> None:
    lines = [line.rstrip() for line in shown(FULL).splitlines()]
    assert lines == WHOLE.read_text(encoding="utf-8").splitlines()


def test_the_first_line_comes_first_and_then_the_verdict() -> None:
    first, second, *_ = shown(everywhere(workload(READS))).splitlines()
    assert first.rstrip() == "1 workload gains access"
    assert "no approval is needed" in second


def test_everything_that_changed_is_there() -> None:
    text = shown(FULL, 200)
    for part in (
        "- prod: an escalation needs the approval of security-team",
        "escalation in prod: shop/api can write",
        "2. It can give itself any rule, and log in again.",
        "ask Vault about sys/policies/acl/any",
        "+ gained",
        "\N{MINUS SIGN} lost",
        "read, list",
        "secret/data/shop/any/",
        "wrapped for at least 60 s",
        "shop-two",
        'GRANT DELETE ON "a" TO "b";',
        "2h (role), at most 24h (mount)",
        "Workloads that did not change: 7 in dev, 7 in staging and 7 in prod.",
    ):
        assert part in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_is_as_wide_as_the_terminal(width: int) -> None:
    assert max(map(len, shown(FULL, width).splitlines())) <= width


def test_without_colours_there_are_none() -> None:
    assert "\x1b[" not in shown(FULL)
    assert "\x1b[" in shown(FULL, colours=True)


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in shown(FULL, colours=True)


@given(st.text())
def test_a_terminal_obeys_nothing_of_a_pull_request(text: str) -> None:
    output = shown(hostile(text))
    assert all(one.isprintable() or one == "\n" for one in output)


def test_brackets_are_no_markup() -> None:
    assert "[bold]x[/bold]" in shown(hostile("[bold]x[/bold]"))
