"""`python -m rehearsal.recovery_drill`: hurt a real Raft cluster of Vaults, or change its keys, and
follow the runbooks; measure how long that takes and look whether what must hold does.

python -m rehearsal.recovery_drill [--env staging] [--repeat 1] [--only NAME ...] [--json FILE]
                                   [--picture FILE]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rehearsal.drill.command import Kit, parser_of, run_command

if TYPE_CHECKING:
    from rehearsal.recovery_drill.episode import Drill
    from rehearsal.recovery_drill.results import Run


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 all was as it must be; 1 otherwise, or the drills could not go on; 2 wrong
    usage; 130 interrupted.
    """
    parser = parser_of("rehearsal.recovery_drill", __doc__ or "", repeat=1)
    return run_command(_kit, parser, arguments)


def _kit() -> Kit[Drill, Run]:
    # Here, so that `--help` does not wait for the imports.
    from rehearsal.recovery_drill import report  # noqa: PLC0415
    from rehearsal.recovery_drill.catalogue import DRILLS  # noqa: PLC0415
    from rehearsal.recovery_drill.run import run_drills  # noqa: PLC0415

    return Kit(
        "make drill-recovery", DRILLS, run_drills, report.line_of, report.show, "all recovered"
    )


if __name__ == "__main__":
    sys.exit(main())
