"""What drills leave behind: each run, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Ran(Protocol):
    """One run of one drill."""

    @property
    def drill(self) -> str:
        """Its name."""

    @property
    def number(self) -> int:
        """Of this run among those of its drill, from 1."""

    @property
    def faults(self) -> list[str]:
        """Why it is no success; empty where it is."""

    def as_json(self) -> dict[str, Any]:
        """Plain values, without secrets."""


def write_json(path: Path, setting: Mapping[str, Any], runs: Sequence[Ran]) -> None:
    """`setting`: of what cluster."""
    document = {**setting, "runs": [run.as_json() for run in runs]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
