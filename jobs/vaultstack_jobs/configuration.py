"""The file that says what to rotate, read strictly: whatever is unknown, missing, of another type
or out of range is an error that names key, rule and fix. It holds no secret, and has no defaults.

All durations are whole seconds, as their names say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import msgspec

from vaultstack_jobs.outcomes import ConfigurationError

_MIN_INTERVAL_SECONDS: Final = 60
_SHORTEST_VALUE: Final = 32
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_PATH: Final = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?(/[a-z0-9]([a-z0-9._-]*[a-z0-9])?)*")
_KEY: Final = re.compile(r"[A-Za-z0-9._-]+")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class VaultPart(_Part, frozen=True):
    """Where Vault is, and how the job logs in. No `ca_file`: the system's authorities."""

    address: str
    ca_file: str | None
    role: str
    token_file: str


class LeasePart(_Part, frozen=True):
    """The `coordination.k8s.io` Lease of this rotation; it must be there."""

    namespace: str
    name: str


class SecretPart(_Part, frozen=True):
    """One key of a Kubernetes Secret that is there."""

    namespace: str
    name: str
    key: str


class Restart(_Part, frozen=True, tag="restart"):
    """Restart a Deployment, and wait until it is ready."""

    namespace: str
    deployment: str
    ready_within_seconds: int


class ByAgent(_Part, frozen=True, tag="agent"):
    """Nothing to do: the agents beside the application render the new version."""


Tell = Restart | ByAgent


class KvKey(_Part, frozen=True, tag="kv-key"):
    """A new random value for one key of one KV entry. `overlap_seconds` 0: the old one ends at
    once.
    """

    path: str
    key: str
    length: int
    overlap_seconds: int
    tell: Tell | None

    @property
    def reads(self) -> bool:
        """Whether the old value is needed: to keep it valid, or to bring it back."""
        return self.overlap_seconds > 0 or isinstance(self.tell, Restart)


class DatabaseRoot(_Part, frozen=True, tag="database-root"):
    """A new password for the administrator of one database connection."""

    connection: str


class DatabaseStatic(_Part, frozen=True, tag="database-static"):
    """A new password for one static user, before Vault's own schedule."""

    role: str


class AwsRoot(_Part, frozen=True, tag="aws-root"):
    """A new key for the IAM user that is the AWS engine."""


class PkiIntermediate(_Part, frozen=True, tag="pki-intermediate"):
    """A new key and certificate for the CA that issues at `mount`, signed at `root_mount`."""

    common_name: str
    ttl_seconds: int
    root_mount: str
    mount: str


class SecretId(_Part, frozen=True, tag="secret-id"):
    """A new wrapped secret ID of an AppRole, laid into a Kubernetes Secret."""

    role: str
    wrap_ttl_seconds: int
    secret: SecretPart
    overlap_seconds: int


Task = KvKey | DatabaseRoot | DatabaseStatic | AwsRoot | PkiIntermediate | SecretId


class Rotation(_Part, frozen=True):
    """One rotation: the whole file."""

    name: str
    interval_seconds: int
    vault: VaultPart
    lease: LeasePart
    task: Task


_TASK_KINDS: Final = tuple(str(kind.__struct_config__.tag) for kind in get_args(Task))
_TELL_KINDS: Final = tuple(str(kind.__struct_config__.tag) for kind in get_args(Tell))


