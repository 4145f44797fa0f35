"""The tables say what was measured, in 80 columns, and the JSON holds all of it."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from rehearsal.load import report
from rehearsal.load.results import DEFAULTS, DEPLOYED, Results, Series
from tests.rehearsal.load import made


def shown(results: Results) -> str:
    console = Console(file=io.StringIO(), width=80, record=True)
    report.show(console, results)
    return console.export_text()


def row(text: str, start: str) -> list[str]:
    (line,) = (line for line in text.splitlines() if line.strip().startswith(start))
    return line.strip().removeprefix(start).split()


def test_nothing_is_cut_off_in_80_columns() -> None:
    assert "…" not in shown(made.results(Series(DEPLOYED, (made.measured(1234),) * 2)))


def test_percentiles_of_the_deployed_cluster() -> None:
    text = shown(made.results(made.series(DEPLOYED, 10, 10)))
    assert row(text, "as deployed   ")[:7] == ["2,000", "5.0", "9.5", "9.9", "10.0", "10.0", "✓"]
    assert "constant 100/s" in text


def test_ratios_are_of_the_same_round() -> None:
    assert report.by_round(made.results(), DEPLOYED, DEFAULTS, 99) == pytest.approx([0.25, 0.5])
    assert row(shown(made.results()), "as deployed : Vault's defaults")[:2] == ["0.25", "0.50"]


def test_how_far_a_wanted_latency_is_kept() -> None:
    text = shown(made.results())
    assert row(text, "certificate, EC P-256")[-3:] == ["50-100", "P99", "✓"]
    assert row(text, "certificate, RSA 2048")[-3:] == ["50-100", "P50", "✓"]
    slow = dataclasses.replace(made.results().operations[0], measured=made.measured(1000))
    assert "none" in report.met_by(slow)


@pytest.mark.parametrize(
    ("deployed", "said"),
    [
        (made.series(DEPLOYED, 10), "✓ P99 as deployed: 9.9 ms, aim: 20 ms"),
        (made.series(DEPLOYED, 30), "✗ P99 as deployed: 29.7 ms, aim: 20 ms"),
        (Series(DEPLOYED, (made.measured(1, codes={503: 2}),)), "✗ 2 requests failed"),
        (Series(DEPLOYED, (made.measured(1, number=999),)), "✗ 1 planned requests could not"),
        (Series(DEPLOYED, (made.measured(1, lost=1),)), "✗ every request is twice in the audit"),
    ],
)
def test_the_verdict_names_what_is_wrong(deployed: Series, said: str) -> None:
    whole = made.results()
    one_round = tuple(Series(one.name, one.rounds[:1]) for one in whole.constant[1:])
    text = shown(dataclasses.replace(whole, constant=(deployed, *one_round)))
    assert said in text


def test_the_json_holds_every_run(tmp_path: Path) -> None:
    file = tmp_path / "load.json"
    results = made.results()
    report.write_json(file, results)
    written = json.loads(file.read_text())
    assert [series["name"] for series in written["constant"]] == [s.name for s in results.constant]
    first = written["constant"][0]["rounds"][0]
    assert first["latency_ms"]["p99"] == pytest.approx(9.9)
    assert first["audit"] == {"sent": 1010, "requests": 1010, "responses": 1010, "others": 3}
    assert written["constant"][1]["rounds"][0]["audit"] is None
    assert written["constant"][0]["curve"][-1][1] == pytest.approx(12, rel=0.01)
    assert written["maximum"][0]["connections"] == 4
    assert written["operations"][1]["figure_ms"] == "50-100"
    assert written["ratios"]["as deployed : Vault's defaults"]["p99"] == pytest.approx([0.25, 0.5])
