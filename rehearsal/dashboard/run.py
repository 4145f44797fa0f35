"""Stands a cluster up, lets a real Prometheus look at it while things happen, and asks Prometheus
what the dashboard asks.

Prometheus comes in as it would in a cluster: to the metrics' own listener of every server, with the
certificate that the program asked cert-manager for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from components.cluster.layout import METRICS
from policies.environments import Environment
from policies.identities import PLATFORM_NAMESPACE
from rehearsal.binaries import Binary, Tool
from rehearsal.dashboard.events import Events
from rehearsal.dashboard.panels import Line, Panel, Window, lines, read
from rehearsal.dashboard.picture import Drawn, Moment
from rehearsal.errors import RehearsalError
from rehearsal.load import targets
from rehearsal.metrics import write_client
from rehearsal.pods import Pods
from rehearsal.servers import prometheus
from rehearsal.servers.prometheus import Prometheus
from rehearsal.stand_up import StoodUp, stand_up
from rehearsal.supervisor import Supervisor

Progress = Callable[[str], None]
SCRAPED_EVERY: Final = timedelta(seconds=2)
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
    with targets.deployed(supervisor, stood) as target:
        events = Events(supervisor, binaries[Tool.FORTIO].path, stood, target)
        times = events.play(lasts, progress)
    yield Recording(
        seen,
        Window(times.start, times.end, SCRAPED_EVERY),
        (Moment(times.stepped_down, "the leader is told to step down"),),
    )


def watch(
    supervisor: Supervisor,
    binaries: Mapping[Tool, Binary],
    stood: StoodUp,
    rule_files: Sequence[Path] = (),
) -> Prometheus:
    """A Prometheus that scrapes every server of the cluster, and judges these rules."""
    vaults = stood.scene.vaults
    if not isinstance(vaults, Pods):
        raise RehearsalError(
            f"{stood.plan.environment.value} has no deployed servers: only they show their metrics"
        )
    folder = supervisor.subfolder("prometheus-tls")
    certificate, key = map(Path, write_client(stood.scene, folder))
    job = prometheus.Job(
        METRICS,
        tuple(
            prometheus.Target(
                address.removeprefix("https://"), {"namespace": PLATFORM_NAMESPACE, "pod": pod}
            )
            for pod, address in vaults.metrics_addresses.items()
        ),
        SCRAPED_EVERY,
        "/v1/sys/metrics",
        vaults.ca_file,
        {"format": "prometheus"},
        prometheus.ClientCertificate(certificate, key),
    )
    return prometheus.start(supervisor, binaries[Tool.PROMETHEUS].path, [job], rule_files)
