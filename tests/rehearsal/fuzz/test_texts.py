"""Damage, and which differences in words are none."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, cast

import pytest

from policies.hcl import HclError, parse
from rehearsal.fuzz import texts
from rehearsal.fuzz.connection import Reply
from rehearsal.fuzz.generator import Maker
from rehearsal.fuzz.people import People
from rehearsal.fuzz.results import Round

if TYPE_CHECKING:
    from rehearsal.fuzz.vault import Oracle


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
    ("errors", "reasons"),
    [
        ("failed to parse policy: At 1:1: illegal char", "illegal char"),
        ("failed to parse policy: At -: root.name: unknown type", "root.name: unknown type"),
        ("failed to parse policy: 1:2: illegal char: =", "illegal char: ="),
        (
            'failed to parse policy: path "a": At 2:17: unknown slice type',
            'path "a": unknown slice type',
        ),
        ("failed to parse policy: Unknown token: 1:8 IDENT x", "Unknown token: 1:8 IDENT x"),
        (
            "failed to parse policy: 2 errors occurred:\n\t* a on line 1\n\t* b on line 2\n\n",
            "a on line 1; b on line 2",
        ),
        ("", ""),
    ],
)
def test_of_what_vault_says_all_but_the_place_is_compared(errors: str, reasons: str) -> None:
    assert texts._reasons(errors) == reasons


class _Vault:
    """Answers to every policy with the same words."""

    def __init__(self, errors: str) -> None:
        self._reply = Reply(400, json.dumps({"errors": [errors]}).encode())

    def token(self, *_: object) -> str:
        return "token"

    def write_policy(self, *_: str) -> Reply:
        return self._reply


def compared(text: str, errors: str, monkeypatch: pytest.MonkeyPatch) -> Round:
    monkeypatch.setattr(texts, "damaged", lambda *_: text)
    vault = _Vault(f"failed to parse policy: {errors}")
    return texts.compare(cast("Oracle", vault), People((), ()), Random(1))


@pytest.mark.parametrize(
    ("errors", "differs"),
    [("At 1:5: illegal char", False), ("At 1:5: illegal char escape", True), ("char", True)],
)
def test_another_reason_is_a_difference(
    errors: str, differs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it help that ours is among Vault's words."""
    found = compared("x = ['a']", errors, monkeypatch)
    assert bool(found.differences) is differs
    assert not found.apart


@pytest.mark.parametrize(
    "text", ['path "a" { max_wrapping_ttl = "9999h1ns" }', "name = " + "[" * 101]
)
def test_documented_limits_are_set_apart(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(text, "x", monkeypatch)
    assert not found.compared
    assert not found.differences
    assert sum(found.apart.values()) == texts._TEXTS
