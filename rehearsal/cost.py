"""`make cost`: what each environment's infrastructure costs in a month on AWS, line by line, beside
what the decision record allows: docs/cost.md.

The program is evaluated with each stack's settings, and what it declares is read and summed by the
guardrail `within-budget` (policies/guardrails/cost.py, policies/cost): a page that says one thing
and a warning that says another cannot be.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import mocks
from rich.console import Console
from rich.table import Table

from policies.cost import AS_KNOWN, BUDGETS, PRICES, REGION, Bill, Nodes, bill
from policies.environments import Environment
from policies.guardrails.cost import BUDGET, assumptions, footprint
from policies.guardrails.rule import Resource
from rehearsal import program
from rehearsal.monitor import unwrap
from rehearsal.resources import random

PAGE = program.ROOT / "docs" / "cost.md"
# dev's stack file uses a Vault that is there already; this is one that is deployed.
_DEPLOYED = {
    "target": "kubernetes",
    "kubernetesContext": "dev",
    "tlsIssuer": "ClusterIssuer/any",
    "kubernetesReviewer": "pod",
    "vaultAddress": "",
    "databaseHost": "",
}

_INTRODUCTION = f"""\
# What a month costs

Made by `make cost`, from what the program declares with each stack's settings. US dollars, AWS list
prices on demand in {REGION}, without taxes, **as they were known in {AS_KNOWN}: check them before
you use them.** The table at the end names each price's page; `policies/cost/prices.py` is where to
change it.

The guardrail `within-budget` warns where a stack comes to more than the budget for its
infrastructure. It sums in the same way. What is assumed of the use of Vault is its limits, which a
stack may set in the [pack's configuration](guardrails.md).

Not counted: the Kubernetes cluster itself, which is the platform's; the jobs' minutes and the CSI
provider on every node; traffic between zones and out of AWS; what stores the metrics; what is given
instead of made (`kmsKeyArn`, `snapshotBucket`). `t3` nodes are burstable: fine for staging, choose
others where the load is constant. dev is counted as if it were deployed (`target: kubernetes`): as
its stack file stands, it uses a Vault on a developer's machine and costs nothing."""


class _Recorder(mocks.Mocks):
    """Makes nothing but passwords, and remembers what was declared. Several threads tell it."""

    def __init__(self) -> None:
        self.resources: list[Resource] = []
        self._lock, self._random = threading.Lock(), random.makers()

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        declared = Resource(args.typ, args.name, props=unwrap(args.inputs))
        with self._lock:
            self.resources.append(declared)
        make = self._random.get(args.typ)
        made = make(declared.props).outputs if make else {}
        return f"{args.name}-id", {**args.inputs, **made}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)


@dataclass(frozen=True, slots=True)
class Month:
    """Of one environment."""

    environment: Environment
    nodes: Nodes
    bill: Bill

    @property
    def title(self) -> str:
        own = self.nodes is Nodes.OWN
        where = "each server on a node of its own" if own else "on shared nodes"
        return f"{self.environment.value}, {where}"

    @property
    def fits(self) -> bool:
        return self.bill.dollars <= BUDGETS[self.environment].infrastructure

    @property
    def verdict(self) -> str:
        budget = BUDGETS[self.environment]
        fits = "within" if self.fits else "above"
        return f"{fits} {budget.infrastructure} for infrastructure; {budget.total} with operation"


def declared(
    environment: Environment, changed: Mapping[str, Any] | None = None
) -> Sequence[Resource]:
    """All that the program declares with a stack's settings, of which some may be `changed` (keys
    without their namespace), in the order of names.
    """
    overlay = {**(_DEPLOYED if environment is Environment.DEV else {}), **(changed or {})}
    recorder = _Recorder()
    configuration = program.stack_configuration(environment.value, overlay)
    program.run(environment.value, configuration, frozenset(), recorder)
    return sorted(recorder.resources, key=lambda one: (one.type, one.name))


def months(environment: Environment, resources: Sequence[Resource]) -> list[Month]:
    """Both ways to place the servers, as the guardrail sums them by default."""
    taken = footprint(resources)
    return [
        Month(
            environment,
            nodes,
            bill(taken, assumptions(BUDGET.setting(environment, {"nodes": nodes.value}))),
        )
        for nodes in Nodes
    ]


def all_months() -> list[Month]:
    """Of every stack as its file says."""
    return [month for one in Environment for month in months(one, declared(one))]


def markdown(of: Sequence[Month]) -> str:
    """The page `docs/cost.md`."""
    return "\n".join(_lines(of)) + "\n"


def _lines(of: Sequence[Month]) -> Iterator[str]:
    yield _INTRODUCTION
    for month in of:
        yield from ("", f"## {month.title}", "", "| item | how | $ |", "|---|---|---:|")
        for item in month.bill.items:
            yield f"| {item.name} | {item.sum} | {item.dollars:.2f} |"
        yield f"| **together** | {month.verdict} | **{month.bill.dollars:.2f}** |"
    yield from ("", "## Assumed", "", "| | dev | staging | prod |", "|---|---:|---:|---:|")
    for limit in BUDGET.limits:
        values = " | ".join(f"{limit.default.of(one)}" for one in Environment)
        yield f"| `{limit.name}`: {limit.description} | {values} |"
    yield from ("", "## Prices", "", "| what | $ | per | page |", "|---|---:|---|---|")
    for price in PRICES:
        yield f"| {price.name} | {price.dollars} | {price.per} | <{price.source}> |"


def main() -> int:
    """Prints the bills and writes docs/cost.md. Exit status 1 where one is above its budget."""
    console, found = Console(), all_months()
    for month in found:
        console.print(_table(month))
    PAGE.write_text(markdown(found))
    console.print(f"written to docs/{PAGE.name}")
    return int(not all(month.fits for month in found))


def _table(month: Month) -> Table:
    table = Table(title=f"{month.title}, US dollars a month", title_justify="left")
    table.add_column("item")
    table.add_column("how")
    table.add_column("$", justify="right")
    for item in month.bill.items:
        table.add_row(item.name, item.sum, f"{item.dollars:.2f}")
    table.add_section()
    table.add_row("together", month.verdict, f"{month.bill.dollars:.2f}")
    return table


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # what a stack has not been given yet costs nothing
    sys.exit(main())
