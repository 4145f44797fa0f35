"""`python -m rehearsal.engine`: Pulumi's own engine on throwaway real servers.

python -m rehearsal.engine [--env dev] [--only NAME ...] [--json FILE] [--picture FILE]

Needs `pulumi` and its plugins for Vault and random values on PATH, or installed by
`pulumi plugin install`. Nothing else depends on them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from policies.environments import Environment
from rehearsal.engine import session, tools

if TYPE_CHECKING:
    from rehearsal.drill.command import Kit
    from rehearsal.engine.episode import Scenario
    from rehearsal.engine.results import Run

_ENVIRONMENTS: Final = (Environment.DEV,)
"""Those whose Vault is there before: `target: existing`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: as `session.run_command`."""
    return session.run_command(
        _kit, tools.EXISTING, "rehearsal.engine", __doc__ or "", _ENVIRONMENTS, arguments
    )


def _kit(installed: tools.Installed) -> Kit[Scenario, Run]:
    from rehearsal.engine.catalogue import SCENARIOS  # noqa: PLC0415
    from rehearsal.engine.ground import open_ground  # noqa: PLC0415

    return session.kit_of("make engine-test", installed, SCENARIOS, open_ground)


if __name__ == "__main__":
    sys.exit(main())
