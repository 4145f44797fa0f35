"""`make mutate`: mutate modules of `policies/`, run their tests on each mutant, and keep the table.

    make mutate                        every module that changed since it was last asked
    make mutate ARGS="acl hcl.py"      these, anew
    make mutate ARGS="--again acl"     these, but only what was left of them the last time
    make mutate ARGS="--table"         only write docs/mutation.md from what is known

What is known of a module (`.cache/mutation/*.json`) holds as long as it and its tests are the same.
`--again` is for who has added tests: it believes that those that were there notice what they did.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from rehearsal.errors import RehearsalError
from rehearsal.mutation import areas, report, workshop
from rehearsal.mutation.report import Result
from rehearsal.mutation.verdicts import read

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".cache" / "mutation"
PAGE = ROOT / "docs" / "mutation.md"


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(prog="make mutate", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help="acl, hcl.py; without: all that changed"
    )
    parser.add_argument("--table", action="store_true", help="only write the page's table")
    parser.add_argument(
        "--children", type=int, default=os.cpu_count() or 1, help="tests at once; one per core"
    )
    parser.add_argument("--again", action="store_true", help="only what was left the last time")
    options = parser.parse_args(arguments)
    wanted = tuple(options.modules)
    try:
        if not options.table:
            _mutate(wanted, options.children, again=options.again)
        report.write(PAGE, report.known(CACHE, ROOT))
    except RehearsalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _mutate(wanted: tuple[str, ...], children: int, *, again: bool) -> None:
    if unknown := [one for one in wanted if not any(areas.modules(ROOT, (one,)))]:
        raise RehearsalError(
            f"{' '.join(unknown)}: no module of policies/ is called so, or it is one that is left "
            "out; name a folder or a file below it, such as acl or hcl.py"
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    for module in areas.modules(ROOT, wanted):
        tests = areas.tests_of(module, ROOT)
        digest = report.digest(module, tests, ROOT)
        earlier = report.load(module, CACHE)
        if not wanted and earlier and earlier.digest == digest:
            continue
        if not tests:
            print(f"{module}: has no tests of its own; name some in rehearsal/mutation/areas.py")
            continue
        left = earlier.not_noticed if again and earlier else ()
        if again and not left:
            continue
        started = time.monotonic()
        names = [mutant.name for mutant in left]
        asked = [*tests, *areas.left_out(module)]
        # Of its own, so that another module can be asked at the same time. Where mutmut took too
        # long, its children may still write there: that must not hide what is told of it.
        with TemporaryDirectory(prefix="tree-", dir=CACHE, ignore_cleanup_errors=True) as folder:
            written = workshop.run(
                module, asked, names, root=ROOT, folder=Path(folder), children=children
            )
            mutants = tuple(read(written))
        if again and earlier:
            mutants = report.joined(earlier, mutants)
        seconds = round(time.monotonic() - started)
        result = Result(module.as_posix(), digest, seconds, mutants)
        report.save(result, CACHE)
        print(report.in_words(result), flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
