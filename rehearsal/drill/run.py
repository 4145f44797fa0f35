"""The drills from end to end: stand an environment up, and play each drill as often as asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Final

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.drill.access import drill_token
from rehearsal.drill.cluster import Cluster, RememberingSupervisor
from rehearsal.drill.episode import Drill, Episode, Ground, Moment
from rehearsal.drill.impact import Gap, Operation, impact, retried, stale_reads
from rehearsal.drill.line import CallFailedError
from rehearsal.drill.phases import Phases, phases
from rehearsal.drill.repeating import Progress, repeat_all
from rehearsal.drill.results import Run
from rehearsal.drill.server_log import Logs
from rehearsal.drill.traffic import TIMEOUT_SECONDS, Traffic
from rehearsal.errors import RehearsalError
from rehearsal.stand_up import stand_up

_WARM_SECONDS: Final = 1.0
_BEFORE_SECONDS: Final = 0.5
_AFTER_SECONDS: Final = 0.5
_LOG_LINES: Final = 60


def run_drills(
    binaries: Mapping[Tool, Binary],
    environment: Environment,
    drills: Sequence[Drill],
    repeat: int,
    progress: Progress,
    done: Callable[[Run], None],
) -> list[Run]:
    """Stands a cluster up and plays them there, as `repeat_all` does. Raises RehearsalError."""
    with RememberingSupervisor() as supervisor:
        stood = stand_up(supervisor, dict(binaries), environment, progress)
        servers = stood.scene.vaults.servers
        if len(servers) < 3:
            raise RehearsalError(
                f"{environment.value} has {len(servers)} Vault server: drills need a cluster, such "
                "as staging's"
            )
        with drill_token(stood) as token, closing(Cluster(servers, token)) as cluster:
            once = partial(run_once, Ground(supervisor, stood, cluster))
            return repeat_all(cluster, drills, repeat, once, progress, done)


def run_once(ground: Ground, drill: Drill, number: int) -> Run:
    """Play a drill once, on a cluster that is healthy before."""
    cluster = ground.cluster
    _, lacking = cluster.heal()
    if lacking:
        raise RehearsalError(
            f"{drill.name} cannot begin: {lacking}. Look at the servers' logs, or try again on a "
            "less busy machine."
        )
    cluster.rest()
    logs = Logs({name: cluster[name].process.log for name in cluster.names})
    began = time.monotonic()
    name = f"{drill.name}-{number}"
    with closing(Traffic(cluster.lines(TIMEOUT_SECONDS), name)) as traffic:
        with traffic:
            time.sleep(_WARM_SECONDS)
            episode = Episode(ground, traffic, name)
            _play(drill, episode)
            healthy_at, lacking = cluster.heal()
            time.sleep(_AFTER_SECONDS)
        back = traffic.read_back()
    struck = episode.struck
    assert struck is not None, f"{drill.name} strikes nothing"
    since = struck.monotonic - _BEFORE_SECONDS
    writes = impact(traffic.samples, Operation.WRITE, since, traffic.ended)
    return Run(
        drill=drill.name,
        number=number,
        took=time.monotonic() - began,
        writes=writes,
        reads=impact(traffic.samples, Operation.READ, since, traffic.ended),
        retried=retried(traffic.insisted),
        lost=back.lost,
        unverified=back.unverified,
        stale=stale_reads(traffic.samples, traffic.insisted, struck.monotonic),
        healthy_after=healthy_at - (episode.mended or struck).monotonic,
        missing=lacking,
        phases=_phases(drill, logs, struck, writes.downtime),
        problems=tuple(episode.problems),
        notes=dict(episode.notes),
        logs={n: cluster[n].process.tail(_LOG_LINES) for n in cluster.names} if lacking else {},
    )


def _play(drill: Drill, episode: Episode) -> None:
    """What the drill asks of Vault may fail once it has struck: that is a fault of this run, and
    no reason to forget the others.
    """
    try:
        drill.play(episode)
    except CallFailedError as failed:
        if episode.struck is None:
            raise RehearsalError(
                f"{drill.name} cannot begin: Vault refused what it needs: {failed}. Look at the "
                "servers' logs, or try again on a less busy machine."
            ) from None
        episode.problems.append(f"a request of the drill's own failed: {failed}")


def _phases(drill: Drill, logs: Logs, struck: Moment, downtime: Gap) -> Phases | None:
    if drill.hand_over is None:
        return None
    first_answer = struck.epoch + downtime.ended - struck.monotonic
    return phases(logs.entries(), drill.hand_over, struck.epoch, first_answer)
