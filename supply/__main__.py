"""`make audit`: what is known against what this repository is made of.

    make audit                        every step
    make audit ARGS="--offline"       those that ask nobody outside
    make audit ARGS="licences sbom"   these

Exit status: 0 all is clean; 1 something was found; 2 a list or tool is not as it must be; 3 nothing
was found, but somebody who knows could not be asked.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from supply import dead_code, go_advisories, history, licences, python_advisories, sbom
from supply.step import Answer, CannotAudit, NotAsked, Outcome

_STATUS: Final = {
    Outcome.FAILED: 2,
    Outcome.FOUND: 1,
    Outcome.NOT_ASKED: 3,
    Outcome.CLEAN: 0,
}
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Step:
    """`offline`: it asks nobody outside this machine."""

    look: Callable[[], Answer]
    offline: bool = True


STEPS: Final[Mapping[str, Step]] = {
    "python-advisories": Step(python_advisories.audit, offline=False),
    "go-advisories": Step(go_advisories.audit, offline=False),
    "licences": Step(licences.audit),
    "sbom": Step(sbom.audit),
    "history": Step(history.audit),
    "dead-code": Step(dead_code.audit),
}


def main(arguments: Sequence[str], steps: Mapping[str, Step] = STEPS) -> int:
    parser = ArgumentParser(
        prog="make audit", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(steps))
    parser.add_argument("--offline", action="store_true", help="only what asks nobody outside")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.steps) - steps.keys()):
        parser.error(f"{', '.join(unknown)}: is no step; there are {', '.join(steps)}")
    wanted = {
        name: step
        for name, step in steps.items()
        if (not options.steps or name in options.steps) and (step.offline or not options.offline)
    }
    if not wanted:
        parser.error("--offline leaves none of these steps")
    outcomes = [_look(name, step) for name, step in wanted.items()]
    return next(status for outcome, status in _STATUS.items() if outcome in outcomes)


def _look(name: str, step: Step) -> Outcome:
    started = time.monotonic()
    try:
        answer = step.look()
        outcome = answer.outcome
    except NotAsked as error:
        answer, outcome = Answer(str(error)), Outcome.NOT_ASKED
    except CannotAudit as error:
        answer, outcome = Answer(str(error)), Outcome.FAILED
    seconds = time.monotonic() - started
    print(f"{name:<18} {outcome:<10} {seconds:5.0f} s  {answer.summary}", flush=True)
    for finding in answer.findings:
        print(f"  {finding}")
    return outcome


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
