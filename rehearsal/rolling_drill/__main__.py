"""`python -m rehearsal.rolling_drill`: restart and upgrade a real cluster of Vaults while clients
write and read, by `python -m upkeep roll` as an operator runs it.

python -m rehearsal.rolling_drill [--env staging] [--repeat 1] [--only NAME ...] [--json FILE]
                                  [--picture FILE]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rehearsal.drill.command import Kit, parser_of, run_command

if TYPE_CHECKING:
    from rehearsal.rolling_drill.episode import Drill
    from rehearsal.rolling_drill.results import Run


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 all was as it must be, and no request failed that was tried again; 1 it was
    not, or the drills could not go on; 2 wrong usage; 130 interrupted.
    """
    parser = parser_of("rehearsal.rolling_drill", __doc__ or "", repeat=1)
    return run_command(_kit, parser, arguments)


def _kit() -> Kit[Drill, Run]:
    # Here, so that `--help` does not wait for the imports.
    from rehearsal.rolling_drill import report  # noqa: PLC0415
    from rehearsal.rolling_drill.catalogue import DRILLS  # noqa: PLC0415
    from rehearsal.rolling_drill.run import run_drills  # noqa: PLC0415

    return Kit(
        "make drill-rolling",
        DRILLS,
        run_drills,
        report.line_of,
        report.show,
        "nothing lost, nobody who tries again noticed",
    )


if __name__ == "__main__":
    sys.exit(main())
