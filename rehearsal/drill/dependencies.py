"""What servers depend on, failing: the KMS that unseals them, their disk, their audit devices.

KMS is frozen, not ended, because it keeps its keys in memory: connections are accepted and nothing
answers, the worst of the ways in which a service can be away. A full disk is a limit on the size of
files (`RLIMIT_FSIZE` 0): every write to a file fails from then on, as on a disk that is full or
became read-only, except that the error is EFBIG. It does not show what a file system does that
fails now and then or loses what it had accepted; and the server's log, a file too, is cut off.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from rehearsal.drill.access import AUDIT_DEVICES
from rehearsal.drill.episode import Drill, Episode
from rehearsal.drill.fifo import FifoReader
from rehearsal.drill.phases import HandOver
from rehearsal.errors import RehearsalError

AWAY_SECONDS: Final = 6.0
LONG_AWAY_SECONDS: Final = 12.0
FULL_SECONDS: Final = 4.0
BLOCKED_SECONDS: Final = 4.0
_KMS: Final = "aws"
_SLOW_SECONDS: Final = 15.0


@contextmanager
def _kms_away(episode: Episode) -> Iterator[None]:
    process = episode.ground.supervisor.process(_KMS)
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        episode.mend()
        os.kill(process.pid, signal.SIGCONT)


def kms_away_at_start(episode: Episode) -> None:
    """A server starts while KMS does not answer, and must unseal by itself once it does."""
    follower = episode.cluster.followers()[0]
    with ThreadPoolExecutor(1) as pool:
        with _kms_away(episode):
            episode.strike()
            episode.cluster.kill(follower)
            starting = pool.submit(episode.cluster.start, follower)
            time.sleep(AWAY_SECONDS)
            if starting.done():
                state = "ended" if starting.exception() else "answers, sealed"
            else:
                state = "runs, API does not answer"
        episode.notes["without KMS it"] = state
        try:
            starting.result()
        except RehearsalError:
            episode.cluster.start(follower)  # as a kubelet would
    episode.until_flowing()


def kms_away_later(episode: Episode) -> None:
    """All are unsealed: nothing should be noticed."""
    with _kms_away(episode):
        episode.strike()
        time.sleep(LONG_AWAY_SECONDS)
    episode.until_flowing()


def kms_away_at_hand_over(episode: Episode) -> None:
    """A new leader asks KMS whether its keys are current, before it serves."""
    with _kms_away(episode):
        episode.strike()
        episode.cluster.step_down()
        time.sleep(1)
        episode.until_flowing()


def disk_full(pick: Callable[[Episode], str]) -> Callable[[Episode], None]:
    def play(episode: Episode) -> None:
        _require_linux(episode)
        name = pick(episode)
        process = episode.cluster[name].process
        limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        episode.strike()
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        time.sleep(FULL_SECONDS)
        episode.mend()
        if process.exit_code is None:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
            episode.notes["with a full disk it"] = "went on running"
        else:
            episode.notes["with a full disk it"] = "ended"
            episode.cluster.start(name)
        episode.until_flowing()

    return play


def audit_blocked(*, second: bool) -> Callable[[Episode], None]:
    """The leader's audit device accepts nothing more. `second`: beside it is one that does."""

    def play(episode: Episode) -> None:
        _require_linux(episode)
        leader = episode.cluster.leader()
        with _audited(episode, second=second) as reader:
            time.sleep(1)
            episode.strike()
            reader.pause(leader)
            time.sleep(BLOCKED_SECONDS)
            episode.mend()
            reader.resume()
            episode.until_flowing()

    return play


@contextmanager
def _audited(episode: Episode, *, second: bool) -> Iterator[FifoReader]:
    """An audit device that is a FIFO in each server's folder, and maybe one that is a file."""
    names = {AUDIT_DEVICES[0]: "audit.fifo"}
    if second:
        names[AUDIT_DEVICES[1]] = "audit.log"
    cluster = episode.cluster
    line = cluster.line(cluster.leader())
    folders = {name: cluster.working_folder(name) for name in cluster.names}
    with FifoReader({name: folder / "audit.fifo" for name, folder in folders.items()}) as reader:
        try:
            for device, file in names.items():
                options = {"type": "file", "options": {"file_path": file}}
                line.call("PUT", f"sys/audit/{device}", options, timeout=_SLOW_SECONDS)
            yield reader
        finally:
            reader.resume()
            for device in names:  # Vault also takes it where one was not made
                line.call("DELETE", f"sys/audit/{device}", timeout=_SLOW_SECONDS)


def _require_linux(episode: Episode) -> None:
    if not sys.platform.startswith("linux"):
        raise RehearsalError(
            f"{episode.name} needs Linux (another process' limits and working folder); name the "
            "other drills with --only"
        )


def _a_follower(episode: Episode) -> str:
    return episode.cluster.followers()[0]


def _the_leader(episode: Episode) -> str:
    return episode.cluster.leader()


DEPENDENCIES: Final = (
    Drill("kms-away-at-start", "KMS away while a server starts", kms_away_at_start),
    Drill("kms-away-later", f"KMS away {LONG_AWAY_SECONDS:g} s, all unsealed", kms_away_later),
    Drill(
        "kms-away-at-hand-over",
        "KMS away when the leader steps down",
        kms_away_at_hand_over,
        HandOver.PLANNED,
    ),
    Drill("leader-disk-full", "leader's disk full", disk_full(_the_leader), HandOver.CRASH),
    Drill("follower-disk-full", "a follower's disk full", disk_full(_a_follower)),
    Drill(
        "audit-blocked",
        f"the audit device blocked {BLOCKED_SECONDS:g} s",
        audit_blocked(second=False),
    ),
    Drill(
        "audit-one-blocked",
        f"one of two audit devices blocked {BLOCKED_SECONDS:g} s",
        audit_blocked(second=True),
    ),
)
