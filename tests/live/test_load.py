"""A short load on real clusters: everything succeeds, and the audit has all of it."""

from __future__ import annotations

import sys

import pytest

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import SERVERS, Tool
from rehearsal.load.bench import MANY, Schedule, bench
from rehearsal.load.results import DEFAULTS, DEPLOYED, NO_AUDIT, NO_TLS, Results
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def results(said: list[str]) -> Results:
    tools = binaries.ensure(
        (*SERVERS, Tool.FORTIO), progress=lambda line: print(line, file=sys.stderr)
    )
    schedule = Schedule(seconds=2, per_second=100, rounds=1)
    with Supervisor() as supervisor:
        return bench(supervisor, tools, Environment.STAGING, schedule, said.append)


def test_every_request_succeeds(results: Results) -> None:
    assert results.failed == 0
    assert [series.name for series in results.constant] == [DEPLOYED, NO_AUDIT, DEFAULTS, NO_TLS]
    assert [connections for connections, _ in results.maxima] == list(MANY)
    assert len(results.operations) == 8
    assert all(one.run.requests > 0 for one in results.all)


def test_the_audit_has_every_request_twice(results: Results) -> None:
    for measured in results.all:
        if measured.entries is not None:
            assert measured.entries.requests == measured.run.sent
            assert measured.entries.responses == measured.run.sent
    assert results.series(NO_AUDIT).rounds[0].entries is None
    assert results.unrecorded == 0


def test_no_secret_is_said(results: Results, said: list[str]) -> None:
    assert results.environment == "staging"
    assert not any("hvs." in line for line in said)
