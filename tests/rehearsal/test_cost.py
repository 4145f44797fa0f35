"""What a month costs: the page is what the program declares, and stays under the decision record's
budgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from policies.cost import BUDGETS, PRICES, Nodes
from policies.environments import Environment
from rehearsal import cost
from rehearsal.cost import PAGE, Month, all_months, declared, main, markdown, months


@pytest.fixture(scope="module")
def found() -> Sequence[Month]:
    return all_months()


def test_every_environment_stays_within_its_budget(found: Sequence[Month]) -> None:
    assert len(found) == len(Environment) * len(Nodes)
    for month in found:
        assert 0 < month.bill.dollars <= BUDGETS[month.environment].infrastructure
        assert month.fits


def test_the_page_is_fresh(found: Sequence[Month]) -> None:
    assert PAGE.read_text() == markdown(found), "run `make cost`"


def test_the_page_tells_how_old_the_prices_are_and_where_they_stand(found: Sequence[Month]) -> None:
    page = markdown(found)
    assert "check them before" in page
    assert "as they were known in early 2025" in page
    assert all(price.source in page for price in PRICES)


def test_a_stacks_settings_are_what_is_counted() -> None:
    before, after = (
        months(Environment.PROD, declared(Environment.PROD, changed))[0].bill
        for changed in ({}, {"servers": 3, "dataSize": "100Gi", "exposure": "none"})
    )
    lines = {item.name: item.sum for item in after.items}
    assert lines["volumes: data"] == "3 x 100 GiB x 0.088"
    assert "load balancer" not in lines
    assert after.dollars < before.dollars


def test_an_environment_above_its_budget_fails(
    found: Sequence[Month],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(cost, "PAGE", tmp_path / "cost.md")
    monkeypatch.setattr(cost, "all_months", lambda: found)
    assert main() == 0
    tight = dict.fromkeys(Environment, BUDGETS[Environment.DEV])
    monkeypatch.setattr(cost, "BUDGETS", tight)
    assert main() == 1
    assert "above 50 for infrastructure" in " ".join(capsys.readouterr().out.split())
    assert "above 50 for infrastructure" in (tmp_path / "cost.md").read_text()
