"""The recovery drills from end to end: stand an environment up, and play each drill."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from hvac.exceptions import VaultError

from policies.environments import Environment
from rehearsal.binaries import ROOT, Binary, Tool
from rehearsal.drill.access import drill_token
from rehearsal.drill.cluster import Cluster, RememberingSupervisor
from rehearsal.drill.impact import Operation, impact, retried
from rehearsal.drill.line import CallFailedError
from rehearsal.drill.repeating import Progress, repeat_all
from rehearsal.drill.results import Check
from rehearsal.drill.traffic import TIMEOUT_SECONDS, Traffic
from rehearsal.errors import RehearsalError
from rehearsal.recovery_drill import results
from rehearsal.recovery_drill.aws_cli import aws_cli
from rehearsal.recovery_drill.desk import Answer, Program, programs
from rehearsal.recovery_drill.episode import Drill, Episode, Ground
from rehearsal.recovery_drill.kubectl import Kubectl
from rehearsal.recovery_drill.operator import Operator
from rehearsal.recovery_drill.results import Run
from rehearsal.recovery_drill.rollback import pulumi_cli
from rehearsal.stand_up import StoodUp, stand_up

_WARM_SECONDS: Final = 1.0
_BEFORE_SECONDS: Final = 0.5
_AFTER_SECONDS: Final = 0.5
_LOG_LINES: Final = 60
_GIT: Final = ("AUTHOR", "COMMITTER")


def run_drills(
    binaries: Mapping[Tool, Binary],
    environment: Environment,
    drills: Sequence[Drill],
    repeat: int,
    progress: Progress,
    done: Callable[[Run], None],
) -> list[Run]:
    """Stands a cluster up and plays them there, as `repeat_all` does; not those that need a program
    which this computer has not. Raises RehearsalError.
    """
    with RememberingSupervisor() as supervisor:
        stood = stand_up(supervisor, dict(binaries), environment, progress)
        with _ground(supervisor, stood) as ground:
            playable = list(_playable(drills, progress))
            once = partial(run_once, ground)
            return repeat_all(ground.cluster, playable, repeat, once, progress, done)


def _playable(drills: Sequence[Drill], progress: Progress) -> Iterator[Drill]:
    for drill in drills:
        if drill.needs and not shutil.which(drill.needs):
            progress(f"NOT PLAYED: {drill.title}: there is no {drill.needs} on PATH")
        else:
            yield drill


def run_once(ground: Ground, drill: Drill, number: int) -> Run:
    """Play a drill once, on a cluster that is healthy before. Raises RehearsalError."""
    cluster = ground.cluster
    _, lacking = cluster.heal()
    if lacking:
        raise RehearsalError(f"{drill.name} cannot begin: {lacking}. Look at the servers' logs.")
    cluster.rest()
    began = time.monotonic()
    name = f"{drill.name}-{number}"
    with closing(Traffic(cluster.lines(TIMEOUT_SECONDS), name)) as traffic:
        with traffic:
            time.sleep(_WARM_SECONDS)
            episode = Episode(ground, traffic, name)
            problem = _play(drill, episode)
            healthy_at, lacking = cluster.heal()
            time.sleep(_AFTER_SECONDS)
        back = traffic.read_back()
    struck = episode.struck or began
    since = struck - _BEFORE_SECONDS
    # What a drill prepares takes this machine's time, and is none of what is measured.
    insisted = retried([one for one in traffic.insisted if one.ended >= since])
    if drill.undisturbed:
        text = f"{insisted.failed} of {insisted.requests}"
        nothing = Check("no request of a client that retries failed", not insisted.failed, text)
        episode.checks.append(nothing)
    return Run(
        drill=drill.name,
        number=number,
        took=time.monotonic() - began,
        repair=healthy_at - (episode.repair_began or struck),
        steps=tuple(episode.steps),
        checks=tuple(episode.checks),
        traffic=results.Traffic(
            impact(traffic.samples, Operation.WRITE, since, traffic.ended),
            insisted,
            back.lost,
            back.unverified,
        ),
        may_lose=drill.may_lose,
        missing=lacking,
        problem=problem,
        notes=dict(episode.notes),
        logs={n: cluster[n].process.tail(_LOG_LINES) for n in cluster.names} if lacking else {},
    )


def _play(drill: Drill, episode: Episode) -> str:
    """Why it could not be played to its end; empty where it was."""
    try:
        drill.play(episode)
    except (RehearsalError, CallFailedError, VaultError) as error:
        if episode.struck is None:
            raise RehearsalError(f"{drill.name} cannot begin: {error}") from error
        return str(error)
    return ""


@contextmanager
def _ground(supervisor: RememberingSupervisor, stood: StoodUp) -> Iterator[Ground]:
    servers = stood.scene.vaults.servers
    if len(servers) < 3:
        raise RehearsalError("drills need a cluster, such as staging's")
    desk, work = supervisor.subfolder("operator"), supervisor.subfolder("work")
    with drill_token(stood) as token, closing(Cluster(servers, token)) as cluster:
        shares = list(stood.shares)
        kubectl = Kubectl(stood, cluster, supervisor.folder)
        known: dict[str, Program] = {
            "kubectl": kubectl,
            "aws": aws_cli(stood.scene.aws),
            "pulumi": pulumi_cli(stood, desk),
            "share": _holders(shares),
        }
        with closing(kubectl), programs(desk, known) as bin_folder:
            operator = Operator(_environment(stood, bin_folder, desk, work), ROOT)
            required = int(stood.initialised["share_threshold"])
            yield Ground(supervisor, stood, cluster, kubectl, operator, shares, required)


def _holders(shares: Sequence[str]) -> Program:
    """What each holder calls `share`: theirs, in turn."""
    turn = count()
    return lambda _asked: Answer(shares[next(turn) % len(shares)])


def _environment(stood: StoodUp, bin_folder: Path, home: Path, work: Path) -> dict[str, str]:
    """An operator's: nothing of the caller's own."""
    return {
        "PATH": f"{bin_folder}:{stood.binary.parent}:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "VAULT_CACERT": str(stood.scene.ca_file),
        "WORK": str(work),
        **{f"GIT_{who}_NAME": "an operator" for who in _GIT},
        **{f"GIT_{who}_EMAIL": "operator@example.com" for who in _GIT},
    }
