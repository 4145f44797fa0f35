"""Shares from a pipe, of which nothing more is taken than they are."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from typing import IO

import pytest

from upkeep.errors import UpkeepError
from upkeep.root.prompt import ask_share


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[bytes]]:
    read, write = os.pipe()
    with os.fdopen(read) as reader, os.fdopen(write, "wb", buffering=0) as writer:
        monkeypatch.setattr(sys, "stdin", reader)
        yield writer


def test_what_follows_the_shares_is_left_for_the_command(pipe: IO[bytes]) -> None:
    pipe.write(b"one\n two \nvault status\n")
    assert [ask_share(1, 2), ask_share(2, 2)] == ["one", "two"]
    assert os.read(sys.stdin.fileno(), 100) == b"vault status\n"


def test_an_input_that_ends_is_said(pipe: IO[bytes]) -> None:
    pipe.write(b"one\n")
    pipe.close()
    assert ask_share(1, 3) == "one"
    with pytest.raises(UpkeepError, match="before share 2 of 3"):
        ask_share(2, 3)


def test_a_terminal_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    prompts: list[str] = []

    def hidden(text: str) -> str:
        prompts.append(text)
        return "typed"

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", hidden)
    assert ask_share(2, 3) == "typed"
    assert prompts == ["share 2 of 3 (hidden): "]
