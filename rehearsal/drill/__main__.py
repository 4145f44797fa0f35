"""`python -m rehearsal.drill`: hurt a real Raft cluster of Vaults, and measure what it costs.

python -m rehearsal.drill [--env staging] [--repeat 5] [--only NAME ...] [--json FILE]
                          [--picture FILE]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rehearsal.drill.command import Kit, parser_of, run_command

if TYPE_CHECKING:
    from rehearsal.drill.episode import Drill
    from rehearsal.drill.results import Run


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 nothing was lost or stale and the cluster healed; 1 otherwise, or the drills
    could not go on; 2 wrong usage; 130 interrupted.
    """
    return run_command(_kit, parser_of("rehearsal.drill", __doc__ or "", repeat=5), arguments)


def _kit() -> Kit[Drill, Run]:
    # Here, so that `--help` does not wait for the imports.
    from rehearsal.drill import report  # noqa: PLC0415
    from rehearsal.drill.catalogue import DRILLS  # noqa: PLC0415
    from rehearsal.drill.run import run_drills  # noqa: PLC0415

    return Kit(
        "make drill", DRILLS, run_drills, report.line_of, report.show, "nothing lost, all healed"
    )


if __name__ == "__main__":
    sys.exit(main())
