"""Stands a cluster up, lets a real Prometheus look at it while things happen, and asks Prometheus
what the dashboard asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.dashboard.events import Events
from rehearsal.dashboard.panels import Line, Panel, Window, lines, read
from rehearsal.dashboard.picture import Drawn, Moment
from rehearsal.dashboard.watching import SCRAPED_EVERY, watch
from rehearsal.load import targets
from rehearsal.servers.prometheus import Prometheus
from rehearsal.stand_up import stand_up
from rehearsal.supervisor import Supervisor

Progress = Callable[[str], None]
_LASTS: Final = timedelta(seconds=80)
# Counted by Vault at this interval, which is ten minutes unless it is told otherwise: longer than
# anybody wants to wait for a picture.
CHANGED: Final[Mapping[str, Any]] = {"metrics": True, "metricsUsageInterval": "10s"}


@dataclass(frozen=True, slots=True)
class Recording:
    """A Prometheus that still runs, and what it saw."""

    prometheus: Prometheus
    window: Window
    moments: tuple[Moment, ...]

    def answers(self, text: str) -> Sequence[tuple[Panel, Sequence[Line]]]:
        """What each panel of a dashboard, Grafana's JSON, would show."""
        return [(panel, lines(panel, self.prometheus, self.window)) for panel in read(text)]

    def drawn(self, text: str, title: str) -> Drawn:
        window = self.window
        return Drawn(title, self.answers(text), window.start, window.end, self.moments)


@contextmanager
def recorded(
    supervisor: Supervisor,
    binaries: Mapping[Tool, Binary],
    environment: Environment,
    progress: Progress,
    lasts: timedelta = _LASTS,
) -> Iterator[Recording]:
    """From entering to leaving, Prometheus can be asked. Raises `RehearsalError`."""
    stood = stand_up(supervisor, dict(binaries), environment, progress, CHANGED)
    seen = watch(supervisor, binaries, stood)
    progress(f"Prometheus scrapes every {SCRAPED_EVERY.total_seconds():g} s")
    with targets.deployed(stood) as target:
        events = Events(supervisor, binaries[Tool.FORTIO].path, stood, target)
        times = events.play(lasts, progress)
    yield Recording(
        seen,
        Window(times.start, times.end, SCRAPED_EVERY),
        (Moment(times.stepped_down, "the leader is told to step down"),),
    )
