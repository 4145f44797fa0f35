"""A short load on real clusters: everything succeeds, and the audit has all of it."""

from __future__ import annotations

import json
import sys

import pytest

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import SERVERS, Tool
from rehearsal.load import report
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
    for series in results.constant:
        for measured in series.rounds:
            assert (measured.entries is None) == (series.name == NO_AUDIT)
    recorded = [measured for measured in results.all if measured.entries is not None]
    assert len(recorded) == len(list(results.all)) - 1
    for measured in recorded:
        assert measured.entries is not None
        sent = measured.run.sent
        assert (measured.entries.requests, measured.entries.responses) == (sent, sent)
    assert results.unrecorded == 0


def test_no_secret_is_said_or_written(results: Results, said: list[str]) -> None:
    for name in (DEPLOYED, NO_AUDIT, DEFAULTS, NO_TLS):
        assert any(line.startswith(f"{name}: ") for line in said)
    written = json.dumps(report.as_json(results))
    assert results.environment in written
    for secret in ("hvs.", "hvb.", "eyJ", "PRIVATE KEY"):
        assert secret not in "".join([*said, written])
