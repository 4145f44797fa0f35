"""`python -m rehearsal.client_drill`: what an application notices when Vault, its token, its role,
its clock or the network fails.

python -m rehearsal.client_drill [--env staging] [--repeat 1] [--only NAME ...] [--json FILE]
                                 [--picture FILE]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rehearsal.drill.command import Kit, parser_of, run_command

if TYPE_CHECKING:
    from rehearsal.client_drill.episode import Drill
    from rehearsal.client_drill.results import Run


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 no call failed and nothing was left behind; 1 something did or was, or the
    drills could not go on; 2 wrong usage; 130 interrupted.
    """
    parser = parser_of("rehearsal.client_drill", __doc__ or "", repeat=1)
    return run_command(_kit, parser, arguments)


def _kit() -> Kit[Drill, Run]:
    # Here, so that `--help` does not wait for the imports.
    from rehearsal.client_drill import report  # noqa: PLC0415
    from rehearsal.client_drill.catalogue import DRILLS  # noqa: PLC0415
    from rehearsal.client_drill.run import run_drills  # noqa: PLC0415

    return Kit(
        "make drill-client",
        DRILLS,
        run_drills,
        report.line_of,
        report.show,
        "no call failed, nothing left behind",
    )


if __name__ == "__main__":
    sys.exit(main())
