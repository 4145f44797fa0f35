"""Vault's own machines: the workloads that keep it going, and the team that answers for them.

They are granted what is Vault's own, each grant by a name (`grants.OfPlatform`), never a path that
somebody wrote. What an application's secrets are they do not reach.
"""

from __future__ import annotations

from dataclasses import dataclass

from policies.grants import OfPlatform, ReadSnapshots
from policies.identities import PlatformAccount
from policies.paths import refuse_twice
from policies.rotation import OfPlatform as PlatformRotation
from policies.workload import Workload


@dataclass(frozen=True, slots=True)
class Platform:
    """Who runs Vault: the team, and the machines of the control plane. They have service accounts
    in Vault's own namespace, each for one job, and are granted what is Vault's own by name.
    """

    owner: str = "platform-team"
    workloads: tuple[Workload, ...] = ()
    rotations: tuple[PlatformRotation, ...] = ()

    def __post_init__(self) -> None:
        refuse_twice("platform: workload", (workload.name for workload in self.workloads))
        for workload in self.workloads:
            if not isinstance(workload.identity, PlatformAccount):
                raise ValueError(  # noqa: TRY004 - a rule of the matrix, like its neighbours
                    f"platform, workload {workload.name!r}: must be a PlatformAccount; put what "
                    "runs elsewhere into its application, and people into `people`"
                )
            for grant in workload.grants:
                if not isinstance(grant, OfPlatform):
                    raise ValueError(  # noqa: TRY004 - the same
                        f"platform, workload {workload.name!r}, grant '{grant}': a machine of the "
                        "control plane is granted what is Vault's own, by name; use one of "
                        "policies.grants.OfPlatform"
                    )
        self._refuse_shared_snapshots()

    def _refuse_shared_snapshots(self) -> None:
        """One machine takes them, and does nothing else: whoever takes it over has a copy of
        everything, and should not be able to do more with it.
        """
        takes = [w for w in self.workloads if any(isinstance(g, ReadSnapshots) for g in w.grants)]
        if len(takes) > 1:
            names = " and ".join(repr(workload.name) for workload in takes)
            raise ValueError(
                f"platform: the workloads {names} both read snapshots; leave it to one"
            )
        for workload in takes:
            for grant in workload.grants:
                if not isinstance(grant, ReadSnapshots):
                    raise ValueError(  # noqa: TRY004 - a rule of the matrix, like its neighbours
                        f"platform, workload {workload.name!r}, grant '{grant}': who reads "
                        "snapshots has a copy of everything, and must have nothing beside it; give "
                        "the other grant a workload of its own"
                    )


NO_MACHINES = Platform()
