"""Fakes for each test, with a Lease and a Deployment that is ready."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jobs.fakes import (
    DEPLOYMENT,
    LEASE,
    SECRET,
    FakeApi,
    FakeClock,
    Fakes,
    FakeVault,
    cluster_of,
    deployment_object,
    lease_object,
    serving,
)


@pytest.fixture
def fakes() -> Iterator[Fakes]:
    clock = FakeClock()
    api = FakeApi()
    api.put(LEASE, lease_object())
    api.put(DEPLOYMENT, deployment_object())
    api.put(SECRET, {"metadata": {"name": "app", "namespace": "app"}})
    with serving(api), cluster_of(api, clock) as cluster:
        yield Fakes(clock, FakeVault(clock), api, cluster)
