"""A server's data volume is full, or its audit volume.

Data: a limit on the size of files, as no file system can be had here without being root. Every
write fails from then on; `rehearsal.drill.dependencies` says how that differs from a real one.
Audit: the file becomes `/dev/full`, which no byte fits into.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from rehearsal.recovery_drill.episode import Drill, Episode

_FULL_SECONDS: Final = 3.0
_CATCHES_UP_WITHIN: Final = timedelta(seconds=20)


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
        _unstick(episode)

    return play


def _unstick(episode: Episode) -> None:
    """A leader may have stopped sending to a follower that refused what it was sent: a defect of
    the Raft library. The follower's restart does not help, another leader does.
    """
    _, lacking = episode.cluster.heal(_CATCHES_UP_WITHIN)
    episode.notes["after its disk had room the leader"] = "went on" if not lacking else "was stuck"
    if lacking:
        episode.runbook("full-disk-unstick", LEADER=episode.cluster.leader())


def audit_disk_full(episode: Episode) -> None:
    """The leader's. Its other audit device goes on, so nobody may notice."""
    leader = episode.cluster.leader()
    pid = episode.cluster[leader].process.pid
    file = episode.ground.kubectl.audit_folder(leader) / "audit.log"
    rotated = file.with_name("audit.log.1")
    file.rename(rotated)
    file.symlink_to("/dev/full")
    episode.strike()
    os.kill(pid, signal.SIGHUP)  # Vault opens the file anew
    time.sleep(_FULL_SECONDS)
    log = episode.cluster[leader].process.log.read_text(errors="replace")
    episode.check("the server's log says so", "no space left on device" in log)
    episode.runbook("full-disk-audit", FULL=leader)
    episode.check("what was rotated is gone", not rotated.exists())
    file.unlink()  # now that there is room
    os.kill(pid, signal.SIGHUP)
    time.sleep(1)
    episode.check("it is written again", file.exists() and file.stat().st_size > 0)


def _leader(episode: Episode) -> str:
    return episode.cluster.leader()


def _follower(episode: Episode) -> str:
    return episode.cluster.followers()[0]


_BLOCKS: Final = ("full-disk-grow", "full-disk-unstick")
DISK: Final = (
    Drill("leader-disk-full", "the leader's disk full", data_disk_full(_leader), _BLOCKS),
    Drill("follower-disk-full", "a follower's disk full", data_disk_full(_follower), _BLOCKS),
    Drill("audit-disk-full", "the leader's audit disk full", audit_disk_full, ("full-disk-audit",)),
)
