"""`policies.plan`: plain, frozen values, so that a preview knows them all."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import AclPolicy, PkiRole, Plan, TokenSettings
from policies.postgresql import Statements


@pytest.mark.parametrize("environment", Environment)
def test_a_plan_is_plain_values_and_nothing_else(environment: Environment) -> None:
    compiled = compile_plan(MATRIX, environment)
    assert json.dumps(dataclasses.asdict(compiled))
    assert hash(compiled) == hash(compile_plan(MATRIX, environment))


def test_nothing_in_a_plan_can_be_changed() -> None:
    compiled = compile_plan(MATRIX, Environment.DEV)
    parts = list(parts_of(compiled))
    assert {Plan, AclPolicy, TokenSettings, Statements, PkiRole} <= {type(part) for part in parts}
    for part in parts:
        for field in dataclasses.fields(part):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(part, field.name, None)


def parts_of(thing: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(thing):
        yield thing
        for field in dataclasses.fields(thing):
            yield from parts_of(getattr(thing, field.name))
    elif isinstance(thing, tuple):
        for part in thing:
            yield from parts_of(part)
