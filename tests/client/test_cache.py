"""What is kept, for how long, and what goes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from vaultstack_client import Secret, Timing
from vaultstack_client.cache import Cache, Entry, entry_of, margin
from vaultstack_client.clock import Instant
from vaultstack_client.credentials import CertificateFor, DatabaseUser
from vaultstack_client.kv import SecretAt
from vaultstack_client.login import Auth
from vaultstack_client.questions import Found, Lease, Question
from vaultstack_client.session import Token

TIMING = Timing()
START = Instant(1000, 1_000_000)
SECRET = Secret("a", 1, datetime(2026, 11, 22, tzinfo=UTC), {"key": "hidden"})
USER = DatabaseUser("role")


def at(seconds: float, wall: float | None = None) -> Instant:
    return Instant(1000 + seconds, 1_000_000 + (seconds if wall is None else wall))


def token(ttl: float = 3600) -> Token:
    return Token(Auth("hidden", ttl, renewable=True, ours=True), START)


def secret(lives: float | None = None) -> Entry[Any]:
    return entry_of(SecretAt("a"), Found(SECRET, lives), token(), START, TIMING)


def user(lives: float = 3600, held: Token | None = None) -> Entry[Any]:
    found: Found[Any] = Found("credentials", lives, Lease("id", renewable=True))
    return entry_of(USER, found, held or token(), START, TIMING)


def test_a_secret_is_fresh_then_usable_then_nothing() -> None:
    entry = secret()
    assert entry.is_fresh(at(59))
    assert not entry.is_fresh(at(60))
    assert entry.is_usable(at(3599))
    assert not entry.is_usable(at(3600))


def test_a_secret_in_use_is_looked_after_before_it_is_no_longer_fresh() -> None:
    moments = {secret().refresh_at - 1000 for _ in range(200)}
    assert 43 <= min(moments) < 45
    assert 46 < max(moments) <= 48
    assert len(moments) > 100, "clients that started together do not come back together"


def test_a_jump_of_the_wall_clock_does_not_age_a_secret() -> None:
    assert secret().is_fresh(at(1, wall=1e6))
    assert secret().is_fresh(at(1, wall=-1e6))


@pytest.mark.parametrize(("lives", "fresh"), [(30, 30), (90, 60), (7200, 60)])
def test_a_version_that_deletes_itself(lives: float, fresh: float) -> None:
    entry = secret(lives)
    assert entry.is_fresh(at(fresh - 1))
    assert not entry.is_fresh(at(fresh + 1))
    end = min(lives, 3600)
    assert entry.is_usable(at(end - 1))
    assert not entry.is_usable(at(end + 1))


@pytest.mark.parametrize(("lifetime", "expected"), [(3600, 600), (900, 300), (60, 20), (1800, 600)])
def test_with_how_much_left_credentials_are_replaced(lifetime: float, expected: float) -> None:
    assert margin(lifetime, TIMING) == expected


def test_credentials_are_good_until_their_end_on_either_clock() -> None:
    entry = user(held=token(86400))
    assert entry.is_fresh(at(3599))
    assert not entry.is_usable(at(3600))
    assert not entry.is_usable(at(1, wall=3600))
    assert entry.is_fresh(at(1, wall=-1e6))
    assert not entry.is_due(at(2900))
    assert entry.is_due(at(3000.1))


def test_credentials_end_with_their_token() -> None:
    held = token(1800)
    entry = user(held=held)
    assert entry.is_fresh(at(1799))
    assert not entry.is_usable(at(1801))
    held.extend(3600, at(1700))
    assert entry.is_usable(at(3500))
    held.dead = True
    assert not entry.is_usable(at(1))


def test_credentials_of_a_retired_token_are_due_though_good() -> None:
    held = token()
    entry = user(held=held)
    assert not entry.is_due(at(1))
    held.retired = True
    assert entry.is_due(at(1))
    assert entry.is_fresh(at(1))


def test_a_certificate_outlives_its_token() -> None:
    held = token()
    held.dead = True
    question = CertificateFor("role", "name")
    entry = entry_of(question, Found("certificate", 3600.0), held, START, TIMING)
    assert entry.is_fresh(at(3500))
    assert not entry.is_usable(at(3601))


def test_the_one_asked_for_longest_ago_goes_first() -> None:
    cache = Cache(2)
    first, second, third = SecretAt("first"), SecretAt("second"), SecretAt("third")
    cache.put(first, secret())
    cache.put(second, secret())
    assert cache.get(first)
    cache.peek(second)
    cache.put(third, secret())
    assert [question for question, _ in cache.items()] == [first, third]
    assert len(cache) == 2


def test_what_is_watched_stays() -> None:
    cache = Cache(2)
    watched: Question[Any] = SecretAt("watched")
    cache.pinned.add(watched)
    cache.put(watched, secret())
    for number in range(4):
        cache.put(SecretAt(f"s{number}"), secret())
    assert cache.peek(watched)
    assert len(cache) == 2


def test_only_asking_counts_as_use() -> None:
    cache = Cache(2)
    question = SecretAt("a")
    cache.put(question, secret())
    entry = cache.peek(question)
    assert entry is not None
    assert not entry.used
    cache.get(question)
    assert entry.used


def test_values_past_their_end_are_forgotten() -> None:
    cache = Cache(4)
    cache.put(SecretAt("a"), secret())
    cache.put(USER, user())
    cache.forget_ended(at(3599))
    assert len(cache) == 2
    cache.forget_ended(at(4000))
    assert [question for question, _ in cache.items()] == [USER]
    cache.drop(USER)
    cache.drop(USER)
    assert len(cache) == 0


def test_nothing_is_shown() -> None:
    assert "hidden" not in repr(secret())
    assert "credentials" not in repr(replace(user()))
