"""`policies.environments`: three environments, whose names can be put at the end of any other."""

from __future__ import annotations

import pytest

from policies.environments import EVERYWHERE, Environment
from policies.paths import check_name


def test_everywhere_is_every_environment() -> None:
    assert {environment.value for environment in EVERYWHERE} == {"dev", "staging", "prod"}


@pytest.mark.parametrize("environment", Environment)
def test_an_environment_is_a_name_that_vault_keeps(environment: Environment) -> None:
    check_name("environment", environment.value)


def test_no_environment_ends_as_another_does() -> None:
    """Else `x-<one>` and `x-y-<other>` could be the same namespace."""
    values = [environment.value for environment in Environment]
    for one in values:
        assert not [other for other in values if other != one and one.endswith(f"-{other}")]
