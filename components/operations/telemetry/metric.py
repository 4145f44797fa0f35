"""What one metric is. Pure.

Says nothing of where it is used: that is the rules' and the dashboard's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Kind(StrEnum):
    """Prometheus' types, as far as they occur."""

    GAUGE = "gauge"
    COUNTER = "counter"
    SUMMARY = "summary"
    """Quantiles over the last seconds (NaN where nothing happened), `_sum` and `_count` over all
    time.
    """


@unique
class Unit(StrEnum):
    MILLISECONDS = "ms"
    NANOSECONDS = "ns"
    SECONDS = "s"
    TIMESTAMP = "s since 1970"
    BYTES = "B"
    COUNT = "1"
    TRUTH = "0 or 1"


@unique
class Source(StrEnum):
    """Who exports it."""

    VAULT = "Vault"
    PROMETHEUS = "Prometheus"
    """Made by Prometheus itself for each target."""
    CERT_MANAGER = "cert-manager"
    KUBE_STATE_METRICS = "kube-state-metrics"
    KUBELET = "kubelet"


@unique
class Server(StrEnum):
    """Which of Vault's servers has it. The others have none, or what was true when they led."""

    EVERY = "every"
    ACTIVE = "active"
    STANDBY = "standby"


@unique
class Needs(StrEnum):
    """What a deployment must have, or the metric is not there."""

    NOTHING = "nothing"
    RAFT = "Raft storage"
    KMS = "a seal by KMS"
    AUDIT = "an audit device"
    DATABASE = "the database engine"


@dataclass(frozen=True, slots=True)
class Metric:
    """As Vault exports it in Prometheus' format."""

    name: str
    kind: Kind
    unit: Unit
    meaning: str
    labels: tuple[str, ...] = ()
    """Its own, without a summary's `quantile` and what Prometheus adds (`TARGET_LABELS`)."""
    server: Server = Server.EVERY
    needs: Needs = Needs.NOTHING
    after: str = ""
    """What must happen first; empty: it is there at the latest after a proof."""
    source: Source = Source.VAULT

    @property
    def series(self) -> tuple[str, ...]:
        """Every name by which a query may ask for it."""
        if self.kind is Kind.SUMMARY:
            return self.name, f"{self.name}_sum", f"{self.name}_count"
        return (self.name,)
