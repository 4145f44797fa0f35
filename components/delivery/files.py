"""What a workload's pods get as files: from where in Vault, in which form, and what happens when
one changes. Knows nothing of how they get there, nor whether the workload may read it (`reading`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from policies import paths
from policies.environments import EVERYWHERE, Environment
from policies.lifetime import Duration
from policies.paths import SecretPath

# An annotation's name has 63 characters, 22 of which say that this one is a template.
_LONGEST_NAME = 63 - len("agent-inject-template-")
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")
_A_MINUTE = Duration.parse("1m")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACE = re.compile(r"{([^{}]*)}")
# The kernel cuts a process' name here, and a longer one would never be found.
_LONGEST_PROCESS = 15
_PROCESS = re.compile(r"[A-Za-z0-9._-]+")


@unique
class Via(StrEnum):
    """Who writes the files."""

    AGENT = "agent"
    """A sidecar: templates, leases that are renewed, values that follow Vault's."""
    CSI = "csi"
    """The node: no container more in the pod, one value to a file, written when the pod starts."""


@dataclass(frozen=True, slots=True)
class DatabaseCredentials:
    """A database user of its own, issued for a role of the plan."""

    role: str


@dataclass(frozen=True, slots=True)
class StaticDatabaseUser:
    """The password of a database user that stays, and that Vault changes by schedule: `role` of the
    plan.
    """

    role: str


@dataclass(frozen=True, slots=True)
class CloudCredentials:
    """Of the engine (`paths.AWS`, `GCP`, `AZURE`), issued for a role of the plan."""

    engine: str
    role: str

    def __post_init__(self) -> None:
        if self.engine not in (known := (paths.AWS, paths.GCP, paths.AZURE)):
            raise ValueError(
                f"cloud credentials {self.role!r}: {self.engine!r} issues none; write one of "
                f"{', '.join(known)}"
            )


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its key, for the first name that a role of the plan may have."""

    role: str


Source = SecretPath | DatabaseCredentials | StaticDatabaseUser | CloudCredentials | Certificate
"""A `SecretPath` is one entry of the KV engine."""


@unique
class Quoting(StrEnum):
    """How a shell is kept from reading a value as anything but text."""

    SINGLE = "single"
    """Safe for every value."""
    DOUBLE = "double"
    """Not for values with `"`, `$`, a backslash, a backtick or a line's end: the shell would obey
    them, and whoever writes such a value runs commands in the pod.
    """


@dataclass(frozen=True, slots=True)
class Exports:
    """Lines for a shell to source: `export REDIS_PASSWORD=...` for the key `redis_password`, with
    `prefix` before the name.
    """

    keys: tuple[str, ...]
    quoting: Quoting = Quoting.SINGLE
    prefix: str = ""

    def __post_init__(self) -> None:
        _check_keys([self.prefix + key for key in self.keys])


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it is, without a line's end."""

    key: str

    def __post_init__(self) -> None:
        _check_keys((self.key,))

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,)


@dataclass(frozen=True, slots=True)
class Text:
    """Any text, in which `{key}` stands for a value as it is."""

    pattern: str

    def __post_init__(self) -> None:
        if "{{" in self.pattern or "}}" in self.pattern:
            raise ValueError(
                f"text {self.pattern!r}: must not hold '{{{{' or '}}}}', with which it could read "
                "what nobody checked; write '{key}' for a value"
            )
        _check_keys(self.keys)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_PLACE.findall(self.pattern)))


@dataclass(frozen=True, slots=True)
class Pem:
    """A certificate's key, the certificate and its CA's, one after another."""

    keys: tuple[str, ...] = ()


Content = Exports | Value | Text | Pem


@dataclass(frozen=True, slots=True)
class Touch:
    """Tells of a change by a file beside the changed one, with `.changed` behind its name. The
    application watches it; nothing needs a right over the application.
    """


@dataclass(frozen=True, slots=True)
class Hangup:
    """Tells of a change by SIGHUP to every process of this name in the pod, which must run as the
    user that the pod's first container names (`runAsUser`): the agent runs as the same one.
    """

    process: str

    def __post_init__(self) -> None:
        if not _PROCESS.fullmatch(self.process) or len(self.process) > _LONGEST_PROCESS:
            raise ValueError(
                f"hangup {self.process!r}: must be a process' name of at most {_LONGEST_PROCESS} "
                "letters, digits, '.', '_' and '-'; write it as `ps -o comm` shows it"
            )


Tell = Touch | Hangup


@dataclass(frozen=True, slots=True)
class SecretFile:
    """One file below /vault/secrets. `tell`: how the application learns that it has changed; None
    where it reads the file each time, or only when it starts.
    """

    name: str
    source: Source
    content: Content
    tell: Tell | None = None

    def __post_init__(self) -> None:
        if len(self.name) > _LONGEST_NAME or not _NAME.fullmatch(self.name):
            raise ValueError(
                f"file {self.name!r}: must be lower-case letters, digits, inner '.', '-' and '_', "
                f"at most {_LONGEST_NAME}: the injector lower-cases it, and it is part of an "
                "annotation's name; write such as 'config'"
            )
        if self.name.startswith("file-"):
            raise ValueError(
                f"file {self.name!r}: must not begin with 'file-': the injector would read its "
                "template as the name of one; write such as 'config'"
            )
        if isinstance(self.source, SecretPath) and self.source.is_folder:
            raise ValueError(
                f"file {self.name!r}: {self.source.text!r} is a folder; write one entry's path"
            )
        if isinstance(self.source, Certificate) != isinstance(self.content, Pem):
            raise ValueError(
                f"file {self.name!r}: a certificate, and nothing else, is written as Pem(): its "
                "key and itself must not be of two different answers; pair Certificate with Pem"
            )


@dataclass(frozen=True, slots=True)
class Delivery:
    """The files of one workload's pods. `workload` is named as in the matrix, `kubesentiment/api`.

    `stays`: whether the agent stays beside the application, which renews and follows changes. A
    job's must not, or the job would never end; its credentials then live as long as they were
    issued for.
    """

    workload: str
    files: tuple[SecretFile, ...]
    via: Via = Via.AGENT
    stays: bool = True
    refresh: Duration = _A_MINUTE
    """How soon a changed value that has no lease is in its file."""
    environments: frozenset[Environment] = EVERYWHERE

    def __post_init__(self) -> None:
        _once(f"delivery {self.workload!r}: file", [file.name for file in self.files])
        if not self.files:
            raise ValueError(
                f"delivery {self.workload!r}: must have files; give it some or remove it"
            )
        told = [file.name for file in self.files if file.tell]
        if told and not (self.stays and self.via is Via.AGENT):
            raise ValueError(
                f"delivery {self.workload!r}, file {told[0]!r}: nobody is there to tell of a "
                "change; leave `tell` out, or let an agent stay"
            )


def _once(kind: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{kind} {name!r}: is there more than once; keep one")


def _check_keys(keys: Sequence[str]) -> None:
    _once("content: key", keys)
    if not keys:
        raise ValueError("content: must name keys of what Vault answers; write one")
    for key in keys:
        if not _KEY.fullmatch(key):
            raise ValueError(
                f"content: key {key!r} must be letters, digits and '_', no digit first: only such "
                "a name is missed when it is not there; rename the key in the entry"
            )
