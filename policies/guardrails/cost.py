"""What is declared costs no more in a month than its environment's budget.

A warning, for a budget is a plan and the prices are a table (`policies/cost`). What no resource
tells, such as how much is asked of Vault, is assumed, and a stack may say it better. Pods that come
and go (jobs) and those on every node (the CSI provider) are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pulumi_policy import Severity

from policies.cost import (
    AS_KNOWN,
    BUDGETS,
    REGION,
    Assumptions,
    Footprint,
    Nodes,
    Pods,
    Volumes,
    bill,
    cores,
    gib,
)
from policies.environments import Environment
from policies.guardrails.rule import (
    ADVISORY,
    ByEnvironment,
    Finding,
    Limit,
    Resource,
    Setting,
    StackRule,
    dig,
    items,
    of_types,
)
from policies.schedule import Cron

_STATEFUL_SET: Final = "kubernetes:apps/v1:StatefulSet"
_DEPLOYMENT: Final = "kubernetes:apps/v1:Deployment"
_CRON_JOB: Final = "kubernetes:batch/v1:CronJob"
_SNAPSHOTS: Final = "vault-snapshots"
"""The job that takes them, as it is called in the cluster."""
_DAY_SECONDS: Final = 86400
_AUDIT: Final = "vault:index/audit:Audit"
_LIFECYCLE: Final = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_BIGGEST: Final = 3
"""How many lines of the sum a warning names."""


def _number(name: str, description: str, default: ByEnvironment[Any]) -> Limit:
    return Limit(name, description, default, {"type": "number", "minimum": 0})


LIMITS: Final = (
    _number(
        "infrastructure",
        "US dollars a month for infrastructure.",
        ByEnvironment(*(BUDGETS[one].infrastructure for one in Environment)),
    ),
    Limit(
        "nodes",
        "Whether servers run on nodes that others use too, or each on a node of its own.",
        ByEnvironment.same(Nodes.SHARED.value),
        {"type": "string", "enum": [one.value for one in Nodes]},
    ),
    _number(
        "requestsPerSecond",
        "Requests a second that Vault answers, on average over the month.",
        ByEnvironment(0.1, 1, 10),
    ),
    _number(
        "auditDays",
        "Days for which the audit log is kept where it is shipped to.",
        ByEnvironment(30, 90, 365),
    ),
    _number("snapshotGib", "Size of a snapshot in GiB.", ByEnvironment.same(1)),
)


def footprint(resources: Sequence[Resource]) -> Footprint:
    """What costs money among what is declared. Raises `ValueError` where an amount is none."""
    stateful = [_pods(one) for one in of_types(resources, _STATEFUL_SET)]
    return Footprint(
        servers=tuple(stateful),
        others=tuple(_pods(one) for one in of_types(resources, _DEPLOYMENT)),
        volumes=tuple(_volumes(of_types(resources, _STATEFUL_SET))),
        load_balancers=sum(
            one.get("spec", "type") == "LoadBalancer"
            for one in of_types(resources, "kubernetes:core/v1:Service")
        ),
        kms_keys=len(list(of_types(resources, "aws:kms/key:Key"))),
        kept_days=tuple(_kept_days(one) for one in of_types(resources, _LIFECYCLE)),
        snapshots_per_day=_a_day(resources),
        audited=any(of_types(resources, _AUDIT)),
    )


def assumptions(setting: Setting) -> Assumptions:
    limits = setting.limits
    return Assumptions(
        nodes=Nodes(limits["nodes"]),
        requests_per_second=float(limits["requestsPerSecond"]),
        audit_days=int(limits["auditDays"]),
        snapshot_gib=float(limits["snapshotGib"]),
    )


def _pods(resource: Resource) -> Pods:
    """Kubernetes takes one replica where none is said, and the limit where no request is."""
    containers = items(resource.props, "spec", "template", "spec", "containers")
    replicas = resource.get("spec", "replicas")
    return Pods(
        resource.text("metadata", "name") or resource.name,
        1 if replicas is None else int(replicas),
        sum(cores(_asked(one, "cpu")) for one in containers),
        sum(gib(_asked(one, "memory")) for one in containers),
    )


def _asked(container: Any, what: str) -> str | float:
    for kind in ("requests", "limits"):
        found = dig(container, "resources", kind, what)
        if isinstance(found, str | int | float):
            return found
    return 0


def _volumes(resources: Iterable[Resource]) -> Iterator[Volumes]:
    for resource in resources:
        for claim in items(resource.props, "spec", "volumeClaimTemplates"):
            size = dig(claim, "spec", "resources", "requests", "storage")
            yield Volumes(str(dig(claim, "metadata", "name")), _pods(resource).count, gib(size))


def _a_day(resources: Iterable[Resource]) -> float:
    """As often as the job runs; once, where none says how often."""
    for job in of_types(resources, _CRON_JOB):
        if job.get("metadata", "name") == _SNAPSHOTS:
            return _DAY_SECONDS / Cron(job.text("spec", "schedule")).interval.seconds
    return 1


def _kept_days(lifecycle: Resource) -> int:
    """Until an object goes, and its version that is then no longer the current one after it."""
    return max(
        (
            int(dig(rule, "expiration", "days") or 0)
            + int(dig(rule, "noncurrentVersionExpiration", "noncurrentDays") or 0)
            for rule in items(lifecycle.props, "rules")
        ),
        default=0,
    )


def _budget(resources: Sequence[Resource], setting: Setting) -> Iterator[Finding]:
    month = bill(footprint(resources), assumptions(setting))
    allowed = setting.limits["infrastructure"]
    if month.dollars > allowed:
        biggest = sorted(month.items, key=lambda item: item.dollars, reverse=True)[:_BIGGEST]
        lines = "; ".join(f"{item.name} ${item.dollars:,.2f}" for item in biggest)
        yield Finding(
            f"a month of {setting.environment.value} comes to about ${month.dollars:,.2f}, above "
            f"the ${allowed:,.0f} for infrastructure. Most of it: {lines}. By the prices of "
            f"{AS_KNOWN} in {REGION}, which may have changed"
        )


BUDGET: Final = StackRule(
    name="within-budget",
    says="A month costs no more than the environment's budget.",
    meaning="A larger server, one more of them or a log kept for longer is decided in a line, and "
    "paid for every month.",
    repair="Make it smaller, or have a larger budget agreed and set as `infrastructure` in the "
    "pack's configuration; docs/cost.md has the sums",
    severity=Severity.LOW,
    levels=ADVISORY,
    limits=LIMITS,
    check=_budget,
)

RULES: Final = (BUDGET,)
