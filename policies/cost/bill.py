"""The arithmetic: a footprint and assumptions become lines with their sums.

Every line shows how it comes about, so that whoever doubts it can do it again with other prices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from policies.cost import prices
from policies.cost.footprint import Assumptions, Footprint, Nodes, Pods
from policies.environments import Environment

HOURS: Final = 730
DAYS: Final = HOURS / 24
# A health check of the seal encrypts and decrypts every ten minutes, on each server.
_KMS_REQUESTS_PER_SERVER: Final = HOURS * 6 * 2
# AWS bills the key's first two rotations as well, and it rotates yearly.
_VERSIONS_BILLED: Final = 3
# Kubernetes' own share of a node that has nothing else on it.
_NODES_OWN_NEEDS_GIB: Final = 1.0
AUDIT_BYTES_PER_REQUEST: Final = 3250
"""Both entries: 1,470 when a request comes and 1,780 when it is answered, the mean of the 2,888
requests of a rehearsal's proof in dev."""


@dataclass(frozen=True, slots=True)
class Budget:
    """US dollars a month, of the decision record."""

    infrastructure: int
    operation: int
    """People's part, which no arithmetic here knows."""

    @property
    def total(self) -> int:
        return self.infrastructure + self.operation


BUDGETS: Final[Mapping[Environment, Budget]] = MappingProxyType(
    {
        Environment.DEV: Budget(50, 20),
        Environment.STAGING: Budget(150, 50),
        Environment.PROD: Budget(500, 200),
    }
)


@dataclass(frozen=True, slots=True)
class Item:
    """One line: how it comes about, and US dollars a month."""

    name: str
    sum: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Bill:
    """A month of one environment, in the order in which it is shown. Not in it: people, and what is
    on somebody else's bill.
    """

    items: tuple[Item, ...]

    @property
    def dollars(self) -> float:
        return sum(item.dollars for item in self.items)


def bill(footprint: Footprint, assumed: Assumptions) -> Bill:
    """A month. Raises `ValueError` where servers shall have nodes of their own and none that is
    priced holds one.
    """
    return Bill(tuple(_items(footprint, assumed)))


def _items(footprint: Footprint, assumed: Assumptions) -> Iterator[Item]:
    own = assumed.nodes is Nodes.OWN
    yield from map(_own_nodes if own else _shares, footprint.servers)
    yield from map(_shares, footprint.others)
    for kind in footprint.volumes:
        yield Item(
            f"volumes: {kind.name}",
            f"{kind.count} x {kind.gib:g} GiB x {prices.VOLUME.dollars}",
            kind.count * kind.gib * prices.VOLUME.dollars,
        )
    if count := footprint.load_balancers:
        balancer, unit = prices.LOAD_BALANCER.dollars, prices.CAPACITY_UNIT.dollars
        yield Item(
            "load balancer",
            f"{count} x {HOURS} h x ({balancer} + 1 unit x {unit})",
            count * HOURS * (balancer + unit),
        )
    if keys := footprint.kms_keys:
        yield _kms(keys, sum(pods.count for pods in footprint.servers))
    yield from _snapshots(footprint, assumed)
    if footprint.audited:
        yield from _audit(assumed)


def _shares(pods: Pods) -> Item:
    """What runs short first decides."""
    node = prices.SHARED_NODE
    share = max(pods.cores / node.cores, pods.memory_gib / node.memory_gib)
    return Item(
        f"{pods.name}: share of {node.name} nodes",
        f"{pods.count} x max({pods.cores:g} of {node.cores:g} CPU, {pods.memory_gib:g} of "
        f"{node.memory_gib:g} GiB) = {share:.1%} x {HOURS} h x {node.hour.dollars}",
        pods.count * share * HOURS * node.hour.dollars,
    )


def _own_nodes(pods: Pods) -> Item:
    node = next((node for node in prices.OWN_NODES if _holds(node, pods)), None)
    if node is None:
        raise ValueError(
            f"{pods.name}: {pods.cores:g} CPU and {pods.memory_gib:g} GiB fit no node that is "
            "priced; add one to OWN_NODES in policies/cost/prices.py"
        )
    return Item(
        f"{pods.name}: own {node.name} nodes",
        f"{pods.count} x {HOURS} h x {node.hour.dollars}",
        pods.count * HOURS * node.hour.dollars,
    )


def _holds(node: prices.Node, pods: Pods) -> bool:
    room = node.memory_gib - _NODES_OWN_NEEDS_GIB
    return pods.memory_gib <= room and pods.cores < node.cores


def _kms(keys: int, servers: int) -> Item:
    requests = servers * _KMS_REQUESTS_PER_SERVER
    key, per_10_000 = prices.KMS_KEY.dollars, prices.KMS_REQUESTS.dollars
    return Item(
        "KMS key and requests",
        f"{keys} x {_VERSIONS_BILLED} x {key:g} + {requests} / 10000 x {per_10_000}",
        keys * _VERSIONS_BILLED * key + requests / 10_000 * per_10_000,
    )


def _snapshots(footprint: Footprint, assumed: Assumptions) -> Iterator[Item]:
    size, a_day = assumed.snapshot_gib, footprint.snapshots_per_day
    bucket, transfer = prices.BUCKET.dollars, prices.BETWEEN_REGIONS.dollars
    for copy, days in enumerate(footprint.kept_days):
        how = f"{days} days x {a_day:g} x {size:g} GiB x {bucket}"
        stored = days * a_day * size * bucket
        if not copy:
            yield Item("snapshots in S3", how, stored)
        else:
            yield Item(
                "snapshots in a second region",
                f"{how} + {DAYS:.1f} days x {a_day:g} x {size:g} GiB x {transfer}",
                stored + DAYS * a_day * size * transfer,
            )


def _audit(assumed: Assumptions) -> Iterator[Item]:
    rate, days = assumed.requests_per_second, assumed.audit_days
    month_gib = rate * HOURS * 3600 * AUDIT_BYTES_PER_REQUEST / 2**30
    yield Item(
        "audit log, shipped",
        f"{rate:g} a second x {HOURS} h x 3600 x {AUDIT_BYTES_PER_REQUEST} bytes = "
        f"{month_gib:.1f} GiB x {prices.LOG_INTAKE.dollars}",
        month_gib * prices.LOG_INTAKE.dollars,
    )
    yield Item(
        "audit log, kept",
        f"{month_gib:.1f} GiB a month x {days} days / {DAYS:.1f} x {prices.BUCKET.dollars}",
        month_gib * days / DAYS * prices.BUCKET.dollars,
    )
