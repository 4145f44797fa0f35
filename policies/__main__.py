"""`python -m policies render [--check] [--env dev]`: the files that show what the matrix means."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from policies import rendering
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 as wanted; 1 stale files with `--check`; 2 wrong usage."""
    options = _parser().parse_args(arguments)
    environments = [Environment(options.env)] if options.env else list(Environment)
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
        print("fix: python -m policies render, and commit what it changes", file=sys.stderr)
    return 1 if stale else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m policies", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    render = commands.add_parser("render", help="write policies/rendered/ from the matrix")
    render.add_argument("--check", action="store_true", help="write nothing; exit 1 where stale")
    render.add_argument("--env", choices=[e.value for e in Environment], help="only this one")
    return parser


if __name__ == "__main__":
    sys.exit(main())
