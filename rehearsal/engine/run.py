"""The scenarios from end to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.engine.episode import Episode, Scenario
from rehearsal.engine.ground import Ground, Progress
from rehearsal.engine.results import Run
from rehearsal.engine.tools import Installed
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor

OpenGround = Callable[
    [Supervisor, Installed, Mapping[Tool, Binary], Environment, Progress],
    AbstractContextManager[Ground],
]


def run_scenarios(
    installed: Installed,
    binaries: Mapping[Tool, Binary],
    environment: Environment,
    scenarios: Sequence[Scenario],
    ground: OpenGround,
    progress: Progress,
    done: Callable[[Run], None],
) -> None:
    """On servers and a stack of their own, which all of them share. Raises `RehearsalError`."""
    with (
        Supervisor() as supervisor,
        ground(supervisor, installed, binaries, environment, progress) as opened,
    ):
        for scenario in scenarios:
            progress(f"{scenario.name}: {scenario.title}")
            run = play(opened, scenario, progress)
            done(run)
            if run.problem:
                raise RehearsalError(
                    f"{scenario.name} was not played to its end, so that nothing could be said of "
                    f"those after it: {run.problem}"
                )


def play(ground: Ground, scenario: Scenario, progress: Progress) -> Run:
    """One of them. That it cannot go on is a fault of this run, and no reason to forget others."""
    episode, started, problem = Episode(progress), time.monotonic(), ""
    try:
        scenario.play(ground, episode)
    except RehearsalError as error:
        problem = str(error)
    return Run(
        scenario.name,
        1,
        time.monotonic() - started,
        tuple(episode.checks),
        tuple(episode.outcomes),
        dict(episode.notes),
        problem,
    )
