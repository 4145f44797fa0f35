"""Shows what was measured: tables in the terminal, and everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from rehearsal.load.latency import PERCENTILES, Distribution, ratio
from rehearsal.load.results import (
    AIM_MS,
    DEFAULTS,
    DEPLOYED,
    NO_AUDIT,
    NO_TLS,
    Measured,
    Results,
    Series,
    Timed,
)

COMPARED = (
    ("as deployed : Vault's defaults", DEPLOYED, DEFAULTS),
    ("with audit : without", DEPLOYED, NO_AUDIT),
    ("with TLS : without", DEFAULTS, NO_TLS),
)
_OF = (50.0, 99.0, 99.9)
_MARK = {True: "[green]✓[/]", False: "[bold red]✗[/]"}


def show(console: Console, results: Results) -> None:
    console.print(_constant(results))
    console.print(_ratios(results))
    console.print(_maxima(results))
    console.print(_operations(results))
    console.print(verdict(results), highlight=False)


def verdict(results: Results) -> str:
    """The last lines: the aim, what failed, and whether the audit has it all."""
    reached = results.series(DEPLOYED).latency.percentile(99)
    runs = sum(1 for _ in results.all)
    complete = runs - results.unrecorded
    said = (
        (reached < AIM_MS, f"P99 as deployed: {reached:.1f} ms, aim: {AIM_MS:g} ms"),
        (not results.failed, f"{results.failed} requests failed"),
        (not results.missed, f"{results.missed} planned requests could not be sent in time"),
        (complete == runs, f"every request is twice in the audit, in {complete} of {runs} runs"),
    )
    return "\n".join(f"{_MARK[good]} {line}" for good, line in said)


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _constant(results: Results) -> Table:
    rate = results.series(DEPLOYED).rounds[0].run.pace.per_second
    table = _table(
        f"KV reads at a constant {rate:,.0f}/s: ms from the planned time to the answer",
        "",
        "sent",
        *(f"P{percent:g}" for percent in PERCENTILES),
        "max",
        "audit",
    )
    for series in results.constant:
        table.add_row(series.name, *_cells(series.latency), _audit(series.rounds), style="bold")
        for number, one in enumerate(series.rounds, 1):
            table.add_row(f"  round {number}", *_cells(one.run.latency), _audit((one,)))
    return table


def _cells(latency: Distribution) -> Iterator[str]:
    yield f"{len(latency):,}"
    for percent in PERCENTILES:
        yield _ms(latency.percentile(percent))
    yield _ms(latency.longest)


def _ms(milliseconds: float) -> str:
    """As exact as it is worth."""
    return f"{milliseconds:.1f}" if milliseconds < 1000 else f"{milliseconds:.0f}"


def _audit(rounds: tuple[Measured, ...]) -> str:
    """Whether both entries of every request are there."""
    if any(one.entries is None for one in rounds):
        return "off"
    return _MARK[all(one.recorded for one in rounds)]


def _ratios(results: Results) -> Table:
    table = _table(
        "As ratios, by round (below 1: the first is quicker)",
        "",
        *(f"P{percent:g}" for percent in _OF),
    )
    for label, one, other in COMPARED:
        table.add_row(
            label, *(" ".join(f"{r:.2f}" for r in by_round(results, one, other, p)) for p in _OF)
        )
    return table


def by_round(results: Results, one: str, other: str, percent: float) -> list[float]:
    """How many times the other's latency the one's is, in each round."""
    pairs = zip(results.series(one).rounds, results.series(other).rounds, strict=True)
    return [
        ratio(a.run.latency.percentile(percent), b.run.latency.percentile(percent))
        for a, b in pairs
    ]


def _maxima(results: Results) -> Table:
    names = [series.name for series in results.maxima[0][1]]
    table = _table(
        "KV reads as fast as the connections allow: requests/s (P99 ms)",
        "connections",
        *names,
        "ratio",
    )
    for connections, several in results.maxima:
        cells = [f"{one.per_second:,.0f} ({_ms(one.latency.percentile(99))})" for one in several]
        first, second = (one.per_second for one in several)
        table.add_row(str(connections), *cells, f"{ratio(first, second):.2f}")
    return table


def _operations(results: Results) -> Table:
    table = _table(
        "Operations as deployed, one at a time: ms from sending to the answer",
        "",
        "n",
        "P50",
        "P95",
        "P99",
        "max",
        "figure",
        "met by",
        "audit",
    )
    for timed in results.operations:
        latency = timed.latency
        table.add_row(
            timed.name,
            str(len(latency)),
            *(_ms(latency.percentile(percent)) for percent in (50, 95, 99)),
            _ms(latency.longest),
            timed.figure.range if timed.figure else "",
            met_by(timed),
            _audit((timed.measured,)),
        )
    return table


def met_by(timed: Timed) -> str:
    """Up to which percentile the wanted latency is kept."""
    if timed.figure is None:
        return ""
    kept = [p for p in (50.0, 95.0, 99.0) if timed.latency.percentile(p) <= timed.figure.upper]
    return f"[green]P{kept[-1]:g}[/]" if kept else "[red]none[/]"


def write_json(path: Path, results: Results) -> None:
    """Every run: percentiles and the curve of its latencies. No secret is in a result."""
    path.write_text(json.dumps(as_json(results), indent=1) + "\n", encoding="utf-8")


def as_json(results: Results) -> dict[str, Any]:
    return {
        "environment": results.environment,
        "latency_counts_from": "the planned time of the request",
        "constant": [_series(series) for series in results.constant],
        "ratios": {
            label: {f"p{p:g}": by_round(results, one, other, p) for p in _OF}
            for label, one, other in COMPARED
        },
        "maximum": [
            {"connections": connections, "targets": [_series(series) for series in several]}
            for connections, several in results.maxima
        ],
        "operations": [
            {
                "name": timed.name,
                "figure_ms": timed.figure.range if timed.figure else None,
                **_measured(timed.measured),
            }
            for timed in results.operations
        ],
    }


def _series(series: Series) -> Mapping[str, Any]:
    curve = [[round(percent, 4), round(ms, 3)] for percent, ms in series.latency.curve()]
    return {
        "name": series.name,
        "all_rounds": _percentiles(series.latency),
        "curve": curve,
        "rounds": [_measured(one) for one in series.rounds],
    }


def _measured(measured: Measured) -> Mapping[str, Any]:
    run, entries = measured.run, measured.entries
    return {
        "requests": run.requests,
        "connections": run.pace.connections,
        "wanted_per_second": run.pace.per_second,
        "per_second": round(run.per_second, 1),
        "codes": {str(code): number for code, number in sorted(run.codes.items())},
        "sent_late": round(run.late, 4),
        "latency_ms": _percentiles(run.latency),
        "from_sending_ms": _percentiles(run.service),
        "audit": None
        if entries is None
        else {
            "sent": run.sent,
            "requests": entries.requests,
            "responses": entries.responses,
            "others": entries.others,
        },
    }


def _percentiles(latency: Distribution) -> Mapping[str, float]:
    return dict(_named(latency))


def _named(latency: Distribution) -> Iterator[tuple[str, float]]:
    for percent in PERCENTILES:
        yield f"p{percent:g}", round(latency.percentile(percent), 3)
    yield "max", round(latency.longest, 3)
