"""`make cost`: what the servers of each environment cost in a month on AWS, item by item, beside
what the decision record allows.

List prices on demand in eu-west-1, in US dollars, without taxes; whoever has others changes them
here. The Kubernetes cluster itself is the platform's, and is not counted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from components.settings import Bytes, Cpu, Exposure, Seal
from components.settings.loading_deployment import default_size
from policies.environments import Environment
from policies.lifetime import Duration
from rehearsal import program
from rehearsal.errors import RehearsalError

PAGE = program.ROOT / "docs" / "cost.md"
HOURS = 730
# Of the decision record: infrastructure, and all.
BUDGETS = {
    Environment.DEV: (50, 70),
    Environment.STAGING: (150, 200),
    Environment.PROD: (500, 700),
}

_VOLUME_GIB = 0.088
_LOAD_BALANCER_HOUR, _CAPACITY_UNIT_HOUR = 0.0252, 0.006
_KMS_KEY, _KMS_REQUESTS_10_000 = 1.0, 0.03
_BUCKET_GIB = 0.023
# A health check encrypts and decrypts every ten minutes, on each server.
_KMS_REQUESTS_PER_SERVER = HOURS * 6 * 2
_SNAPSHOT_GIB, _SNAPSHOTS_A_DAY = 1.0, 1


@dataclass(frozen=True, slots=True)
class Node:
    """A kind of machine, as the cluster's nodes may be."""

    name: str
    cpu: Cpu
    memory: Bytes
    hour: float


SHARED = Node("m6i.large", Cpu.parse("2"), Bytes.parse("8Gi"), 0.107)
# A node of its own for each server: the smallest that holds one beside the node's own needs.
OWN = (
    Node("t3.small", Cpu.parse("2"), Bytes.parse("2Gi"), 0.0228),
    Node("t3.medium", Cpu.parse("2"), Bytes.parse("4Gi"), 0.0456),
    Node("m6i.large", Cpu.parse("2"), Bytes.parse("8Gi"), 0.107),
)
_NODES_OWN_NEEDS = Bytes.parse("1Gi")


@dataclass(frozen=True, slots=True)
class Item:
    """One line: how it comes about, and US dollars a month."""

    name: str
    sum: str
    dollars: float


def items(environment: Environment, stack: Mapping[str, Any], *, own_nodes: bool) -> list[Item]:
    """What a stack (keys without their namespace) costs. `own_nodes`: whether each server has a
    node to itself, or its share of one.
    """
    return list(_items(environment, stack, own_nodes=own_nodes))


def _items(
    environment: Environment, stack: Mapping[str, Any], *, own_nodes: bool
) -> Iterator[Item]:
    servers = int(stack["servers"])
    cpu, memory, data, audit = default_size(environment)
    cpu = Cpu.parse(stack["serverCpu"]) if stack["serverCpu"] else cpu
    memory = Bytes.parse(stack["serverMemory"]) if stack["serverMemory"] else memory
    data = Bytes.parse(stack["dataSize"]) if stack["dataSize"] else data
    audit = Bytes.parse(stack["auditSize"]) if stack["auditSize"] else audit
    yield _own_nodes(servers, memory) if own_nodes else _shares(servers, cpu, memory)
    gib = data.gib + audit.gib
    yield Item(
        "volumes (gp3)",
        f"{servers} x ({data} + {audit}) x {_VOLUME_GIB}",
        servers * gib * _VOLUME_GIB,
    )
    if stack["exposure"] == Exposure.LOAD_BALANCER:
        yield Item(
            "internal load balancer",
            f"{HOURS} h x ({_LOAD_BALANCER_HOUR} + 1 unit x {_CAPACITY_UNIT_HOUR})",
            HOURS * (_LOAD_BALANCER_HOUR + _CAPACITY_UNIT_HOUR),
        )
    if stack["seal"] == Seal.AWSKMS:
        requests = servers * _KMS_REQUESTS_PER_SERVER
        yield Item(
            "KMS key and requests",
            f"{_KMS_KEY:.0f} + {requests} / 10000 x {_KMS_REQUESTS_10_000}",
            _KMS_KEY + requests / 10_000 * _KMS_REQUESTS_10_000,
        )
        days = Duration.parse(stack["snapshotRetention"]).seconds // 86400
        kept = days * _SNAPSHOTS_A_DAY * _SNAPSHOT_GIB
        yield Item(
            "snapshots in S3",
            f"{days} days x {_SNAPSHOT_GIB:.0f} GiB x {_BUCKET_GIB}",
            kept * _BUCKET_GIB,
        )


