"""`policies.review.model` only holds; what it derives is tested here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policies.environments import Environment
from policies.hcl import Capability
from policies.review.difference import AccessChange, Direction
from policies.review.model import (
    EnvironmentReview,
    Finding,
    Review,
    Severity,
    Status,
    TermChange,
    Topic,
    Verdict,
    WorkloadReview,
)


def access(direction: Direction) -> AccessChange:
    return AccessChange(direction, (Capability.READ,), "a", (), "a", "a", ("",))


def term(direction: Direction) -> TermChange:
    return TermChange(direction, Topic.TOKEN, "auth/kubernetes/role/api", "TTL", "1h", "2h")


def workload(
    *changes: AccessChange | TermChange, findings: tuple[Finding, ...] = ()
) -> WorkloadReview:
    return WorkloadReview(
        "shop/api",
        "shop-team",
        Status.CHANGED,
        tuple(change for change in changes if isinstance(change, AccessChange)),
        tuple(change for change in changes if isinstance(change, TermChange)),
        (),
        findings,
    )


@pytest.mark.parametrize("make", [access, term])
def test_a_workload_gains_or_loses_by_any_of_its_changes(
    make: Callable[[Direction], AccessChange | TermChange],
) -> None:
    gaining, losing = workload(make(Direction.GAINED)), workload(make(Direction.LOST))
    assert (gaining.gains, gaining.loses) == (True, False)
    assert (losing.gains, losing.loses) == (False, True)


def test_the_gravest_finding_comes_first() -> None:
    grave = Finding(Severity.ESCALATION, "escalation", "writes ACL policies", ())
    slight = Finding(Severity.NOTE, "new-workload", "is new", ())
    review = Review(
        "main",
        "working tree",
        (
            EnvironmentReview(Environment.DEV, (), 3, (slight,)),
            EnvironmentReview(Environment.PROD, (workload(findings=(grave,)),), 2, ()),
        ),
        Verdict.NEEDS_APPROVAL,
        ("security",),
        (),
    )
    assert review.findings == (grave, slight)


def test_the_verdict_is_the_exit_status() -> None:
    assert [verdict.value for verdict in Verdict] == [0, 1, 2]
