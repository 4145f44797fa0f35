"""What an alert is, and of what deployment it speaks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any

from components.operations.telemetry.metric import Metric
from policies.lifetime import Duration


@unique
class Severity(StrEnum):
    CRITICAL = "critical"
    """Somebody gets up: users notice, or will at the next failure."""
    WARNING = "warning"
    """Somebody looks at it on the next working day."""


@dataclass(frozen=True, slots=True)
class Job:
    """A CronJob that is watched."""

    namespace: str
    name: str
    interval: Duration
    """Between two runs, as its schedule has it."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The deployment that the alerts are about."""

    environment: str
    namespace: str
    job: str
    """Under which Prometheus keeps the servers."""
    servers: int
    runbooks: str
    """URL of the folder with a page for each alert."""
    raft: bool = True
    kms: bool = True
    issued: bool = True
    """Whether cert-manager issues the servers' certificate."""
    audit_devices: int = 2
    snapshots: Job | None = None
    snapshot_age: Duration = field(default=Duration.parse("26h"))
    """How old the newest snapshot may be."""
    rotations: tuple[Job, ...] = ()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that are watched."""
        return (*((self.snapshots,) if self.snapshots else ()), *self.rotations)


Expression = Callable[[Watched], str]
"""A query, for the deployment it is asked of."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule. Several may have the same name, where one page tells what to do about them all; a
    label tells them apart.
    """

    name: str
    severity: Severity
    after: Duration | None
    """How long it must have been so; None: once is enough."""
    says: str
    """In a line; Prometheus' templates may stand in it."""
    means: str
    metrics: tuple[Metric, ...]
    """Those in the expression."""
    expression: Expression
    concerns: Callable[[Watched], bool] = lambda _: True
    """Whether a deployment can have that trouble."""
    labels: Mapping[str, str] = field(default_factory=dict)

    def rule(self, watched: Watched) -> dict[str, Any]:
        """As Prometheus takes it."""
        rule: dict[str, Any] = {"alert": self.name, "expr": self.expression(watched)}
        if self.after:
            rule["for"] = str(self.after)
        return {
            **rule,
            "labels": {
                "severity": self.severity.value,
                "environment": watched.environment,
                **self.labels,
            },
            "annotations": {
                "summary": self.says,
                "description": self.means,
                "runbook_url": f"{watched.runbooks}/{self.name}.md",
            },
        }
