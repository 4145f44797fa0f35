"""A real Vault shows that the difference of two policy sets is what their holders gain and lose."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import count, islice
from random import Random
from typing import Any, Final

import pytest

from policies.acl import Pattern
from policies.acl.regions import _State
from policies.review import difference
from rehearsal.binaries import Binary, Tool
from rehearsal.fuzz import differences, vault
from rehearsal.fuzz.results import Kind
from rehearsal.fuzz.run import kind_of
from rehearsal.fuzz.vault import Oracle
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live

SECONDS: Final = 10
SEED: Final = 1_000
"""Of the broken ones, so that they are always found; the true one has another every time."""
NOBODY: Any = None


@pytest.fixture(scope="module")
def oracle(tools: Mapping[Tool, Binary]) -> Iterator[Oracle]:
    with Supervisor() as supervisor, vault.started(supervisor, tools[Tool.VAULT].path) as oracle:
        yield oracle


def seeds(start: int) -> Iterator[int]:
    """Those that make `python -m rehearsal.fuzz --rounds 1 --seed N` compare differences, too."""
    return (seed for seed in count(start) if kind_of(seed) is Kind.DIFFERENCES)


def test_nothing_changes_that_is_not_said_and_all_that_is_said_changes(oracle: Oracle) -> None:
    counted, ends = Counter[str](), time.monotonic() + SECONDS
    for seed in seeds(time.time_ns() // 10**6):
        found = differences.compare(oracle, NOBODY, Random(seed))
        again = f"python -m rehearsal.fuzz --rounds 1 --seed {seed}"
        assert not found.differences, f"{again}: {found.differences[0]}"
        counted.update(found.counted)
        if time.monotonic() > ends:
            break
    print(dict(counted))
    assert counted["random paths"] > 2_000
    assert counted["witnesses confirmed"]


def _depth_does_not_count(state: _State) -> tuple[object, ...]:
    return state.alive, state.ended, state.passed


def _all_of_the_first(first: Pattern, *_: Pattern) -> str:
    return first.text


def _nobody_asks_less(*_: Any) -> None:
    return None


BROKEN: Final[list[tuple[Any, str, Callable[..., Any]]]] = [
    (_State, "key", _depth_does_not_count),
    (difference, "meeting", _all_of_the_first),
    (difference, "loosened", _nobody_asks_less),
]


@pytest.mark.parametrize(("owner", "name", "broken"), BROKEN, ids=[one[1] for one in BROKEN])
def test_what_is_broken_here_is_found(
    oracle: Oracle,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    broken: Callable[..., Any],
) -> None:
    assert hasattr(owner, name)
    monkeypatch.setattr(owner, name, broken)
    assert any(
        differences.compare(oracle, NOBODY, Random(seed)).differences
        for seed in islice(seeds(SEED), 100)
    )
