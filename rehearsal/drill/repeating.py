"""Drills one after the other on the same cluster, each as often as asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from rehearsal.drill.cluster import Cluster

Progress = Callable[[str], None]


class Titled(Protocol):
    @property
    def title(self) -> str: ...


class Ended(Protocol):
    @property
    def missing(self) -> str:
        """What keeps the cluster from being healthy; empty where it is."""


_Drill = TypeVar("_Drill", bound=Titled)
_Run = TypeVar("_Run", bound=Ended)


def repeat_all(
    cluster: Cluster,
    drills: Sequence[_Drill],
    repeat: int,
    run_once: Callable[[_Drill, int], _Run],
    progress: Progress,
    done: Callable[[_Run], None],
) -> list[_Run]:
    """Each drill `repeat` times. `done` hears of each run when it ended.

    A cluster that did not heal is restarted before the next, which does not make that run a
    success. Raises RehearsalError, also where a restart does not help.
    """
    runs: list[_Run] = []
    for drill in drills:
        for number in range(1, repeat + 1):
            progress(f"{drill.title}, {number} of {repeat}")
            runs.append(run_once(drill, number))
            done(runs[-1])
            if runs[-1].missing:
                cluster.kill(*cluster.names)
                cluster.start(*cluster.names)
    return runs
