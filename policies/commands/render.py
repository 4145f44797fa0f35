"""The files that show what the matrix means: write them, or look whether they are fresh.

    python -m policies render                      write policies/rendered/
    python -m policies render --check --env prod   write nothing; is prod's part fresh?

Exit status: 0 as wanted; 1 stale files with --check; 3 an error.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Final

from policies import rendering
from policies.commands import arguments
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX

REFUSALS: Final[tuple[type[Exception], ...]] = ()
FIX: Final = "fix: python -m policies render, and commit what it changes"


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where stale")
    arguments.add_environment(parser)


def run(options: Namespace) -> int:
    environments = [options.env] if options.env else list(Environment)
    plans = [compile_plan(MATRIX, environment) for environment in environments]
    if options.check:
        return _check([name for plan in plans for name in rendering.stale(plan)])
    for plan in plans:
        for name in rendering.write(plan):
            print(f"policies/rendered/{name}")
    return 0


def _check(stale: Sequence[str]) -> int:
    for name in stale:
        print(f"policies/rendered/{name}: not what policies/matrix.py says", file=sys.stderr)
    if stale:
        print(FIX, file=sys.stderr)
    return 1 if stale else 0
