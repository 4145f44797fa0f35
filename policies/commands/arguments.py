"""Arguments that several commands share, read into types; to an unknown name the close ones."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from policies.acl.decision import Operation
from policies.commands.errors import CommandError, unknown
from policies.environments import Environment
from policies.hcl import Capability, nanoseconds

CAPABILITIES: Final = tuple(one for one in Capability if one.value in set(Operation))
"""Those that a request can be asked for; `deny` and `subscribe` are none."""
SUFFIXES: Final[Mapping[str, str]] = {
    ".md": "markdown",
    ".html": "html",
    ".json": "json",
    ".txt": "terminal",
}
"""Of a file that a report is written to -> the report's format."""


def environment(text: str) -> Environment:
    try:
        return Environment(text)
    except ValueError:
        raise ArgumentTypeError(unknown("environment", text, Environment)) from None


def capability(text: str) -> Capability:
    if text not in set(CAPABILITIES):
        raise ArgumentTypeError(unknown("capability", text, CAPABILITIES))
    return Capability(text)


def seconds(text: str) -> float:
    """A duration as Vault reads it: `300`, `5m`, `1h30m`."""
    try:
        length = nanoseconds(text) / 10**9
    except ValueError as error:
        raise ArgumentTypeError(f"{error}; write one such as 5m") from None
    if length < 0 or not text:
        raise ArgumentTypeError(f"{text!r} is no length of time; write one such as 5m")
    return length


def format_of(file: Path, given: str | None) -> str:
    """By its suffix, else as `given`. Raises `CommandError`."""
    if by_suffix := SUFFIXES.get(file.suffix):
        return by_suffix
    if given:
        return given
    raise CommandError(
        unknown("--output: suffix", file.suffix, SUFFIXES) + "; or say it with --format"
    )


def add_environment(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--env",
        type=environment,
        metavar="ENV",
        help=f"only this environment ({', '.join(Environment)}); by default all of them",
    )


def add_plan(parser: ArgumentParser, *, formats: Iterable[str] = ("text", "json")) -> None:
    """Which plan is asked, and how the answer is shown."""
    add_environment(parser)
    parser.add_argument(
        "--ref",
        metavar="REF",
        help="ask what this commit renders; by default the matrix of the working tree",
    )
    parser.add_argument(
        "--format", choices=tuple(formats), default="text", help="text by default; json for tools"
    )


def parameters(given: Iterable[str]) -> Mapping[str, Any]:
    """A request's fields, from `name=value` (a text, as `vault write` sends it) and from JSON
    objects.
    """
    found = dict[str, Any]()
    for text in given:
        for name, value in _fields(text).items():
            if name in found:
                raise CommandError(f"--data {name}: is given twice; give each field once")
            found[name] = value
    return found


def _fields(text: str) -> Mapping[str, Any]:
    if text.lstrip().startswith("{"):
        try:
            fields: Mapping[str, Any] = json.loads(text)
        except ValueError as error:
            raise CommandError(
                f"--data {text}: is no JSON object ({error}); write one such as "
                """'{"options": {"cas": 0}}'"""
            ) from None
        return fields
    name, separator, value = text.partition("=")
    if not (name and separator):
        raise CommandError(
            f"--data {text!r}: must be name=value, or a JSON object; write such as ttl=1h"
        )
    return {name: value}
