"""The budget: silent about the real programs, and a warning with the sum where one costs more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel

from policies.cost import Footprint, Pods, Volumes
from policies.environments import Environment
from policies.guardrails.cost import BUDGET, footprint
from policies.guardrails.rule import Resource
from tests.policies.guardrails.looking import UNKNOWN, Declared
from tests.policies.guardrails.seeds import said

SERVERS = "cluster-servers"
REQUESTS = "spec.template.spec.containers.0.resources.requests"
AUDIT = Declared("vault:index/audit:Audit", "audit-file", {"type": "file"})


def plain(prod: Mapping[str, Declared]) -> list[Resource]:
    return [Resource(one.type, one.name, props=one.inputs) for one in prod.values()]


def with_servers(prod: Mapping[str, Declared], path: str, value: Any) -> list[Declared]:
    return list({**prod, SERVERS: prod[SERVERS].changed(path, value)}.values())


def test_the_real_programs_are_within_their_budgets(
    programs: Mapping[Environment, list[Declared]], environment: Environment
) -> None:
    for nodes in ("shared", "own"):
        config = {"nodes": nodes}
        found = said(
            BUDGET.name, *programs[environment], AUDIT, environment=environment, config=config
        )
        assert found == []


def test_an_expensive_one_is_warned_of_with_the_sum(prod: Mapping[str, Declared]) -> None:
    (message,) = said(BUDGET.name, *with_servers(prod, f"{REQUESTS}.cpu", "8"))
    assert message.startswith("a month of prod comes to about $1,6")
    assert "above the $500 for infrastructure" in message
    assert "vault: share of m6i.large nodes $1,562.20" in message
    assert "prices of early 2025 in eu-west-1, which may have changed" in message
    assert message.endswith(BUDGET.repair)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.replicas", 15),
        (f"{REQUESTS}.memory", "64Gi"),
        ("spec.volumeClaimTemplates.0.spec.resources.requests.storage", "1Ti"),
    ],
)
def test_more_larger_and_larger_disks(
    prod: Mapping[str, Declared], path: str, value: object
) -> None:
    assert len(said(BUDGET.name, *with_servers(prod, path, value))) == 1


@pytest.mark.parametrize(
    ("config", "warned"),
    [
        ({"infrastructure": 100}, True),
        ({"infrastructure": 10_000, "requestsPerSecond": 1000}, False),
        ({"requestsPerSecond": 200}, True),
        ({"requestsPerSecond": 100, "auditDays": 3650}, True),
        ({"snapshotGib": 500}, True),
        ({"snapshotGib": 2}, False),
    ],
)
def test_the_limits_are_a_stacks_own(
    prod: Mapping[str, Declared], config: Mapping[str, object], warned: bool
) -> None:
    assert bool(said(BUDGET.name, *prod.values(), AUDIT, config=config)) is warned


def test_it_is_a_warning_everywhere() -> None:
    assert {BUDGET.levels.of(one) for one in Environment} == {EnforcementLevel.ADVISORY}


def test_a_server_that_fits_no_priced_node_is_said(prod: Mapping[str, Declared]) -> None:
    declared = with_servers(prod, f"{REQUESTS}.memory", "64Gi")
    (message,) = said(BUDGET.name, *declared, config={"nodes": "own"})
    assert message.startswith("cannot be read: vault: 1 CPU and 64 GiB fit no node")


def test_an_amount_that_is_none_is_said(prod: Mapping[str, Declared]) -> None:
    (message,) = said(BUDGET.name, *with_servers(prod, f"{REQUESTS}.memory", "lots"))
    assert message.startswith("cannot be read: amount 'lots'")


def test_what_it_does_not_read_may_be_unknown(prod: Mapping[str, Declared]) -> None:
    lifecycle = prod["cluster-aws-lifecycle"].changed("bucket", UNKNOWN)
    declared = {**prod, "cluster-aws-lifecycle": lifecycle}
    assert said(BUDGET.name, *declared.values()) == []


def test_the_footprint_is_what_is_declared(prod: Mapping[str, Declared]) -> None:
    found = footprint(plain(prod))
    assert found.servers == (Pods("vault", 5, 1, 2),)
    assert found.others == (Pods("vault-agent-injector", 2, 0.05, 0.125),)
    assert found.volumes == (Volumes("data", 5, 20), Volumes("audit", 5, 20))
    assert (found.load_balancers, found.kms_keys) == (1, 1)
    # As long as the stack says, and two weeks more as a version that was deleted.
    assert set(found.kept_days) == {90 + 14}


@pytest.mark.parametrize(
    ("schedule", "a_day"), [("20 2 * * *", 1), ("0 */6 * * *", 4), ("0 3 * * 1", 1 / 7)]
)
def test_snapshots_are_as_many_as_the_job_takes(
    prod: Mapping[str, Declared], schedule: str, a_day: float
) -> None:
    jobs = [one for one in prod.values() if one.type == "kubernetes:batch/v1:CronJob"]
    (job,) = (one for one in jobs if one.inputs["metadata"]["name"] == "vault-snapshots")
    changed = {**prod, job.name: job.changed("spec.schedule", schedule)}
    assert footprint(plain(changed)).snapshots_per_day == pytest.approx(a_day)
    assert footprint([]).snapshots_per_day == 1


def test_what_kubernetes_fills_in_is_counted() -> None:
    limited = {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
    spec = {"template": {"spec": {"containers": [limited, {}]}}}
    resources = [Resource("kubernetes:apps/v1:Deployment", "any", props={"spec": spec})]
    assert footprint(resources).others == (Pods("any", 1, 1, 1),)


def test_a_vault_that_is_there_already_is_somebody_elses_bill(
    programs: Mapping[Environment, list[Declared]],
) -> None:
    found = footprint(plain({one.name: one for one in programs[Environment.DEV]}))
    assert found == Footprint(audited=True)
