"""The drills: what befalls an application that lives on secrets."""

from __future__ import annotations

import os
import signal
import time
from typing import Final

from policies.paths import DATABASE, KUBERNETES_AUTH
from rehearsal.client_drill.episode import Drill, Episode
from rehearsal.errors import RehearsalError

_STALL_SECONDS: Final = 10.0
_SEALED_SECONDS: Final = 8.0
_AWAY_SECONDS: Final = 20.0
_FROZEN_SECONDS: Final = 40.0
_REMOVED_SECONDS: Final = 8.0


def _nothing(episode: Episode) -> None:
    episode.strike()
    time.sleep(10)


def _leader_killed(episode: Episode) -> None:
    leader = episode.cluster.leader()
    episode.strike()
    episode.cluster.kill(leader)
    time.sleep(2)  # a kubelet's restart
    episode.cluster.start(leader)
    episode.mend()


def _all_away(episode: Episode) -> None:
    names = episode.cluster.names
    episode.strike()
    episode.cluster.kill(*names)
    time.sleep(_AWAY_SECONDS)
    episode.cluster.start(*names)
    episode.mend()


def _sealed(episode: Episode) -> None:
    """One leader after the other, until those that are left are too few to elect another."""
    episode.strike()
    sealed = []
    for _ in range(len(episode.cluster.names) // 2 + 1):
        leader = episode.cluster.leader()
        root = episode.ground.root
        answer = root.at(episode.cluster[leader].address).with_token(root.token)
        if not (said := answer.call("PUT", "sys/seal")).allowed:
            raise RehearsalError(f"{leader} would not be sealed: {said.status} {said.errors}")
        sealed.append(leader)
    time.sleep(_SEALED_SECONDS)
    # KMS unseals a server that starts.
    episode.cluster.kill(*sealed)
    episode.cluster.start(*sealed)
    episode.mend()


def _token_revoked(episode: Episode) -> None:
    """As an operator does in an incident; what the tokens were given ends with them."""
    episode.strike()
    _as_root(episode, "PUT", f"sys/leases/revoke-prefix/auth/{KUBERNETES_AUTH}/login")
    episode.mend()


def _database_role_removed(episode: Episode) -> None:
    """Three times, so that a renewal falls into it; each time for less than what is left of the
    credentials when they are renewed (10 s here, 600 s unless told otherwise).
    """
    role = f"{DATABASE}/roles/{episode.ground.orders.database_role}"
    before = episode.ground.root.call("GET", role).data
    episode.strike()
    for _ in range(3):
        _as_root(episode, "DELETE", role)
        time.sleep(_REMOVED_SECONDS)
        episode.ground.root.write(role, before)
        episode.mend()
        time.sleep(_REMOVED_SECONDS)


def _clock_jumps(episode: Episode) -> None:
    episode.strike()
    episode.application.signal(signal.SIGUSR1)
    time.sleep(4)
    episode.application.signal(signal.SIGUSR2)
    time.sleep(4)
    episode.application.signal(signal.SIGUSR2)
    time.sleep(4)
    episode.application.signal(signal.SIGUSR1)
    episode.mend()


def _frozen(episode: Episode) -> None:
    """For longer than its database credentials live: it must not go on with those."""
    episode.strike()
    episode.application.signal(signal.SIGSTOP)
    time.sleep(_FROZEN_SECONDS)
    episode.application.signal(signal.SIGCONT)
    episode.mend()


def _network_stalls(episode: Episode) -> None:
    episode.strike()
    os.kill(episode.ground.service.pid, signal.SIGSTOP)
    time.sleep(_STALL_SECONDS)
    os.kill(episode.ground.service.pid, signal.SIGCONT)
    episode.mend()


def _as_root(episode: Episode, method: str, path: str) -> None:
    answer = episode.ground.root.call(method, path)
    if not answer.allowed:
        raise RehearsalError(f"{method} {path}: Vault said {answer.status}: {answer.errors}")


DRILLS: Final = (
    Drill("nothing", "nothing, for 10 s", _nothing, watched_seconds=0, compare_seconds=3),
    Drill("leader-killed", "leader killed, restarted after 2 s", _leader_killed),
    Drill("all-away", f"every server away for {_AWAY_SECONDS:g} s", _all_away, 8),
    Drill("sealed", f"Vault sealed for {_SEALED_SECONDS:g} s", _sealed, 8),
    Drill("token-revoked", "its token and database user revoked", _token_revoked),
    Drill(
        "role-removed",
        f"its database role removed for {_REMOVED_SECONDS:g} s, three times",
        _database_role_removed,
    ),
    Drill("clock-jumps", "its clock jumps by 2 h, ahead and back", _clock_jumps),
    Drill("frozen", f"frozen for {_FROZEN_SECONDS:g} s, past its lease's end", _frozen),
    Drill("network-stalls", f"the network stalls for {_STALL_SECONDS:g} s", _network_stalls, 8),
)