def read(path: Path) -> Rotation:
    """Raises `ConfigurationError`, which lists every problem that can be seen at once."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path}: must be a readable UTF-8 file ({type(error).__name__}); fix: mount the "
            "rotation's ConfigMap there, or name the file that is"
        ) from error
    return decode(text, str(path))


def decode(text: str, source: str) -> Rotation:
    """Raises `ConfigurationError`; `source` is what errors call the text."""
    try:
        content = json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_constant)
        rotation = msgspec.convert(content, Rotation, strict=True)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{source}: {_told(str(error))}") from error
    except ValueError as error:
        raise ConfigurationError(
            f"{source}: must be one JSON object ({error}); fix: write it as the program does"
        ) from error
    if problems := [f"{source}: {problem}" for problem in _problems(rotation)]:
        raise ConfigurationError("\n".join(problems))
    return rotation


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return content


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _told(message: str) -> str:
    """msgspec's words, as key, rule and fix. It says `<what> - at `$.a.b``."""
    what, _, where = message.partition(" - at ")
    key = where.strip("`").removeprefix("$").removeprefix(".")
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        return f"{_below(key, found[1])}: is not known; fix: remove it, or correct its spelling"
    if found := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"{_below(key, found[1])}: must be there; fix: add it"
    if found := re.fullmatch(r"Invalid value '(.*)'", what):
        kinds = _TELL_KINDS if key.endswith("tell.type") else _TASK_KINDS
        return f"{key}: {found[1]!r} is no such kind; fix: write one of {', '.join(kinds)}"
    rule = what[:1].lower() + what[1:]
    return f"{key or 'the file'}: {rule}; fix: write a value of that type"


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _problems(rotation: Rotation) -> Iterator[str]:
    yield from _name("name", rotation.name)
    yield from _at_least("interval_seconds", rotation.interval_seconds, _MIN_INTERVAL_SECONDS)
    vault = rotation.vault
    address = urlsplit(vault.address)
    if address.scheme not in ("https", "http") or not address.hostname or address.path.strip("/"):
        yield (
            f"vault.address: must be a URL without a path, not {vault.address!r}; "
            "fix: write one such as https://vault.example.internal:8200"
        )
    yield from _name("vault.role", vault.role)
    for key, path in (("vault.ca_file", vault.ca_file), ("vault.token_file", vault.token_file)):
        if path is not None and not path.startswith("/"):
            yield f"{key}: must be an absolute path, not {path!r}; fix: start it with /"
    yield from _name("lease.namespace", rotation.lease.namespace)
    yield from _name("lease.name", rotation.lease.name)
    yield from _problems_of_task(rotation.task, rotation.interval_seconds)


def _problems_of_task(task: Task, interval_seconds: int) -> Iterator[str]:
    match task:
        case KvKey():
            yield from _matching("task.path", task.path, _PATH, "media-catalog/api")
            yield from _matching("task.key", task.key, _KEY, "jwt_secret")
            yield from _at_least("task.length", task.length, _SHORTEST_VALUE)
            yield from _overlap(task.overlap_seconds, interval_seconds)
            if isinstance(task.tell, Restart):
                yield from _name("task.tell.namespace", task.tell.namespace)
                yield from _name("task.tell.deployment", task.tell.deployment)
                yield from _at_least(
                    "task.tell.ready_within_seconds", task.tell.ready_within_seconds, 1
                )
        case DatabaseRoot():
            yield from _name("task.connection", task.connection)
        case DatabaseStatic():
            yield from _name("task.role", task.role)
        case AwsRoot():
            pass
        case PkiIntermediate():
            if not task.common_name.strip():
                yield "task.common_name: must not be empty; fix: write the CA's name"
            yield from _at_least("task.ttl_seconds", task.ttl_seconds, 2 * interval_seconds)
            yield from _matching("task.root_mount", task.root_mount, _PATH, "pki-root")
            yield from _matching("task.mount", task.mount, _PATH, "pki")
            if task.mount == task.root_mount:
                yield (
                    f"task.mount: must not be the root's own, {task.root_mount!r}; "
                    "fix: name the mount that issues to workloads"
                )
        case SecretId():
            yield from _name("task.role", task.role)
            yield from _at_least("task.wrap_ttl_seconds", task.wrap_ttl_seconds, 1)
            yield from _name("task.secret.namespace", task.secret.namespace)
            yield from _name("task.secret.name", task.secret.name)
            yield from _matching("task.secret.key", task.secret.key, _KEY, "wrapped-secret-id")
            yield from _overlap(task.overlap_seconds, interval_seconds)


def _name(key: str, text: str) -> Iterator[str]:
    yield from _matching(key, text, _NAME, "media-catalog")
    if len(text) > 253:
        yield f"{key}: must have at most 253 characters, not {len(text)}; fix: shorten it"


def _matching(key: str, text: str, pattern: re.Pattern[str], example: str) -> Iterator[str]:
    if not pattern.fullmatch(text):
        yield f"{key}: must be written like {example!r}, not {text!r}; fix: correct it"


def _at_least(key: str, number: int, least: int) -> Iterator[str]:
    if number < least:
        yield f"{key}: must be at least {least}, not {number}; fix: write {least} or more"


def _overlap(seconds: int, interval_seconds: int) -> Iterator[str]:
    """At most half the interval: a rotation may come that early, and must not end an overlap."""
    yield from _at_least("task.overlap_seconds", seconds, 0)
    if seconds > interval_seconds // 2:
        yield (
            f"task.overlap_seconds: must be at most half of interval_seconds, "
            f"{interval_seconds // 2}, not {seconds}; fix: shorten it, or rotate less often"
        )
