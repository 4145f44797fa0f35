"""Reads the servers' metrics as Prometheus would, and compares them with what is used of them.

Who asks shows the certificate that the program had made for Prometheus. A name that a rule or the
dashboard uses and no server has is a problem that says where it is used. Deliberately judges no
value: that is for the alerts.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import requests

from components.cluster.layout import METRICS_CLIENT_SECRET
from components.operations.telemetry.metric import Kind, Metric, Needs, Server
from components.operations.telemetry.metrics import LEADS, METRICS
from components.operations.telemetry.uses import used_by
from policies.identities import PLATFORM_NAMESPACE
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.pods import Pods
from rehearsal.scene import Scene
from rehearsal.servers import CALL_TIMEOUT, http_session
from rehearsal.supervisor import wait_until, write_private

PATH: Final = "/v1/sys/metrics?format=prometheus"
_TYPE: Final = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)
_SAMPLE: Final = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# What is counted now and then, and what follows an event by a tick.
_PATIENCE: Final = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Exposition:
    """What one server shows at one moment."""

    kinds: Mapping[str, str]
    samples: tuple[Sample, ...]

    @classmethod
    def parse(cls, text: str) -> Exposition:
        """Of Prometheus' text format."""
        samples = (
            Sample(name, dict(_LABEL.findall(labels)), float(value))
            for name, labels, value in _SAMPLE.findall(text)
        )
        return cls(dict(_TYPE.findall(text)), tuple(samples))

    def of(self, name: str) -> list[Sample]:
        return [sample for sample in self.samples if sample.name == name]

    @property
    def leads(self) -> bool:
        """A server that came to lead shows the gauge twice, the second time with its cluster."""
        return any(sample.value == 1 for sample in self.of(LEADS.name))


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks the servers of a deployment as Prometheus does."""

    addresses: Mapping[str, str]
    session: requests.Session

    def read(self, server: str) -> Exposition:
        """Raises `RehearsalError`."""
        return Exposition.parse(self.text(server))

    def text(self, server: str) -> str:
        url = self.addresses[server] + PATH
        try:
            answer = self.session.get(url, timeout=CALL_TIMEOUT.total_seconds())
        except requests.RequestException as error:
            raise RehearsalError(f"{server}: {url} gives no metrics: {error}") from None
        if not answer.ok:
            raise RehearsalError(f"{server}: {url} gives no metrics: {answer.status_code}")
        return answer.text

    def read_all(self) -> dict[str, Exposition]:
        return {server: self.read(server) for server in self.addresses}


@contextmanager
def reader(scene: Scene) -> Iterator[Reader]:
    """With Prometheus' certificate. Only where the program deployed the servers, and lets them be
    watched.
    """
    pods = scene.vaults
    if not isinstance(pods, Pods):
        raise RehearsalError("only a deployed Vault shows its metrics; set target: kubernetes")
    with tempfile.TemporaryDirectory(prefix="prometheus-") as folder:
        session = http_session(str(scene.ca_file))
        session.cert = write_client(scene, Path(folder))
        try:
            yield Reader(pods.metrics_addresses, session)
        finally:
            session.close()


def write_client(scene: Scene, folder: Path) -> tuple[str, str]:
    """Prometheus' certificate and key, as files in a folder."""
    secret = scene.kubernetes.get("v1", "Secret", METRICS_CLIENT_SECRET, PLATFORM_NAMESPACE)
    certificate, key = (
        write_private(folder / name, base64.b64decode(secret["data"][name]).decode())
        for name in ("tls.crt", "tls.key")
    )
    return str(certificate), str(key)


def needs_of(scene: Scene, *, database: bool) -> frozenset[Needs]:
    """What a deployed Vault has; that it writes an audit log is no question."""
    url = f"{scene.vault_address}/v1/sys/seal-status"
    with http_session(str(scene.ca_file)) as session:
        status = session.get(url, timeout=CALL_TIMEOUT.total_seconds()).json()
    has = {
        Needs.NOTHING: True,
        Needs.AUDIT: True,
        Needs.RAFT: status["storage_type"] == "raft",
        Needs.KMS: status["type"] != "shamir",
        Needs.DATABASE: database,
    }
    return frozenset(need for need, there in has.items() if there)


def check(scene: Scene, *, database: bool, progress: Callable[[str], None]) -> list[str]:
    """What the servers lack of the metrics in use, once all had the time to appear. To be asked
    after a proof, which does what they count.
    """
    needs = needs_of(scene, database=database)
    with reader(scene) as asks:

        def look() -> None:
            if found := list(problems(asks.read_all(), needs)):
                raise NotYet("; ".join(found))

        try:
            wait_until(look, awaited="every metric in use", patience=_PATIENCE, processes=[])
            found = []
        except RehearsalError:
            found = list(problems(asks.read_all(), needs))
        wanted = expected(needs)
        progress(
            f"metrics: {len(wanted)} in use, looked for on {len(asks.addresses)} servers with "
            f"Prometheus' certificate, {len(found)} missing"
        )
    return found


def expected(needs: frozenset[Needs], metrics: Iterable[Metric] = METRICS) -> list[Metric]:
    """Those that must be there when a proof has run."""
    return [metric for metric in metrics if metric.needs in needs and not metric.after]


def problems(
    servers: Mapping[str, Exposition],
    needs: frozenset[Needs],
    metrics: Iterable[Metric] = METRICS,
) -> Iterator[str]:
    """Each names the metric, the server that lacks it, what uses it and what to do."""
    leaders = [name for name, shown in servers.items() if shown.leads]
    if len(leaders) != 1:
        yield f"{len(leaders)} servers say that they lead ({', '.join(leaders)}), must be one"
        return
    for metric in expected(needs, metrics):
        for server, shown in servers.items():
            if metric.server is Server.EVERY or (metric.server is Server.ACTIVE) == shown.leads:
                yield from _missing(metric, server, shown)


def _missing(metric: Metric, server: str, shown: Exposition) -> Iterator[str]:
    kind = shown.kinds.get(metric.name)
    if kind is None:
        what = f"{server} has no metric {metric.name}"
    elif kind != metric.kind:
        what = f"{server} has {metric.name} as {kind}, not as {metric.kind}"
    elif strange := _labels(metric, shown):
        what = f"{server} has {metric.name} with labels {strange}, not {', '.join(metric.labels)}"
    else:
        return
    yield (
        f"{what} (used by {', '.join(used_by(metric))}); fix: see what this version of Vault calls "
        "it, and write that in components/operations/telemetry/metrics.py"
    )


def _labels(metric: Metric, shown: Exposition) -> str:
    """Labels that are not the table's; empty where all are."""
    own = {"quantile"} if metric.kind is Kind.SUMMARY else set()
    seen = {label for sample in shown.of(metric.name) for label in sample.labels} - own
    return ", ".join(sorted(seen)) if seen - set(metric.labels) else ""
