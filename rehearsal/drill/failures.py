"""Servers that die, end, stand aside, freeze."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from rehearsal.drill.episode import Drill, Episode
from rehearsal.drill.phases import HandOver

FROZEN_SECONDS: Final = 10.0
DOWN_SECONDS: Final = 2.0
RESTART_SECONDS: Final = (0.0, 0.3, 1.0, 2.0)


def leader_lost(episode: Episode) -> None:
    """Its node is gone: it stays away until others lead."""
    leader = episode.cluster.leader()
    episode.strike()
    episode.cluster.kill(leader)
    episode.until_flowing()
    episode.mend()
    episode.cluster.start(leader)


def leader_restarted(after: float) -> Callable[[Episode], None]:
    """Its process dies, and is started again after so many seconds. It has forgotten who leads, so
    its vote is free while others still wait for their old leader.
    """

    def play(episode: Episode) -> None:
        _kill_and_start(episode, after, episode.cluster.leader())

    return play


def leader_terminated(episode: Episode) -> None:
    leader = episode.cluster.leader()
    episode.strike()
    episode.cluster.terminate(leader)
    episode.mend()
    episode.cluster.start(leader)
    episode.until_flowing()


def leader_stepped_down(episode: Episode) -> None:
    episode.strike()
    episode.cluster.step_down()
    episode.until_flowing()


def leader_frozen(episode: Episode) -> None:
    """It neither answers nor dies; when it thaws, others lead and it must know better at once."""
    leader = episode.cluster.leader()
    episode.strike()
    episode.cluster.freeze(leader)
    try:
        time.sleep(FROZEN_SECONDS)
    finally:
        episode.mend()
        episode.cluster.thaw(leader)
    episode.until_flowing()


def follower_killed(episode: Episode) -> None:
    _kill_and_start(episode, DOWN_SECONDS, episode.cluster.followers()[0])


def majority_killed(episode: Episode) -> None:
    """The leader with as many others as it takes; the rest must refuse, and lose nothing."""
    leader_first = [episode.cluster.leader(), *episode.cluster.followers()]
    majority = len(leader_first) // 2 + 1
    _kill_and_start(episode, DOWN_SECONDS, *leader_first[:majority])


def all_killed(episode: Episode) -> None:
    """All come back by themselves: nobody gives a key."""
    _kill_and_start(episode, 0.0, *episode.cluster.names)


def _kill_and_start(episode: Episode, after: float, *names: str) -> None:
    """All at the same time; after so many seconds they are started again, as kubelets do."""
    episode.strike()
    episode.cluster.kill(*names)
    time.sleep(after)
    episode.mend()
    episode.cluster.start(*names)
    episode.until_flowing()


FAILURES: Final = (
    Drill("leader-lost", "leader killed, stays away", leader_lost, HandOver.CRASH),
    *(
        Drill(
            f"leader-restarted-{after:g}s",
            f"leader killed, restarted after {after:g} s",
            leader_restarted(after),
            HandOver.CRASH,
        )
        for after in RESTART_SECONDS
    ),
    Drill("leader-terminated", "leader ended (SIGTERM)", leader_terminated, HandOver.PLANNED),
    Drill("step-down", "leader steps down", leader_stepped_down, HandOver.PLANNED),
    Drill("leader-frozen", f"leader frozen {FROZEN_SECONDS:g} s", leader_frozen, HandOver.CRASH),
    Drill("follower-killed", f"follower killed, back after {DOWN_SECONDS:g} s", follower_killed),
    Drill("majority-killed", f"majority killed, back after {DOWN_SECONDS:g} s", majority_killed),
    Drill("all-killed", "all killed, restarted at once", all_killed),
)
