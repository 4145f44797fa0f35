"""Tables: with or without a terminal, and with any text in them."""

from __future__ import annotations

import json

import pytest

from policies.commands import screen


def test_without_a_terminal_a_row_is_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    long = "x" * 300
    screen.table(("a", "b"), [[(long, "[bold]y[/bold]")], [("z", "\x1b[2J")]])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert f"{long}  [bold]y[/bold]" in lines
    assert "\\x1b[2J" in lines[-1]
    assert "\x1b" not in "".join(lines)


def test_columns_are_obeyed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    screen.table(("a", "b"), [[("x" * 100, "y" * 100)]])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 40
    assert (out.count("x"), out.count("y")) == (100, 100)


def test_json_holds_any_text(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"name": "länge \udcff \x1b"}
    screen.as_json(document)
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == document
