"""The real program of each environment, as the engine would hand it to the pack."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policies.environments import Environment
from tests.policies.guardrails.looking import Declared, all_of
from tests.recording import Runner, configuration
from tests.test_main import given, program


@pytest.fixture(scope="session")
def programs(run: Runner) -> Mapping[Environment, list[Declared]]:
    """Each stack with all its secrets given."""
    return {
        environment: all_of(
            run(program, config=configuration(environment), secrets=given(environment))
        )
        for environment in Environment
    }


@pytest.fixture(scope="session")
def prod(programs: Mapping[Environment, list[Declared]]) -> dict[str, Declared]:
    return {one.name: one for one in programs[Environment.PROD]}


@pytest.fixture(params=list(Environment))
def environment(request: pytest.FixtureRequest) -> Environment:
    return Environment(request.param)
