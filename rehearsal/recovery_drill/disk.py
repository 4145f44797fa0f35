"""A server's data volume is full: a limit on the size of files, as no file system can be had here
without being root. Every write fails from then on; `rehearsal.drill.dependencies` says how that
differs from a real one.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Final

from rehearsal.recovery_drill.episode import Drill, Episode

_FULL_SECONDS: Final = 3.0


def data_disk_full(pick: Callable[[Episode], str]) -> Callable[[Episode], None]:
    def play(episode: Episode) -> None:
        name = pick(episode)
        process = episode.cluster[name].process
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        episode.strike()
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))
        time.sleep(_FULL_SECONDS)
        state = "runs" if process.exit_code is None else "ended"
        episode.notes["with a full disk it"] = state
        others = [other for other in episode.cluster.names if other != name]
        address = episode.cluster[others[0]].address
        episode.runbook("full-disk-grow", FULL=name, VAULT_ADDR=address)

    return play


def _leader(episode: Episode) -> str:
    return episode.cluster.leader()


def _follower(episode: Episode) -> str:
    return episode.cluster.followers()[0]


_BLOCKS: Final = ("full-disk-grow",)
DISK: Final = (
    Drill("leader-disk-full", "the leader's disk full", data_disk_full(_leader), _BLOCKS),
    Drill("follower-disk-full", "a follower's disk full", data_disk_full(_follower), _BLOCKS),
)
