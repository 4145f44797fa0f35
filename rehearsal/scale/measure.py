"""One measurement, in this process."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from policies import rendering
from policies.acl import Acl
from policies.compile import compile_plan
from policies.environments import Environment
from policies.hcl import Capability, Stanza
from policies.plan import Plan
from policies.review.compare import compare
from policies.review.difference import difference
from policies.review.limits import unwritten
from policies.review.snapshot import read
from rehearsal.scale import matrices
from rehearsal.scale.results import Measure, Measured

ENVIRONMENT: Final = Environment.PROD
"""Whose plan is compiled, rendered and compared."""
_A_MEGABYTE: Final = 1_000_000 if sys.platform == "darwin" else 1_000
"""In what `getrusage` counts: kilobytes, but there bytes."""


def measure(what: Measure, workloads: int, folder: Path) -> Measured:
    """`folder`: where `prepare` put the sides of a review."""
    seconds, found = _MEASURES[what](workloads, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _A_MEGABYTE
    return Measured(what, workloads, seconds, peak, found)


def prepare(workloads: int, folder: Path) -> None:
    """The base's rendered files and each head's, called by how many may write there."""
    for writing in {0, 1, workloads}:
        files = dict(rendering.files_of(_plan(workloads, writing)))
        (folder / f"{writing}.json").write_text(json.dumps(files), encoding="utf-8")


class _Stopwatch:
    seconds = 0.0


@contextmanager
def _timed() -> Iterator[_Stopwatch]:
    watch, started = _Stopwatch(), time.process_time()
    yield watch
    watch.seconds = time.process_time() - started


def _plan(workloads: int, writing: int = 0) -> Plan:
    return compile_plan(matrices.alone(workloads, writing), ENVIRONMENT)


def _files(folder: Path, writing: int) -> dict[str, str]:
    files: dict[str, str] = json.loads((folder / f"{writing}.json").read_text(encoding="utf-8"))
    return files


def _settings(workloads: int, _folder: Path) -> tuple[float, int]:
    # Here, so that what needs no Pulumi is not measured with its memory.
    import pulumi  # noqa: PLC0415
    from pulumi.runtime import mocks  # noqa: PLC0415

    from components import consistency  # noqa: PLC0415
    from components.settings import load  # noqa: PLC0415
    from rehearsal import program  # noqa: PLC0415
    from rehearsal.scale.program import ENVIRONMENT as STACK  # noqa: PLC0415
    from rehearsal.scale.program import NOBODY  # noqa: PLC0415

    matrix = matrices.added(workloads)
    plan = compile_plan(matrix, STACK)
    passwords = {one.name: "given-to-nobody" for one in plan.database_connections}
    stack = program.stack_configuration(STACK.value, {"databasePasswords": passwords})
    config = {key: program.as_engine_text(value) for key, value in stack.items()}

    async def timed() -> float:
        mocks.set_mocks(NOBODY, project=program.PROJECT, stack=STACK.value)
        with _timed() as watch:
            pulumi.runtime.set_all_config(config, [f"{program.PROJECT}:databasePasswords"])
            consistency.check(load(matrix.spec), plan)
        return watch.seconds

    # Secret settings want a loop; and what Pulumi keeps is kept in a context that ends with it.
    return asyncio.run(timed()), len(passwords)


def _compile(workloads: int, _folder: Path) -> tuple[float, int]:
    matrix = matrices.alone(workloads)
    with _timed() as watch:
        plan = compile_plan(matrix, ENVIRONMENT)
    return watch.seconds, len(plan.acl_policies)


def _render(workloads: int, _folder: Path) -> tuple[float, int]:
    plan = _plan(workloads)
    with _timed() as watch:
        files = rendering.files_of(plan)
    return watch.seconds, len(files)


def _review(writing: int, folder: Path) -> tuple[float, int]:
    base, head = _files(folder, 0), _files(folder, writing)
    with _timed() as watch:
        sides = read(base, "base"), read(head, "head")
        review = compare(*sides, base_name="base", head_name="head", limits=unwritten())
    return watch.seconds, sum(len(one.workloads) for one in review.environments)


def _rules(rules: int, _folder: Path) -> tuple[float, int]:
    before, after = (
        Acl.of([[Stanza(f"secret/data/{number}/*", granted) for number in range(rules)]])
        for granted in ((Capability.READ,), (Capability.READ, Capability.UPDATE))
    )
    with _timed() as watch:
        lines = difference(before, after)
    return watch.seconds, len(lines)


def _guardrails(workloads: int, _folder: Path) -> tuple[float, int]:
    from rehearsal.scale import packed, program  # noqa: PLC0415 - they need Pulumi

    requests = list[Any]()
    program.evaluate(workloads, requests.append)
    with _timed() as watch:
        found = packed.look(requests, program.ENVIRONMENT)
    return watch.seconds, found


def _program(workloads: int, _folder: Path) -> tuple[float, int]:
    from rehearsal.scale import program  # noqa: PLC0415 - the imports are part of what is timed

    found = 0

    def count(_request: object) -> None:
        nonlocal found
        found += 1

    program.evaluate(workloads, count)
    return time.process_time(), found  # since the process began


def _rehearsal(workloads: int, _folder: Path) -> tuple[float, int]:
    from rehearsal.scale import real  # noqa: PLC0415 - it needs Pulumi

    return real.rehearse(workloads)


_MEASURES: Final[dict[Measure, Callable[[int, Path], tuple[float, int]]]] = {
    Measure.SETTINGS: _settings,
    Measure.COMPILE: _compile,
    Measure.RENDER: _render,
    Measure.REVIEW_NOTHING: lambda _workloads, folder: _review(0, folder),
    Measure.REVIEW_ONE: lambda _workloads, folder: _review(1, folder),
    Measure.REVIEW_ALL: _review,
    Measure.RULES: _rules,
    Measure.GUARDRAILS: _guardrails,
    Measure.PROGRAM: _program,
    Measure.REHEARSAL: _rehearsal,
}
