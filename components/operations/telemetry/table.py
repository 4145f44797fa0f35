"""Tables of the metrics and alerts, for docs/telemetry.md. Pure; a test keeps the page fresh.

    python -m components.operations.telemetry.table > /tmp/tables.md

It writes no file: the page is written by people around what stands between its marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from components.operations.telemetry.alerts.rules import ALERTS
from components.operations.telemetry.metric import Metric, Needs
from components.operations.telemetry.metrics import METRICS
from components.operations.telemetry.others import OTHERS
from components.operations.telemetry.wishes import WISHES

BEGIN: Final = "<!-- made by python -m components.operations.telemetry.table -->"
END: Final = "<!-- until here -->"


def tables() -> str:
    """Everything between the marks."""
    return "\n\n".join(
        (
            "### The decision record's names",
            _table(
                ("it says", "Vault has", "why"),
                ((f"`{wish.name}`", _names(wish.answered_by), wish.why) for wish in WISHES),
            ),
            "### Alerts",
            _table(("alert", "severity", "after", "says"), map(_alert, _once())),
            "### Vault's metrics in use",
            _table(("metric", "kind", "on", "needs", "what"), map(_metric, METRICS)),
            "### Metrics of others in use",
            _table(
                ("metric", "of", "what"),
                ((f"`{one.name}`", one.source.value, one.meaning) for one in OTHERS),
            ),
        )
    )


def _once() -> list[tuple[str, str, str, str]]:
    """One row for each name and severity."""
    rows = {
        (alert.name, alert.severity.value): (
            alert.name,
            alert.severity.value,
            str(alert.after) if alert.after else "at once",
            alert.means,
        )
        for alert in reversed(ALERTS)
    }
    return list(reversed(rows.values()))


def _alert(row: tuple[str, str, str, str]) -> Sequence[str]:
    name, *rest = row
    return f"[{name}](runbooks/{name}.md)", *rest


def _metric(metric: Metric) -> Sequence[str]:
    needs = [] if metric.needs is Needs.NOTHING else [metric.needs.value]
    return (
        f"`{metric.name}`",
        f"{metric.kind.value}, {metric.unit.value}",
        metric.server.value,
        "; ".join([*needs, *([f"only after {metric.after}"] if metric.after else [])]),
        metric.meaning,
    )


def _names(metrics: Iterable[Metric]) -> str:
    return ", ".join(f"`{metric.name}`" for metric in metrics)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in one)} |" for one in lines)


if __name__ == "__main__":
    print(tables())
