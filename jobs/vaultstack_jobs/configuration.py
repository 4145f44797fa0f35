"""The file that says what to rotate (`strict` reads it).

All durations are whole seconds, as their names say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, get_args

from vaultstack_jobs import strict
from vaultstack_jobs.strict import (
    PATH,
    LeasePart,
    Part,
    VaultPart,
    at_least,
    matching,
    named,
    text_of,
    whereabouts,
)

_SHORTEST_VALUE: Final = 32
_KEY: Final = re.compile(r"[A-Za-z0-9._-]+")


class SecretPart(Part, frozen=True):
    """One key of a Kubernetes Secret that is there."""

    namespace: str
    name: str
    key: str


class Restart(Part, frozen=True, tag="restart"):
    """Restart a Deployment, and wait until it is ready."""

    namespace: str
    deployment: str
    ready_within_seconds: int


class ByAgent(Part, frozen=True, tag="agent"):
    """Nothing to do: the agents beside the application render the new version."""


Tell = Restart | ByAgent


class KvKey(Part, frozen=True, tag="kv-key"):
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


class DatabaseRoot(Part, frozen=True, tag="database-root"):
    """A new password for the administrator of one database connection."""

    connection: str


class DatabaseStatic(Part, frozen=True, tag="database-static"):
    """A new password for one static user, before Vault's own schedule."""

    role: str


class AwsRoot(Part, frozen=True, tag="aws-root"):
    """A new key for the IAM user that is the AWS engine."""


class PkiIntermediate(Part, frozen=True, tag="pki-intermediate"):
    """A new key and certificate for the CA that issues at `mount`, signed at `root_mount`."""

    common_name: str
    ttl_seconds: int
    root_mount: str
    mount: str


class SecretId(Part, frozen=True, tag="secret-id"):
    """A new wrapped secret ID of an AppRole, laid into a Kubernetes Secret."""

    role: str
    wrap_ttl_seconds: int
    secret: SecretPart
    overlap_seconds: int


Task = KvKey | DatabaseRoot | DatabaseStatic | AwsRoot | PkiIntermediate | SecretId


class Rotation(Part, frozen=True):
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
    return decode(text_of(path), str(path))


def decode(text: str, source: str) -> Rotation:
    """Raises `ConfigurationError`; `source` is what errors call the text."""
    return strict.decode(text, source, Rotation, _kinds, _problems)


def _kinds(key: str) -> Sequence[str]:
    return _TELL_KINDS if key.endswith("tell.type") else _TASK_KINDS


def _problems(rotation: Rotation) -> Iterator[str]:
    yield from whereabouts(rotation.name, rotation.interval_seconds, rotation.vault, rotation.lease)
    yield from _problems_of_task(rotation.task, rotation.interval_seconds)


def _problems_of_task(task: Task, interval_seconds: int) -> Iterator[str]:
    match task:
        case KvKey():
            yield from matching("task.path", task.path, PATH, "media-catalog/api")
            yield from matching("task.key", task.key, _KEY, "jwt_secret")
            yield from at_least("task.length", task.length, _SHORTEST_VALUE)
            yield from _overlap(task.overlap_seconds, interval_seconds)
            if isinstance(task.tell, Restart):
                yield from named("task.tell.namespace", task.tell.namespace)
                yield from named("task.tell.deployment", task.tell.deployment)
                yield from at_least(
                    "task.tell.ready_within_seconds", task.tell.ready_within_seconds, 1
                )
        case DatabaseRoot():
            yield from named("task.connection", task.connection)
        case DatabaseStatic():
            yield from named("task.role", task.role)
        case AwsRoot():
            pass
        case PkiIntermediate():
            if not task.common_name.strip():
                yield "task.common_name: must not be empty; fix: write the CA's name"
            yield from at_least("task.ttl_seconds", task.ttl_seconds, 2 * interval_seconds)
            yield from matching("task.root_mount", task.root_mount, PATH, "pki-root")
            yield from matching("task.mount", task.mount, PATH, "pki")
            if task.mount == task.root_mount:
                yield (
                    f"task.mount: must not be the root's own, {task.root_mount!r}; "
                    "fix: name the mount that issues to workloads"
                )
        case SecretId():
            yield from named("task.role", task.role)
            yield from at_least("task.wrap_ttl_seconds", task.wrap_ttl_seconds, 1)
            yield from named("task.secret.namespace", task.secret.namespace)
            yield from named("task.secret.name", task.secret.name)
            yield from matching("task.secret.key", task.secret.key, _KEY, "wrapped-secret-id")
            yield from _overlap(task.overlap_seconds, interval_seconds)


def _overlap(seconds: int, interval_seconds: int) -> Iterator[str]:
    """At most half the interval: a rotation may come that early, and must not end an overlap."""
    yield from at_least("task.overlap_seconds", seconds, 0)
    if seconds > interval_seconds // 2:
        yield (
            f"task.overlap_seconds: must be at most half of interval_seconds, "
            f"{interval_seconds // 2}, not {seconds}; fix: shorten it, or rotate less often"
        )
