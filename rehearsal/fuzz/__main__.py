"""`python -m rehearsal.fuzz`: compare policies.acl with a real Vault, on random questions.

python -m rehearsal.fuzz [--minutes 1] [--answers N] [--rounds N] [--seed N]

Every difference names the seed of its round: `--seed N --rounds 1` shows it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from random import SystemRandom

from rich.console import Console
from rich.markup import escape

from rehearsal import binaries
from rehearsal.binaries import Tool
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor

_EVERY = 10  # seconds between two lines where no terminal shows what goes on


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 nothing differs; 1 something does, or it could not go on; 2 wrong usage;
    130 interrupted.
    """
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        return _compare(options, console)
    except RehearsalError as error:
        console.print(f"[bold red]The comparison stopped:[/] {escape(str(error))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130


def _compare(options: argparse.Namespace, console: Console) -> int:
    # Here, so that `--help` does not wait for the imports.
    from rehearsal.fuzz import pace, people, report, run, vault  # noqa: PLC0415
    from rehearsal.fuzz.results import Results  # noqa: PLC0415

    seed = options.seed if options.seed is not None else SystemRandom().randrange(10**9)
    unlimited = not (options.minutes or options.answers or options.rounds)
    minutes = 1.0 if unlimited else options.minutes
    enough = run.Enough(minutes * 60, options.answers, options.rounds)
    with console.status("") as status:
        binary = binaries.ensure((Tool.VAULT,), progress=status.update)[Tool.VAULT]
    console.print(f"seed {seed}", highlight=False)
    said = time.perf_counter()

    def say(results: Results) -> None:
        nonlocal said
        status.update(report.progress(results))
        if not console.is_terminal and time.perf_counter() - said > _EVERY:
            said = time.perf_counter()
            console.print(report.progress(results), highlight=False)

    with Supervisor() as supervisor, vault.started(supervisor, binary.path) as oracle:
        with console.status("") as status:
            results = run.fuzz(oracle, people.settle(oracle), seed, enough, say)
        if not options.rounds:
            results.pace = pace.measure(oracle, SystemRandom())
    report.show(console, results)
    return 1 if results.differed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=0, help="how long; 1 if nothing is said")
    parser.add_argument("--answers", type=int, default=0, help="stop after so many")
    parser.add_argument("--rounds", type=int, default=0, help="stop after so many rounds")
    parser.add_argument("--seed", type=int, help="of the first round; random if nothing is said")
    return parser


if __name__ == "__main__":
    sys.exit(main())
