"""The arithmetic: each line from amounts that are known, and a sum that is the lines'."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.cost import (
    BUDGETS,
    Assumptions,
    Footprint,
    Item,
    Nodes,
    Pods,
    Volumes,
    bill,
)
from policies.cost.bill import AUDIT_BYTES_PER_REQUEST
from policies.environments import Environment

ASSUMED = Assumptions(
    nodes=Nodes.SHARED,
    requests_per_second=10,
    audit_days=365,
    snapshot_gib=2,
)
OWN = replace(ASSUMED, nodes=Nodes.OWN)
SERVERS = Pods("vault", 5, 1, 2)
ALL = Footprint(
    servers=(SERVERS,),
    others=(Pods("injector", 2, 0.05, 0.125),),
    volumes=(Volumes("data", 5, 20),),
    load_balancers=1,
    kms_keys=1,
    kept_days=(104, 30),
    snapshots_per_day=4,
    audited=True,
)


def line(footprint: Footprint, assumed: Assumptions = ASSUMED) -> Item:
    """The only one."""
    (found,) = bill(footprint, assumed).items
    return found


def test_nothing_costs_nothing() -> None:
    assert bill(Footprint(), ASSUMED).items == ()
    assert bill(Footprint(), ASSUMED).dollars == 0


@pytest.mark.parametrize(
    ("pods", "share"),
    [(SERVERS, 0.5), (replace(SERVERS, cores=0.1, memory_gib=6), 0.75)],
)
def test_a_share_is_of_what_runs_short_first(pods: Pods, share: float) -> None:
    found = line(Footprint(servers=(pods,)))
    assert found.dollars == pytest.approx(5 * share * 730 * 0.107)
    assert f"= {share:.1%} x 730 h x 0.107" in found.sum


@pytest.mark.parametrize(
    ("cores", "memory_gib", "node", "hour"),
    [
        (0.5, 1, "t3.small", 0.0228),
        (0.5, 2, "t3.medium", 0.0456),  # the node needs something itself
        (2, 2, "m6i.xlarge", 0.214),
        (1, 30, "m6i.2xlarge", 0.428),
    ],
)
def test_a_node_of_its_own_is_the_cheapest_that_holds_a_server(
    cores: float, memory_gib: float, node: str, hour: float
) -> None:
    found = line(Footprint(servers=(Pods("vault", 3, cores, memory_gib),)), OWN)
    assert found.name == f"vault: own {node} nodes"
    assert found.dollars == pytest.approx(3 * 730 * hour)


def test_a_server_that_no_priced_node_holds_is_said() -> None:
    with pytest.raises(ValueError, match=r"vault: 1 CPU and 64 GiB fit no node that is priced"):
        bill(Footprint(servers=(Pods("vault", 1, 1, 64),)), OWN)


def test_others_share_nodes_whatever_the_servers_do() -> None:
    pods = Footprint(others=(Pods("injector", 2, 0.05, 0.125),))
    assert line(pods, OWN) == line(pods)


def test_volumes() -> None:
    found = line(Footprint(volumes=(Volumes("data", 5, 20),)))
    assert found.dollars == pytest.approx(5 * 20 * 0.088)


def test_load_balancers() -> None:
    assert line(Footprint(load_balancers=2)).dollars == pytest.approx(2 * 730 * 0.0312)


def test_a_key_with_what_its_rotations_leave_and_what_servers_ask_of_it() -> None:
    found = bill(Footprint(servers=(SERVERS,), kms_keys=1), ASSUMED).items[1]
    assert found.dollars == pytest.approx(3 + 5 * 730 * 12 / 10_000 * 0.03)


def test_snapshots_and_their_copies_elsewhere() -> None:
    first, second = bill(Footprint(kept_days=(104, 30), snapshots_per_day=4), ASSUMED).items
    assert first.dollars == pytest.approx(104 * 4 * 2 * 0.023)
    assert second.name == "snapshots in a second region"
    assert second.dollars == pytest.approx(30 * 4 * 2 * 0.023 + 730 / 24 * 4 * 2 * 0.02)


def test_the_audit_log_is_paid_for_when_it_comes_and_while_it_is_kept() -> None:
    shipped, kept = bill(Footprint(audited=True), ASSUMED).items
    month = 10 * 730 * 3600 * AUDIT_BYTES_PER_REQUEST / 2**30
    assert shipped.dollars == pytest.approx(month * 0.57)
    assert kept.dollars == pytest.approx(month * 12 * 0.023)


@pytest.mark.parametrize("assumed", [ASSUMED, OWN])
def test_the_sum_is_the_lines(assumed: Assumptions) -> None:
    found = bill(ALL, assumed)
    assert len(found.items) == 9
    assert found.dollars == pytest.approx(sum(item.dollars for item in found.items))
    assert all(item.dollars > 0 for item in found.items)


def test_each_line_shows_how_it_comes_about() -> None:
    shown = [(item.name, item.sum) for item in bill(ALL, ASSUMED).items]
    assert shown == [
        (
            "vault: share of m6i.large nodes",
            "5 x max(1 of 2 CPU, 2 of 8 GiB) = 50.0% x 730 h x 0.107",
        ),
        (
            "injector: share of m6i.large nodes",
            "2 x max(0.05 of 2 CPU, 0.125 of 8 GiB) = 2.5% x 730 h x 0.107",
        ),
        ("volumes: data", "5 x 20 GiB x 0.088"),
        ("load balancer", "1 x 730 h x (0.0252 + 1 unit x 0.006)"),
        ("KMS key and requests", "1 x 3 x 1 + 43800 / 10000 x 0.03"),
        ("snapshots in S3", "104 days x 4 x 2 GiB x 0.023"),
        (
            "snapshots in a second region",
            "30 days x 4 x 2 GiB x 0.023 + 30.4 days x 4 x 2 GiB x 0.02",
        ),
        (
            "audit log, shipped",
            "10 a second x 730 h x 3600 x 3250 bytes = 79.5 GiB x 0.57",
        ),
        ("audit log, kept", "79.5 GiB a month x 365 days / 30.4 x 0.023"),
    ]
    own = bill(ALL, OWN).items[0]
    assert (own.name, own.sum) == ("vault: own t3.medium nodes", "5 x 730 h x 0.0456")


def test_the_budgets_are_the_decision_records() -> None:
    assert [(one.infrastructure, one.total) for one in map(BUDGETS.__getitem__, Environment)] == [
        (50, 70),
        (150, 200),
        (500, 700),
    ]
