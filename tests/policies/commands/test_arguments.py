"""Shared arguments, read into types."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from policies.commands import arguments
from policies.commands.errors import CommandError
from policies.environments import Environment
from policies.hcl import Capability


def test_names_into_types() -> None:
    assert arguments.environment("prod") is Environment.PROD
    assert arguments.capability("patch") is Capability.PATCH
    assert {"deny", "subscribe"}.isdisjoint(arguments.CAPABILITIES)


@pytest.mark.parametrize(
    ("text", "seconds"), [("300", 300), ("5m", 300), ("1h30m", 5400), ("0", 0), ("1d", 86400)]
)
def test_durations_as_vault_reads_them(text: str, seconds: float) -> None:
    assert arguments.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "-5m", "5 minutes", "x"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="write one such as 5m"):
        arguments.seconds(text)


def test_fields_of_a_request() -> None:
    given = ("ttl=1h", "filter=a=b", '{"options": {"cas": 0}, "list": [1]}', "empty=")
    assert arguments.parameters(given) == {
        "ttl": "1h",
        "filter": "a=b",
        "options": {"cas": 0},
        "list": [1],
        "empty": "",
    }
    assert arguments.parameters(()) == {}


@pytest.mark.parametrize("given", [("x",), ("=1",), ("{]",), ("a=1", '{"a": 2}')])
def test_what_is_no_field(given: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="--data"):
        arguments.parameters(given)
