"""Damage, and which differences in words are none."""

from __future__ import annotations

from random import Random

import pytest

from policies.hcl import HclError, parse
from rehearsal.fuzz import texts
from rehearsal.fuzz.generator import Maker


def made(seed: int) -> str:
    random = Random(seed)
    maker = Maker(random)
    return texts.damaged(random, texts.whole(maker, maker.labels(3)))


def refused(text: str) -> bool:
    try:
        parse(text)
    except HclError:
        return True
    return False


def test_the_same_numbers_do_the_same_damage() -> None:
    assert [made(seed) for seed in range(20)] == [made(seed) for seed in range(20)]


def test_some_are_taken_and_some_are_refused_and_none_is_empty() -> None:
    every = [made(seed) for seed in range(200)]
    assert all(every)
    assert 40 < sum(map(refused, every)) < 180


@pytest.mark.parametrize(
    ("ours", "vaults", "reason"),
    [
        ("error parsing x: not in whole seconds, which is not read here", "taken", "whole seconds"),
        ("nested deeper than 100 levels, which is not read here", "taken", "nested deeper"),
        ("literal not terminated", "illegal char", "another of several faults"),
        ("invalid key", "illegal char", "another of several faults"),
        ("illegal char", "invalid key", "another of several faults"),
        ("illegal char", "taken", None),
        ("invalid key", "taken", None),
        ("invalid key", "invalid capability", None),
        ("not in whole seconds", "invalid key", None),
    ],
)
def test_only_documented_limits_are_set_apart(ours: str, vaults: str, reason: str | None) -> None:
    found = texts._limit(ours, vaults)
    assert found == reason or (found and reason and reason in found)
