"""Every rotation of the matrix with whose it is and who runs it. Whether that makes sense is for
`rotation_rules` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policies.application import Application
from policies.control_plane import Platform
from policies.environments import Environment
from policies.grants import Grant
from policies.rotation import RotateKey, Rotation, need
from policies.workload import Workload


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A rotation, whose it is, and who runs it."""

    rotation: Rotation
    application: Application | None
    """None: the platform's."""
    by: Workload

    @property
    def name(self) -> str:
        """Unique among all: `media-catalog-jwt-secret`, `aws-root`."""
        name = self.rotation.name
        return f"{self.application.name}-{name}" if self.application else name

    @property
    def needed(self) -> Grant:
        return need(self.rotation, self.application.name if self.application else "")

    @property
    def environments(self) -> frozenset[Environment]:
        """Where it runs: where it is granted what it needs."""
        needed = str(self.needed)
        return frozenset().union(*(g.environments for g in self.by.grants if str(g) == needed))


def scheduled(applications: Iterable[Application], platform: Platform) -> tuple[Scheduled, ...]:
    """Every rotation of a matrix. Raises `ValueError` where nobody runs one."""
    return tuple(_scheduled(applications, platform))


def _scheduled(applications: Iterable[Application], platform: Platform) -> Iterator[Scheduled]:
    own = platform.workloads
    for application in applications:
        for rotation in application.rotations:
            workloads = application.workloads if isinstance(rotation, RotateKey) else own
            yield Scheduled(rotation, application, _runner(rotation, application, workloads))
    for theirs in platform.rotations:
        yield Scheduled(theirs, None, _runner(theirs, None, own))


def _runner(
    rotation: Rotation, application: Application | None, workloads: Iterable[Workload]
) -> Workload:
    found = {workload.name: workload for workload in workloads}
    if rotation.by not in found:
        own = isinstance(rotation, RotateKey) and application
        whose = f"application {own.name!r}" if own else "platform"
        raise ValueError(
            f"rotation {rotation.name!r}: by={rotation.by!r} is no workload of the {whose}; its "
            f"workloads: {', '.join(found) or 'none'}"
        )
    return found[rotation.by]
