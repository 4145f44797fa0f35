"""The drills from end to end: a cluster is stood up, and each drill played as often as asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import Final, Self

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import Binary, Tool
from rehearsal.drill.impact import Operation, impact, retried, stale_reads
from rehearsal.errors import RehearsalError
from rehearsal.rolling_drill.episode import Drill, Episode
from rehearsal.rolling_drill.ground import Ground, prepared
from rehearsal.rolling_drill.results import Run

_WARM_SECONDS: Final = 1.0
_AFTER_SECONDS: Final = 1.0
Progress = Callable[[str], None]


def run_drills(
    found: Mapping[Tool, Binary],
    environment: Environment,
    drills: Sequence[Drill],
    repeat: int,
    progress: Progress,
    done: Callable[[Run], None],
) -> list[Run]:
    """Each drill `repeat` times, one after the other. `done` hears of each run when it ended.

    A drill that upgrades gets a cluster of its own each time. Raises `RehearsalError`.
    """
    tools = dict(found)
    newer = {drill.to for drill in drills if drill.to}
    tools |= binaries.ensure(newer, progress=progress)
    runs: list[Run] = []
    with _Grounds(tools, environment, progress) as grounds:
        for drill in drills:
            for number in range(1, repeat + 1):
                ground = grounds.of(drill)
                progress(f"{drill.title}, {number} of {repeat}")
                runs.append(run_once(ground, drill, number))
                done(runs[-1])
                if runs[-1].missing:
                    grounds.leave()
    return runs


class _Grounds:
    """One cluster at a time."""

    def __init__(
        self, tools: Mapping[Tool, Binary], environment: Environment, progress: Progress
    ) -> None:
        self._tools, self._environment, self._progress = tools, environment, progress
        self._stack = ExitStack()
        self._ground: Ground | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def of(self, drill: Drill) -> Ground:
        """A cluster that this drill may begin with."""
        if self._ground is None or drill.to:
            self.leave()
            self._ground = self._stack.enter_context(
                prepared(self._tools, self._environment, self._progress)
            )
        return self._ground

    def leave(self) -> None:
        self._stack.close()
        self._ground = None


def run_once(ground: Ground, drill: Drill, number: int) -> Run:
    """Play a drill once, on a cluster that is healthy before. Raises `RehearsalError`."""
    if lacking := ground.heal():
        raise RehearsalError(
            f"{drill.name} cannot begin: {lacking}. Look at the servers' logs, or try again on a "
            "less busy machine."
        )
    before = ground.image.rpartition(":")[2]
    with ground.cluster() as cluster:
        leader = cluster.leader()
    forwarded = ground.kubelet.forwarded
    with closing(ground.traffic(f"{drill.name}-{number}")) as traffic:
        with traffic:
            time.sleep(_WARM_SECONDS)
            episode = Episode(ground)
            with _told(episode):
                drill.play(episode)
            took = time.monotonic() - episode.began
            lacking = ground.heal()
            time.sleep(_AFTER_SECONDS)
        back = traffic.read_back()
    episode.problems += ground.node.problems
    ground.node.problems.clear()
    episode.notes["connections through port-forwarding"] = str(ground.kubelet.forwarded - forwarded)
    run = Run(
        drill=drill.name,
        number=number,
        servers=len(ground.pods.servers),
        before=before,
        after=ground.image.rpartition(":")[2],
        took=took,
        replaced=episode.replaced(leader),
        writes=impact(traffic.samples, Operation.WRITE, episode.began, traffic.ended),
        reads=impact(traffic.samples, Operation.READ, episode.began, traffic.ended),
        retried=retried(traffic.insisted),
        lost=back.lost,
        unverified=back.unverified,
        stale=stale_reads(traffic.samples, traffic.insisted, episode.began),
        missing=lacking,
        problems=tuple(episode.problems),
        notes=dict(episode.notes),
        screens=(),
    )
    return run if not run.faults else _with_screens(run, episode)


@contextmanager
def _told(episode: Episode) -> Iterator[None]:
    """What goes wrong within a drill is a fault of this run, and no reason to forget the others."""
    try:
        yield
    except RehearsalError as error:
        episode.problems.append(str(error))
        for rolling in episode.rolls:
            if rolling.process.exit_code is None:
                rolling.kill()


def _with_screens(run: Run, episode: Episode) -> Run:
    return replace(run, screens=tuple(rolling.said for rolling in episode.rolls))
