"""Entries of the KV engine, as Vault's answers have them."""

from __future__ import annotations

from typing import Any

import pytest

from vaultstack_client import ConfigurationError, NotFound, SecretDestroyed
from vaultstack_client.clock import Instant
from vaultstack_client.connections import Answer
from vaultstack_client.kv import SecretAt
from vaultstack_client.questions import understood

ASKED = Instant(5, 1_790_000_000)
METADATA = {"version": 3, "created_time": "2026-11-22T10:00:00.123456789Z", "deletion_time": ""}


def answer(status: int = 200, data: Any = None, **metadata: Any) -> Answer:
    body = {"data": {"data": data, "metadata": {**METADATA, **metadata}}}
    return Answer(status, body, ASKED, said_at=1_790_000_100.0)


def test_values_are_text() -> None:
    data = {"a": "text", "b": 5432, "c": True, "d": None, "e": {"x": [1, "y"]}, "f": "5"}
    found = SecretAt("x").read(answer(data=data))
    assert found.value.reveal() == {
        "a": "text",
        "b": "5432",
        "c": "true",
        "d": "null",
        "e": '{"x":[1,"y"]}',
        "f": "5",
    }
    assert found.value.version == 3
    assert found.lives is None
    assert found.lease is None


def test_an_entry_without_values() -> None:
    assert len(SecretAt("x").read(answer(data={})).value) == 0


def test_the_end_of_a_version_is_counted_by_vaults_clock() -> None:
    """2026-09-21T14:14:10Z is 1790000050: fifty seconds ago for Vault, though not for us."""
    found = SecretAt("x").read(answer(data={}, deletion_time="2026-09-21T14:16:40Z"))
    assert found.lives == pytest.approx(100)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (answer(404, destroyed=True), SecretDestroyed, r"'x', version 3: must not be destroyed"),
        (
            answer(404, deletion_time="2026-11-22T10:00:00Z"),
            NotFound,
            r"'x', version 3: must not be deleted, and it was at 2026-11-22T10:00:00Z.*undelete",
        ),
        (Answer(404, {"errors": []}, ASKED), NotFound, "secret 'x', version 3: must exist"),
    ],
)
def test_what_is_missing(given: Answer, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        understood(SecretAt("x", 3), given, "role 'app'")


@pytest.mark.parametrize("version", [0, -1])
def test_versions_count_from_one(version: int) -> None:
    with pytest.raises(ConfigurationError, match=r"versions must count from 1; leave it out"):
        SecretAt("x", version)


def test_equal_questions_have_one_answer() -> None:
    assert {SecretAt("x"), SecretAt("x")} == {SecretAt("x")}
    assert SecretAt("x") != SecretAt("x", 1)
    assert SecretAt("a/b").path == "secret/data/a/b"
    assert not SecretAt("x").perishable
