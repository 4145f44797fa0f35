from __future__ import annotations

import pytest

from migration.__main__ import COMMANDS
from migration.commands import scan
from tests.migration.conftest import Call


def test_without_a_command_it_is_wrong_usage(call: Call) -> None:
    assert call().status == 2
    assert call("look").status == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(call: Call, command: str) -> None:
    ended = call(command, "--help")
    assert ended.status == 0
    assert "Exit status: 0" in ended.out


def test_interrupted(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(scan, "run", stop)
    assert call("scan", ".").status == 130
