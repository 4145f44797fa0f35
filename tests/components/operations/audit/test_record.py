"""What settings make of the audit log."""

from __future__ import annotations

import pulumi
import pytest

from components.operations.audit import record
from components.settings import load
from policies.matrix import MATRIX
from tests.components.settings.loader import deploying
from tests.recording import Recording, Runner


def made(run: Runner, **changed: object) -> Recording:
    def program() -> None:
        record("audit", load(MATRIX.spec), pulumi.ResourceOptions())

    return run(program, config=deploying("prod", **changed))


@pytest.mark.parametrize("collector", ["none", "vector"])
def test_vector_is_told_where_it_is_asked_for(run: Runner, collector: str) -> None:
    recording = made(run, auditCollector=collector)
    names = {resource.name for resource in recording.resources}
    assert {"audit", "audit-file", "audit-stdout"} <= names
    assert ("audit-vector-config" in names) == (collector == "vector")


def test_and_where_it_runs(run: Runner) -> None:
    recording = made(run, auditCollector="vector", auditCollectorNamespace="logging")
    (config,) = recording.of("kubernetes:core/v1:ConfigMap")
    assert config.values["metadata"]["namespace"] == "logging"
