"""All guardrails together, on the real program of each environment."""

from __future__ import annotations

from collections.abc import Mapping

from policies.environments import Environment
from tests.policies.guardrails.looking import Declared, violations


def test_the_program_passes(
    programs: Mapping[Environment, list[Declared]], environment: Environment
) -> None:
    assert violations(programs[environment], environment) == []
