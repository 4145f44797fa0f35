"""What a run of the drill found: figures, what was said, and what must hold."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rehearsal.drill.results import Check


@dataclass
class Results:
    steps: dict[str, float] = field(default_factory=dict)
    """What was done -> how many seconds it took."""
    figures: dict[str, str | float | int] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """A fault -> what the command said of it."""
    checks: list[Check] = field(default_factory=list)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.steps[what] = round(time.monotonic() - began, 2)

    def check(self, what: str, holds: bool, seen: str = "") -> None:
        self.checks.append(Check(what, holds, seen))

    @property
    def good(self) -> bool:
        return all(one.holds for one in self.checks)


def show(console: Console, results: Results) -> None:
    steps = Table(title="Step by step", title_justify="left", box=None, padding=(0, 2, 0, 0))
    steps.add_column("step")
    steps.add_column("seconds", justify="right")
    for what, seconds in results.steps.items():
        steps.add_row(what, f"{seconds:.2f}")
    figures = Table(title="Figures", title_justify="left", box=None, padding=(0, 2, 0, 0))
    figures.add_column("what", overflow="fold")
    figures.add_column("", justify="right", overflow="fold")
    for what, value in results.figures.items():
        figures.add_row(what, str(value))
    checks = Table(title="What must hold", title_justify="left", box=None, padding=(0, 2, 0, 0))
    checks.add_column("", no_wrap=True)
    checks.add_column("", overflow="fold")
    for one in results.checks:
        mark = "[green]holds[/]" if one.holds else "[bold red]DOES NOT[/]"
        checks.add_row(mark, one.what + (f": {one.seen}" if one.seen and not one.holds else ""))
    said = Table(title="What is said", title_justify="left", box=None, padding=(0, 2, 0, 0))
    said.add_column("fault", min_width=24)
    said.add_column("", overflow="fold")
    for fault, text in results.said.items():
        said.add_row(fault, text)
    for table in (steps, figures, checks, said):
        console.print(table, "")


def write_json(path: Path, setting: Mapping[str, Any], results: Results) -> None:
    document = {
        **setting,
        "steps": results.steps,
        "figures": results.figures,
        "said": results.said,
        "checks": [asdict(one) for one in results.checks],
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
