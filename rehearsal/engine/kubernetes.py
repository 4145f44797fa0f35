"""`python -m rehearsal.engine.kubernetes`: Pulumi's own engine deploys Vault to a Kubernetes API.

python -m rehearsal.engine.kubernetes [--env staging] [--only NAME ...] [--json FILE]
                                      [--picture FILE]

Needs `pulumi` and its plugins for Vault, Kubernetes and random values on PATH, or installed by
`pulumi plugin install`; not the one for AWS. Nothing else depends on them.
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

ENVIRONMENTS: Final = (Environment.STAGING, Environment.DEV)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: as `session.run_command`."""
    return session.run_command(
        _kit,
        tools.KUBERNETES,
        "rehearsal.engine.kubernetes",
        __doc__ or "",
        ENVIRONMENTS,
        arguments,
    )


def _kit(installed: tools.Installed) -> Kit[Scenario, Run]:
    from rehearsal.engine.kubernetes_ground import cluster_ground  # noqa: PLC0415
    from rehearsal.engine.kubernetes_scenarios import SCENARIOS  # noqa: PLC0415

    return session.kit_of("make engine-cluster", installed, SCENARIOS, cluster_ground)


if __name__ == "__main__":
    sys.exit(main())
