"""A job's file, read strictly: whatever is unknown, missing, of another type or out of range is an
error that names key, rule and fix. It holds no secret, and has no defaults. What the file says is
each kind of job's own (`configuration`, `snapshot_configuration`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from vaultstack_jobs.outcomes import ConfigurationError

MIN_INTERVAL_SECONDS: Final = 60
PATH: Final = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)*")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What files are made of."""


class VaultPart(Part, frozen=True):
    """Where Vault is, and how the job logs in. No `ca_file`: the system's authorities."""

    address: str
    ca_file: str | None
    role: str
    token_file: str


class LeasePart(Part, frozen=True):
    """The `coordination.k8s.io` Lease of this job; it must be there."""

    namespace: str
    name: str


Content = TypeVar("Content", bound=Part)
Kinds = Callable[[str], Sequence[str]]
"""A key -> the kinds that may stand there."""


def text_of(path: Path) -> str:
    """Raises `ConfigurationError`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path}: must be a readable UTF-8 file ({type(error).__name__}); fix: mount the "
            "job's ConfigMap there, or name the file that is"
        ) from error


def decode(
    text: str,
    source: str,
    kind: type[Content],
    kinds: Kinds,
    problems: Callable[[Content], Iterable[str]],
) -> Content:
    """Raises `ConfigurationError`, which lists every problem that can be seen at once; `source` is
    what errors call the text.
    """
    try:
        content = json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_constant)
        found = msgspec.convert(content, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{source}: {_told(str(error), kinds)}") from error
    except ValueError as error:
        raise ConfigurationError(
            f"{source}: must be one JSON object ({error}); fix: write it as the program does"
        ) from error
    if every := [f"{source}: {problem}" for problem in problems(found)]:
        raise ConfigurationError("\n".join(every))
    return found


def whereabouts(
    name: str, interval_seconds: int, vault: VaultPart, lease: LeasePart
) -> Iterator[str]:
    """What is wrong with what every job is told."""
    yield from named("name", name)
    yield from at_least("interval_seconds", interval_seconds, MIN_INTERVAL_SECONDS)
    address = urlsplit(vault.address)
    if address.scheme not in ("https", "http") or not address.hostname or address.path.strip("/"):
        yield (
            f"vault.address: must be a URL without a path, not {vault.address!r}; "
            "fix: write one such as https://vault.example.internal:8200"
        )
    yield from named("vault.role", vault.role)
    yield from absolute("vault.ca_file", vault.ca_file)
    yield from absolute("vault.token_file", vault.token_file)
    yield from named("lease.namespace", lease.namespace)
    yield from named("lease.name", lease.name)


def named(key: str, text: str) -> Iterator[str]:
    yield from matching(key, text, _NAME, "media-catalog")
    if len(text) > 253:
        yield f"{key}: must have at most 253 characters, not {len(text)}; fix: shorten it"


def matching(key: str, text: str, pattern: re.Pattern[str], example: str) -> Iterator[str]:
    if not pattern.fullmatch(text):
        yield f"{key}: must be written like {example!r}, not {text!r}; fix: correct it"


def at_least(key: str, number: int, least: int) -> Iterator[str]:
    if number < least:
        yield f"{key}: must be at least {least}, not {number}; fix: write {least} or more"


def absolute(key: str, path: str | None) -> Iterator[str]:
    if path is not None and not path.startswith("/"):
        yield f"{key}: must be an absolute path, not {path!r}; fix: start it with /"


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return content


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _told(message: str, kinds: Kinds) -> str:
    """msgspec's words, as key, rule and fix. It says `<what> - at `$.a.b``."""
    what, _, where = message.partition(" - at ")
    key = where.strip("`").removeprefix("$").removeprefix(".")
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        return f"{_below(key, found[1])}: is not known; fix: remove it, or correct its spelling"
    if found := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"{_below(key, found[1])}: must be there; fix: add it"
    if found := re.fullmatch(r"Invalid value '(.*)'", what):
        known = ", ".join(kinds(key))
        return f"{key}: {found[1]!r} is no such kind; fix: write one of {known}"
    rule = what[:1].lower() + what[1:]
    return f"{key or 'the file'}: {rule}; fix: write a value of that type"


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
