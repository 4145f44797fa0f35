"""The page of guardrails."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.escalation import IN_KUBERNETES, POWERS
from policies.guardrails import table
from policies.guardrails.pack import RULES
from policies.guardrails.table import COMMAND, PAGE, main, page


def test_it_is_fresh() -> None:
    assert PAGE.read_text() == page(), f"run `{COMMAND}`"


def test_every_rule_and_power_is_there() -> None:
    text = page()
    for rule in RULES:
        assert f"### {rule.name}\n\n{rule.says} {rule.meaning}\n" in text
        assert f"Repair: {rule.repair}.\n" in text
        for limit in rule.limits:
            assert f"`{limit.name}`: {limit.description}" in text
    for power in (*POWERS, *IN_KUBERNETES):
        assert f"| {power.name} | {power.effect} |" in text


def test_levels_stand_in_the_order_of_the_environments() -> None:
    assert "| [data-protected](#data-protected) | high | off | mandatory | mandatory |" in page()


def test_the_command_writes_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(table, "PAGE", tmp_path / "guardrails.md")
    main()
    assert (tmp_path / "guardrails.md").read_text() == page()
