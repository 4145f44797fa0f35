"""`python -m rehearsal.bench_review`: how long a review of access takes for 10 to 10,000 workloads,
where nothing changed, one workload, or all of them; how long one long policy takes; and how fast
`policies.acl` decides, beside a real Vault.

    python -m rehearsal.bench_review [--workloads 10 100 1000 10000] [--runs 3] [--json FILE]

Each run is a process of its own, and what it takes is the processor's time, so that what else the
computer does counts little; all of it is in one thread. Not in it: starting Python, and reading the
files from git or the disk. One environment is compared.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum, unique
from pathlib import Path
from random import Random
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from policies.acl import Acl
from policies.compile import compile_plan
from policies.control_plane import NO_MACHINES
from policies.environments import Environment
from policies.grants import Database, Kv, KvAccess, Pki, PkiAccess, RenewSelf
from policies.hcl import Capability, Stanza
from policies.identities import ServiceAccount
from policies.matrix import MATRIX
from policies.model import AccessMatrix, Application, Workload
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess
from policies.rendering import files_of
from policies.resources import KvEntry, PostgresDatabase
from policies.review.compare import compare
from policies.review.difference import difference
from policies.review.limits import unwritten
from policies.review.snapshot import read
from rehearsal import binaries
from rehearsal.binaries import Tool
from rehearsal.fuzz import pace, report, vault
from rehearsal.fuzz.results import Pace
from rehearsal.supervisor import Supervisor

WORKLOADS: Final = (10, 100, 1_000, 10_000)
RULES: Final = (10, 100, 1_000)
_ENVIRONMENT: Final = Environment.PROD
_SEED: Final = 7
_A_MEGABYTE: Final = 1_000_000 if sys.platform == "darwin" else 1_000
"""In what `getrusage` counts: kilobytes, but there bytes."""
_MEMBERS: Final = ("api", "batch", "events", "reports")
"""The workloads of one application."""


@unique
class Changed(StrEnum):
    """How many of the workloads may write where they only read before."""

    NOTHING = "nothing"
    ONE = "one"
    ALL = "all"


@unique
class Phase(StrEnum):
    """What is timed, in order. The base is there already, as files."""

    COMPILE = "compile"
    """The head's matrix to a plan."""
    RENDER = "render"
    """That plan to files."""
    READ = "read"
    """Both sides' files."""
    COMPARE = "compare"


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """One case. `seconds`: of the processor, the median of the runs. `peak_mb`: all the memory that
    the process ever had, the interpreter and the base's plan included.
    """

    workloads: int
    changed: Changed
    seconds: dict[Phase, float]
    peak_mb: float
    found: int
    """Workloads that the review tells of."""

    @property
    def review(self) -> float:
        """Of two sides that are rendered already, which is what a pull request has."""
        return self.seconds[Phase.READ] + self.seconds[Phase.COMPARE]

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.one:
        workloads, changed = options.one
        print(json.dumps(dataclasses.asdict(measure(int(workloads), Changed(changed)))))
        return 0
    console, figures = Console(), list[Measured]()
    for workloads in options.workloads:
        for changed in Changed:
            with console.status(f"{workloads:,} workloads, {changed} changed"):
                figures.append(_case(workloads, changed, options.runs))
    console.print(table(figures))
    long = {rules: measure_rules(rules) for rules in RULES}
    console.print(in_words(long), highlight=False)
    with console.status("policies.acl beside a real Vault") as status:
        binary = binaries.ensure((Tool.VAULT,), progress=status.update)[Tool.VAULT]
        with Supervisor() as supervisor, vault.started(supervisor, binary.path) as oracle:
            # To choose questions with, not to keep secrets.
            measured = pace.measure(oracle, Random(_SEED))  # noqa: S311
    console.print(report.pace(measured), highlight=False)
    if options.json:
        options.json.write_text(as_json(figures, long, measured), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.bench_review",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--workloads", type=int, nargs="+", default=WORKLOADS, metavar="N")
    parser.add_argument("--runs", type=int, default=3, help="of each case; the median counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    parser.add_argument("--one", nargs=2, metavar=("WORKLOADS", "CHANGED"), help=argparse.SUPPRESS)
    return parser


def matrix(workloads: int, writing: int) -> AccessMatrix:
    """So many workloads, in applications of four; the first few may write."""
    applications = (
        _application(first, min(len(_MEMBERS), workloads - first), writing - first)
        for first in range(0, workloads, len(_MEMBERS))
    )
    return dataclasses.replace(
        MATRIX, applications=tuple(applications), people=(), platform=NO_MACHINES
    )


def _application(number: int, members: int, writing: int) -> Application:
    """In the shape of those that there are."""
    name = f"application-{number}"
    return Application(
        name,
        owner=f"team-{number}",
        database=PostgresDatabase(name, name),
        entries=(KvEntry.random(f"{name}/api", "key"),),
        workloads=tuple(
            Workload(
                member,
                ServiceAccount(name, member),
                (
                    Kv(
                        SecretPath(f"{name}/*"),
                        KvAccess.READ_WRITE if place < writing else KvAccess.READ,
                    ),
                    Database(DatabaseAccess.READ_ONLY),
                    Pki(PkiAccess.CLIENT),
                    RenewSelf(),
                ),
            )
            for place, member in enumerate(_MEMBERS[:members])
        ),
    )


def measure(workloads: int, changed: Changed) -> Measured:
    """One run, in this process."""
    writing = {Changed.NOTHING: 0, Changed.ONE: 1, Changed.ALL: workloads}[changed]
    base, head = matrix(workloads, 0), matrix(workloads, writing)
    base_files = files_of(compile_plan(base, _ENVIRONMENT))
    seconds = dict[Phase, float]()
    with _timed(seconds, Phase.COMPILE):
        plan = compile_plan(head, _ENVIRONMENT)
    with _timed(seconds, Phase.RENDER):
        head_files = files_of(plan)
    with _timed(seconds, Phase.READ):
        sides = read(base_files, "base"), read(head_files, "head")
    with _timed(seconds, Phase.COMPARE):
        review = compare(*sides, base_name="base", head_name="head", limits=unwritten())
    found = sum(len(one.workloads) for one in review.environments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _A_MEGABYTE
    return Measured(workloads, changed, seconds, peak, found)


def measure_rules(rules: int) -> float:
    """Seconds that the difference of one policy takes, whose rules all grant one thing more."""
    before, after = (
        Acl.of([[Stanza(f"secret/data/{number}/*", granted) for number in range(rules)]])
        for granted in ((Capability.READ,), (Capability.READ, Capability.UPDATE))
    )
    started = time.process_time()
    difference(before, after)
    return time.process_time() - started


@contextmanager
def _timed(seconds: dict[Phase, float], phase: Phase) -> Iterator[None]:
    started = time.process_time()
    yield
    seconds[phase] = time.process_time() - started


def _case(workloads: int, changed: Changed, runs: int) -> Measured:
    one = [sys.executable, "-m", "rehearsal.bench_review", "--one", str(workloads), changed]
    ended = [subprocess.run(one, check=True, capture_output=True, text=True) for _ in range(runs)]
    answers = [json.loads(run.stdout) for run in ended]
    return Measured(
        workloads,
        changed,
        {
            phase: statistics.median(answer["seconds"][phase] for answer in answers)
            for phase in Phase
        },
        max(answer["peak_mb"] for answer in answers),
        answers[0]["found"],
    )


def growth(figures: Sequence[Measured], one: Measured) -> float | None:
    """How many times as long a review takes as of the number of workloads before; None for the
    first number.
    """
    fewer = [f for f in figures if f.changed is one.changed and f.workloads < one.workloads]
    return one.review / max(fewer, key=lambda f: f.workloads).review if fewer else None


def table(figures: Sequence[Measured]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0, pad_edge=False)
    for column in ("workloads", "changed", *Phase, "review", "growth", "total", "MB"):
        shown.add_column(column, justify="right", no_wrap=True)
    for one in figures:
        grown = growth(figures, one)
        shown.add_row(
            f"{one.workloads:,}",
            one.changed.value,
            *(f"{one.seconds[phase]:.3f}" for phase in Phase),
            f"{one.review:.3f}",
            f"x {grown:.1f}" if grown else "",
            f"{one.total:.3f}",
            f"{one.peak_mb:,.0f}",
        )
    return shown


def in_words(long: Mapping[int, float]) -> str:
    took = ", ".join(f"{seconds:.3f} s of {rules:,}" for rules, seconds in long.items())
    return f"the difference of one policy whose rules all changed: {took} rules"


def as_json(figures: Sequence[Measured], long: Mapping[int, float], decisions: Pace) -> str:
    cases = [
        {
            **dataclasses.asdict(one),
            "review_seconds": one.review,
            "total_seconds": one.total,
            "growth": growth(figures, one),
        }
        for one in figures
    ]
    answers = {
        "policies_acl": decisions.ours,
        "sys_capabilities_one_a_request": decisions.one_a_request,
        "sys_capabilities_many_a_request": decisions.many_a_request,
    }
    everything = {
        "cases": cases,
        "difference_seconds_by_rules": long,
        "decisions_per_second": answers,
    }
    return json.dumps(everything, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