def _shares(servers: int, cpu: Cpu, memory: Bytes) -> Item:
    share = max(cpu.millicores / SHARED.cpu.millicores, memory.count / SHARED.memory.count)
    return Item(
        f"share of {SHARED.name} nodes",
        f"{servers} x max({cpu} of {SHARED.cpu}, {memory} of {SHARED.memory}) = {share:.0%} "
        f"x {HOURS} h x {SHARED.hour}",
        servers * share * HOURS * SHARED.hour,
    )


def _own_nodes(servers: int, memory: Bytes) -> Item:
    needed = memory.count + _NODES_OWN_NEEDS.count
    node = next((node for node in OWN if node.memory.count >= needed), None)
    if node is None:
        raise RehearsalError(
            f"vaultstack:serverMemory: {memory} fits no node that is priced here; add one to "
            "rehearsal/cost.py"
        )
    return Item(
        f"own {node.name} nodes",
        f"{servers} x {HOURS} h x {node.hour}",
        servers * HOURS * node.hour,
    )


@dataclass(frozen=True, slots=True)
class Bill:
    """A month of one environment."""

    environment: Environment
    own_nodes: bool
    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        where = "each server on a node of its own" if self.own_nodes else "on shared nodes"
        return f"{self.environment.value}, {where}"

    @property
    def dollars(self) -> float:
        return sum(item.dollars for item in self.items)

    @property
    def fits(self) -> bool:
        return self.dollars <= BUDGETS[self.environment][0]

    @property
    def verdict(self) -> str:
        infrastructure, total = BUDGETS[self.environment]
        fits = "within" if self.fits else "above"
        return f"{fits} {infrastructure} for infrastructure; {total} with operation"


def bills() -> list[Bill]:
    """Of every stack as its file says."""
    return [
        Bill(environment, own_nodes, tuple(items(environment, stack, own_nodes=own_nodes)))
        for environment in Environment
        for stack in [program.stack_keys(environment.value, {})]
        for own_nodes in (False, True)
    ]


def markdown(of: list[Bill]) -> str:
    """The page `docs/cost.md`."""
    lines = [
        "# What a month costs",
        "",
        "Made by `make cost`. US dollars, AWS list prices on demand in eu-west-1 as they stand in",
        "`rehearsal/cost.py`, without taxes; the Kubernetes cluster itself is the platform's. `t3`",
        "nodes are burstable: fine for staging, choose others where the load is constant.",
    ]
    for bill in of:
        lines += ["", f"## {bill.title}", "", "| item | how | $ |", "|---|---|---:|"]
        lines += [f"| {item.name} | {item.sum} | {item.dollars:.2f} |" for item in bill.items]
        lines.append(f"| **together** | {bill.verdict} | **{bill.dollars:.2f}** |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Prints the bills and writes docs/cost.md. Exit status 1 where one is above its budget."""
    console, found = Console(), bills()
    for bill in found:
        console.print(_table(bill))
    PAGE.write_text(markdown(found))
    console.print(f"written to docs/{PAGE.name}")
    return int(not all(bill.fits for bill in found))


def _table(bill: Bill) -> Table:
    table = Table(title=f"{bill.title}, US dollars a month", title_justify="left")
    table.add_column("item")
    table.add_column("how")
    table.add_column("$", justify="right")
    for item in bill.items:
        table.add_row(item.name, item.sum, f"{item.dollars:.2f}")
    table.add_section()
    table.add_row("together", bill.verdict, f"{bill.dollars:.2f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
