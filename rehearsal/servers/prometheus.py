"""A real Prometheus: scrapes what it is told to, judges rules, and answers PromQL.

It deliberately discovers nothing and sends alerts nowhere. What the operator's discovery would add
to a series (its namespace, its pod) the caller gives as labels.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests

from rehearsal.errors import NotYet, RehearsalError
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import CALL_TIMEOUT, PATIENCE, answer, http_session
from rehearsal.supervisor import Supervisor, wait_until, write_private


@dataclass(frozen=True, slots=True)
class Target:
    """One process to scrape. `address` is `host:port`; `labels` are added to all that it tells."""

    address: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Files, PEM: what Prometheus shows to who asks for it."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Job:
    """Targets that are scraped alike, over TLS."""

    name: str
    targets: tuple[Target, ...]
    interval: timedelta
    path: str
    ca_file: Path
    parameters: Mapping[str, str] = field(default_factory=dict)
    client: ClientCertificate | None = None
    server_name: str | None = None
    """The name that a target's certificate must hold; None: its address."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer. A point is the time, in seconds since the epoch, and the value."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]

    @property
    def numbers(self) -> tuple[tuple[float, float], ...]:
        """The points that are numbers: a summary of no observations is NaN."""
        return tuple(point for point in self.points if not math.isnan(point[1]))


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as Prometheus judged it last."""

    name: str
    health: str
    error: str
    state: str
    """Of an alert: inactive, pending or firing; empty for a recorded series."""


@dataclass(frozen=True)
class Prometheus:
    """A running server. `address` is the base URL of its API."""

    address: str
    _session: requests.Session = field(repr=False, compare=False)

    def query(self, expression: str) -> tuple[Series, ...]:
        """What the expression is now. Raises RehearsalError where it is no PromQL."""
        result = self._ask("query", {"query": expression})["result"]
        return tuple(_series(one, [one["value"]]) for one in result)

    def query_range(
        self, expression: str, start: float, end: float, step: timedelta
    ) -> tuple[Series, ...]:
        """What it was, from `start` to `end` in seconds since the epoch. Raises RehearsalError."""
        between = {"start": start, "end": end, "step": step.total_seconds()}
        result = self._ask("query_range", {"query": expression, **between})["result"]
        return tuple(_series(one, one["values"]) for one in result)

    def unhealthy_targets(self) -> tuple[str, ...]:
        """Those whose last scrape failed, and why; or that were never scraped yet."""
        return tuple(
            f"{one['scrapeUrl']}: {one['lastError'] or 'not scraped yet'}"
            for one in self._ask("targets", {"state": "active"})["activeTargets"]
            if one["health"] != "up"
        )

    def rules(self) -> tuple[Rule, ...]:
        return tuple(
            Rule(one["name"], one["health"], one.get("lastError", ""), one.get("state", ""))
            for group in self._ask("rules", {})["groups"]
            for one in group["rules"]
        )

    def _ask(self, question: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        response = self._session.get(
            f"{self.address}/api/v1/{question}",
            params=dict(parameters),
            timeout=CALL_TIMEOUT.total_seconds(),
        )
        body: dict[str, Any] = response.json()
        if body["status"] != "success":
            raise RehearsalError(
                f"Prometheus refuses {parameters.get('query', question)}: {body.get('error')}"
            )
        data: dict[str, Any] = body["data"]
        return data


def start(
    supervisor: Supervisor,
    binary: Path,
    jobs: Sequence[Job],
    rule_files: Sequence[Path] = (),
    *,
    judged_every: timedelta = timedelta(seconds=2),
    name: str = "prometheus",
) -> Prometheus:
    """Start it, and wait until every target was scraped once. Raises RehearsalError."""
    folder = supervisor.subfolder(name)
    configuration = {
        "global": {"evaluation_interval": _text(judged_every)},
        "rule_files": [str(path) for path in rule_files],
        "scrape_configs": [_job(job) for job in jobs],
    }
    # JSON is YAML.
    file = write_private(folder / "prometheus.yml", json.dumps(configuration, indent=2))
    address = f"{LOOPBACK}:{free_port()}"
    process = supervisor.start(
        name,
        [
            binary,
            f"--config.file={file}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
            "--log.level=warn",
        ],
        env=supervisor.environment(),
        cwd=folder,
    )
    prometheus = Prometheus(f"http://{address}", http_session())
    for ready in (_answers, _scrapes):
        wait_until(
            partial(ready, prometheus),
            awaited=f"Prometheus on {prometheus.address}, every target scraped",
            patience=PATIENCE,
            processes=[process],
        )
    return prometheus


def _answers(prometheus: Prometheus) -> None:
    response = answer(http_session(), f"{prometheus.address}/-/ready")
    if not response.ok:
        raise NotYet(f"it answers {response.status_code}")


def _scrapes(prometheus: Prometheus) -> None:
    unhealthy = prometheus.unhealthy_targets()
    if unhealthy:
        raise NotYet("; ".join(unhealthy))


def _job(job: Job) -> dict[str, Any]:
    tls: dict[str, str] = {"ca_file": str(job.ca_file)}
    if job.client:
        tls |= {"cert_file": str(job.client.certificate), "key_file": str(job.client.key)}
    if job.server_name:
        tls["server_name"] = job.server_name
    return {
        "job_name": job.name,
        "scrape_interval": _text(job.interval),
        "scrape_timeout": _text(job.interval),
        "metrics_path": job.path,
        "params": {name: [value] for name, value in job.parameters.items()},
        "scheme": "https",
        "tls_config": tls,
        "static_configs": [
            {"targets": [target.address], "labels": dict(target.labels)} for target in job.targets
        ],
    }


def _series(one: Mapping[str, Any], points: Sequence[tuple[float, str]]) -> Series:
    return Series(one["metric"], tuple((float(at), float(value)) for at, value in points))


def _text(duration: timedelta) -> str:
    return f"{round(duration.total_seconds() * 1000)}ms"
