"""Takes all measurements, each in a process of its own, one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError
from rehearsal.scale.measure import prepare
from rehearsal.scale.results import Measure, Measured, Results, median

_REVIEWS: Final = {Measure.REVIEW_NOTHING, Measure.REVIEW_ONE, Measure.REVIEW_ALL}
_SMALL: Final = 100
"""Up to this number of workloads, where a run is short and chance counts most, it is repeated."""
_RUNS: Final = 3
_AT_MOST_SECONDS: Final = 900


def run(
    measures: Iterable[Measure], sizes: Iterable[int], progress: Callable[[str], None]
) -> Results:
    """Raises `RehearsalError` where a measurement fails, with what it said."""
    measured, chosen = list[Measured](), tuple(measures)
    for workloads in sorted(sizes):
        with tempfile.TemporaryDirectory(prefix="vaultstack-scale-") as folder:
            if _REVIEWS.intersection(chosen):
                progress(f"{workloads:,} workloads: both sides of each review")
                prepare(workloads, Path(folder))
            for measure in chosen:
                if workloads <= measure.largest:
                    progress(f"{workloads:,} workloads: {measure}")
                    measured.append(median(list(_runs(measure, workloads, Path(folder)))))
    return Results(tuple(measured))


def _runs(measure: Measure, workloads: int, folder: Path) -> Iterator[Measured]:
    often = _RUNS if workloads <= _SMALL and measure is not Measure.REHEARSAL else 1
    for _ in range(often):
        yield _one(measure, workloads, folder)


def _one(measure: Measure, workloads: int, folder: Path) -> Measured:
    command = [
        sys.executable,
        "-m",
        "rehearsal.scale",
        "--one",
        measure,
        str(workloads),
        str(folder),
    ]
    # As wherever Python may keep what it compiled: it is not to be measured again each time.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    try:
        ended = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            timeout=_AT_MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise RehearsalError(
            f"{measure}, {workloads:,} workloads: took longer than {_AT_MOST_SECONDS:,} s; measure "
            "fewer (--workloads), or something else (--only)"
        ) from None
    if ended.returncode:
        raise RehearsalError(f"{measure}, {workloads:,} workloads: {ended.stderr[-2_000:]}")
    return Measured.of_json(json.loads(ended.stdout))
