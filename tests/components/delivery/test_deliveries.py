"""The table of deliveries: everything in it is granted wherever it says it is."""

from __future__ import annotations

import dataclasses

import pytest

from components.delivery import deliveries
from components.delivery.deliveries import DELIVERIES, deliveries_in, in_double_quotes
from components.delivery.files import DatabaseCredentials, Via
from components.delivery.reading import readings
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX


@pytest.mark.parametrize("environment", list(Environment))
def test_all_of_it_is_granted(environment: Environment) -> None:
    plan = compile_plan(MATRIX, environment)
    found = [delivery for via in Via for delivery in deliveries_in(plan, via)]
    assert {one.workload for one in found} == {one.workload for one in DELIVERIES}
    for delivery in found:
        assert len(readings(plan, delivery)) == len(delivery.files)


def test_each_way_is_taken_and_a_database_is_among_what_is_delivered() -> None:
    assert {delivery.via for delivery in DELIVERIES} == set(Via)
    assert {delivery.stays for delivery in DELIVERIES} == {True, False}
    sources = [file.source for delivery in DELIVERIES for file in delivery.files]
    assert any(isinstance(source, DatabaseCredentials) for source in sources)


def test_a_delivery_of_another_environment_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = compile_plan(MATRIX, Environment.PROD)
    in_dev = [
        dataclasses.replace(one, environments=frozenset({Environment.DEV})) for one in DELIVERIES
    ]
    monkeypatch.setattr(deliveries, "DELIVERIES", in_dev)
    assert [deliveries_in(plan, via) for via in Via] == [(), ()]
    assert in_double_quotes(plan) == frozenset()


def test_what_a_shell_reads_between_double_quotes_is_known_by_entry_and_key() -> None:
    """Of the entries alone: what Vault issues holds nothing that a shell obeys."""
    keys = ("redis_password", "kafka_password", "model_api_key")
    for environment in Environment:
        found = in_double_quotes(compile_plan(MATRIX, environment))
        assert found == {("kubesentiment/config", key) for key in keys}
