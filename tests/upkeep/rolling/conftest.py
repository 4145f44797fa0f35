from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.fakes import FakeClock
from tests.upkeep.rolling.kube import Kube, deployed, serving
from tests.upkeep.rolling.vaults import Vaults, serving_vaults
from upkeep.rolling.cluster import Kubernetes


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def kube() -> Kube:
    return deployed()


@pytest.fixture
def cluster(kube: Kube, clock: FakeClock) -> Iterator[Kubernetes]:
    with serving(kube, clock) as found:
        yield found


@pytest.fixture
def vaults(tmp_path: Path) -> Iterator[Vaults]:
    with serving_vaults(tmp_path) as found:
        yield found
