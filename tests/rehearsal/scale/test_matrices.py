"""Matrices of any size."""

from __future__ import annotations

import pytest

from policies.grants import Kv, KvAccess
from policies.matrix import MATRIX
from rehearsal.scale import matrices


@pytest.mark.parametrize("workloads", [1, 4, 10, 13])
def test_there_are_exactly_as_many_workloads(workloads: int) -> None:
    roles = [role for _, _, role in matrices.alone(workloads).subjects()]
    assert len(set(roles)) == len(roles) == workloads


@pytest.mark.parametrize("writing", [0, 1, 5, 10])
def test_exactly_as_many_may_write(writing: int) -> None:
    grants = [
        grant
        for application in matrices.alone(10, writing).applications
        for workload in application.workloads
        for grant in workload.grants
    ]
    of_secrets = [grant.access for grant in grants if isinstance(grant, Kv)]
    assert of_secrets.count(KvAccess.READ_WRITE) == writing
    assert len(of_secrets) == 10


def test_those_that_there_are_stay_where_others_are_added() -> None:
    before = {role for _, _, role in MATRIX.subjects()}
    after = {role for _, _, role in matrices.added(10).subjects()}
    assert before < after
    assert len(after - before) == 10
