"""What a month costs: the sums are those that are shown, and stay under the decision record's."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.environments import Environment
from rehearsal import cost, program
from rehearsal.cost import BUDGETS, PAGE, bills, items, main, markdown
from rehearsal.errors import RehearsalError


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("own_nodes", [False, True])
def test_every_environment_stays_within_its_budget(
    environment: Environment, own_nodes: bool
) -> None:
    found = items(environment, program.stack_keys(environment.value, {}), own_nodes=own_nodes)
    infrastructure, total = BUDGETS[environment]
    assert 0 < sum(item.dollars for item in found) <= infrastructure < total


def test_a_share_is_of_what_runs_short_first() -> None:
    stack = program.stack_keys("prod", {"serverCpu": "100m", "serverMemory": "4Gi"})
    share = items(Environment.PROD, stack, own_nodes=False)[0]
    assert share.dollars == pytest.approx(5 * 0.5 * 730 * 0.107)


def test_what_is_not_deployed_costs_nothing() -> None:
    names = [
        item.name for item in items(Environment.DEV, program.stack_keys("dev", {}), own_nodes=True)
    ]
    assert names == ["own t3.small nodes", "volumes (gp3)"]


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text() == markdown(bills()), "run `make cost`"


def test_a_server_that_no_priced_node_holds_is_said() -> None:
    stack = program.stack_keys("prod", {"serverMemory": "64Gi"})
    with pytest.raises(RehearsalError, match="serverMemory: 64Gi fits no node"):
        items(Environment.PROD, stack, own_nodes=True)


def test_an_environment_above_its_budget_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(cost, "PAGE", tmp_path / "cost.md")
    assert main() == 0
    monkeypatch.setitem(BUDGETS, Environment.PROD, (100, 200))
    assert main() == 1
    assert "above 100 for infrastructure" in " ".join(capsys.readouterr().out.split())
    assert "above 100 for infrastructure" in (tmp_path / "cost.md").read_text()
