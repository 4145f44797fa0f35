"""The dashboard as a whole: what it asks, of what, and where it shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, get_args

import promql_parser
import pytest
from grafana_foundation_sdk.models import units
from promql_parser import AggregateExpr, BinaryExpr, Expr, VectorSelector

from components.operations.telemetry.dashboard.document import ROWS, text, uses
from components.operations.telemetry.metric import Kind, Metric
from components.operations.telemetry.metrics import METRICS, REQUESTS, SEAL_ENCRYPT
from components.operations.telemetry.others import OTHERS, TARGET_LABELS
from tests.recording import ROOT

KNOWN: Final = {name: metric for metric in (*METRICS, *OTHERS) for name in metric.series}
DASHBOARD: Final[dict[str, Any]] = json.loads(text())
PANELS: Final = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
VARIABLES: Final = [one["name"] for one in DASHBOARD["templating"]["list"]]


@dataclass(frozen=True, slots=True)
class Asked:
    panel: str
    expression: str
    legend: str

    @property
    def parsed(self) -> Expr:
        return promql_parser.parse(self.expression.replace("$__rate_interval", "8s"))


ASKED: Final = [
    Asked(panel["title"], one["expr"], one["legendFormat"])
    for panel in PANELS
    for one in panel["targets"]
]


def problems(expression: Expr) -> Iterator[str]:
    """Metrics and labels that nobody exports."""
    found: list[str] = []

    def look(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            found.extend(_of_selector(node))
        elif isinstance(node, AggregateExpr):
            found.extend(_of_labels(node.expr, node.modifier.labels if node.modifier else []))
        elif isinstance(node, BinaryExpr) and node.modifier and node.modifier.matching:
            found.extend(_of_labels(node, node.modifier.matching.labels))

    promql_parser.walk(expression, look)
    yield from found


def _of_selector(node: VectorSelector) -> Iterator[str]:
    name = node.name or ""
    if name not in KNOWN:
        yield f"no metric {name}"
        return
    for matcher in node.matchers.matchers:
        if matcher.name not in labels_of(KNOWN[name], name):
            yield f"{name} has no label {matcher.name}"


def _of_labels(node: Expr, labels: list[str]) -> Iterator[str]:
    inside: set[str] = set()

    def look(child: Expr) -> None:
        if isinstance(child, VectorSelector) and child.name in KNOWN:
            inside.update(labels_of(KNOWN[child.name], child.name))

    promql_parser.walk(node, look)
    yield from (f"nothing has a label {label}" for label in labels if label not in inside)


def labels_of(metric: Metric, name: str) -> set[str]:
    quantile = {"quantile"} if metric.kind is Kind.SUMMARY and name == metric.name else set()
    return {*metric.labels, *TARGET_LABELS, *quantile}


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked.panel}: {asked.legend}")
def test_every_query_is_promql_of_known_metrics(asked: Asked) -> None:
    assert list(problems(asked.parsed)) == []


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("vault_core_sealed", "no metric vault_core_sealed"),
        ("rate(vault_request_total[1m])", "no metric vault_request_total"),
        ('vault_core_unsealed{path="x"}', "vault_core_unsealed has no label path"),
        ('vault_core_handle_request_sum{quantile="0.5"}', "has no label quantile"),
        ("sum by (method) (vault_raft_apply)", "nothing has a label method"),
        ("vault_raft_apply and on (shard) up", "nothing has a label shard"),
    ],
)
def test_a_panel_with_a_renamed_metric_or_label_would_be_found(
    expression: str, problem: str
) -> None:
    """Such as a new version of Vault brings: the table changes, and what is written by hand not."""
    assert any(problem in one for one in problems(promql_parser.parse(expression)))


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked.panel}: {asked.legend}")
def test_a_legend_names_labels_that_the_answer_has(asked: Asked) -> None:
    named = set(re.findall(r"\{\{(\w+)\}\}", asked.legend))
    kept: set[str] = set(TARGET_LABELS)
    if isinstance(asked.parsed, AggregateExpr):
        kept = set(asked.parsed.modifier.labels if asked.parsed.modifier else [])
    assert named <= kept


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked.panel}: {asked.legend}")
def test_every_query_is_of_the_chosen_servers(asked: Asked) -> None:
    selectors: list[set[str]] = []

    def look(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            chosen = {f"{one.name}={one.value}" for one in node.matchers.matchers}
            selectors.append(chosen)

    promql_parser.walk(asked.parsed, look)
    assert selectors
    assert all({"namespace=$namespace", "pod=$instance"} <= one for one in selectors)


def test_it_asks_by_variables_that_it_has() -> None:
    assert VARIABLES == ["datasource", "namespace", "instance"]
    used = set(re.findall(r"\$\{?(\w+)\}?", text())) - {"__rate_interval", "__all"}
    assert used == set(VARIABLES)


def test_all_servers_are_chosen_at_first_and_those_that_come_later_too() -> None:
    for variable in DASHBOARD["templating"]["list"][1:]:
        assert variable["current"]["value"] == "$__all"
        assert (variable["includeAll"], variable["allValue"], variable["refresh"]) == (
            True,
            ".*",
            2,
        )


def test_no_panel_lies_on_another() -> None:
    def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        return {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }

    taken = [(panel["title"], cells(panel)) for panel in DASHBOARD["panels"]]
    assert [(a, b) for (a, here), (b, there) in combinations(taken, 2) if here & there] == []
    assert all(x < 24 for _, where in taken for x, _ in where)
    # Nor is there a hole: Grafana would draw what is below higher up.
    assert len(set().union(*(where for _, where in taken))) == 24 * (
        1 + max(y for _, where in taken for _, y in where)
    )


def test_panels_have_a_number_each_a_title_a_description_and_grafanas_unit() -> None:
    known = {get_args(one)[0] for one in units.__annotations__.values()}
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    titles = [panel["title"] for panel in PANELS]
    assert len(set(titles)) == len(titles)
    for panel in PANELS:
        assert panel["description"].endswith((".", "?"))
        assert panel["fieldConfig"]["defaults"]["unit"] in known


def test_rows_come_in_the_order_in_which_one_asks() -> None:
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == [row.title for row in ROWS]
    assert rows[:2] == ["Health", "Traffic"]


def test_where_a_metric_is_used_is_known() -> None:
    assert uses(REQUESTS) == ("Time for a request",)
    assert uses(SEAL_ENCRYPT) == ("Time of the KMS", "Calls and errors")
    used = {metric.name for metric in METRICS if uses(metric)}
    assert len(used) > 40


def test_a_name_that_begins_like_another_is_not_that_other() -> None:
    assert uses(Metric("vault_core", Kind.GAUGE, REQUESTS.unit, "")) == ()


def test_the_file_for_those_who_import_it_is_fresh() -> None:
    fresh = (ROOT / "docs" / "dashboard.json").read_text(encoding="utf-8") == text()
    assert fresh, "run: .venv/bin/python -m rehearsal.dashboard --json-only"
