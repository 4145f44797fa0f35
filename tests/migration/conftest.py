"""The command line as it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from migration.__main__ import main


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


Call = Callable[..., Ended]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: object) -> Ended:
        try:
            status = main([str(one) for one in arguments])
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Ended(status, out, err)

    return run
