"""What drills leave behind: a picture, and each run as JSON."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console


class Ran(Protocol):
    """One run of one drill."""

    @property
    def faults(self) -> list[str]:
        """Why it is no success; empty where it is."""

    def as_json(self) -> dict[str, Any]:
        """Plain values, without secrets."""


def save_picture(path: Path, title: str, show: Callable[[Console], None]) -> None:
    """What `show` prints, as SVG; it refers to nothing outside itself."""
    console = Console(record=True, file=io.StringIO(), width=100, color_system="truecolor")
    show(console)
    form = re.sub(r"@font-face {{.*?}}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    path.write_text(console.export_svg(title=title, code_format=form), encoding="utf-8")


def write_json(path: Path, setting: Mapping[str, Any], runs: Sequence[Ran]) -> None:
    """`setting`: of what cluster."""
    document = {**setting, "runs": [run.as_json() for run in runs]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
