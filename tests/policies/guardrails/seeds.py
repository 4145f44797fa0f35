"""Violations that are put into the real program, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.environments import Environment
from tests.policies.guardrails.looking import BY_NAME, Declared, violations


@dataclass(frozen=True, slots=True)
class Seed:
    """In one resource of prod, `path` becomes `value` (None: goes), and `rule` says `message`."""

    rule: str
    resource: str
    path: str
    value: Any
    message: str

    def __str__(self) -> str:
        return f"{self.rule}-{self.resource}-{self.path}"


@dataclass(frozen=True, slots=True)
class Added:
    """A resource that the program does not have, of which `rule` says `message`."""

    rule: str
    declared: Declared
    message: str

    def __str__(self) -> str:
        return f"{self.rule}-{self.declared.name}"


def check(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    """The rule is silent about the program, and says of the violation what it should."""
    if isinstance(seed, Seed):
        before = prod[seed.resource]
        assert said(seed.rule, before) == []
        seeded = before.changed(seed.path, seed.value)
    else:
        seeded = seed.declared
    found = said(seed.rule, seeded)
    assert [one for one in found if one.startswith(f"{seeded.name}: {seed.message}")], found
    assert all(one.endswith(BY_NAME[seed.rule].repair) for one in found)


def said(
    rule: str,
    *declared: Declared,
    environment: Environment = Environment.PROD,
    config: Mapping[str, Any] | None = None,
) -> list[str]:
    found = violations(declared, environment, [BY_NAME[rule]], config)
    return [one.message for one in found]


def names(seeds: Iterable[Seed | Added]) -> set[str]:
    return {seed.rule for seed in seeds}
