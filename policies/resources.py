"""What an application has that workloads can be granted: secrets, a database, cloud roles."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policies.environments import EVERYWHERE, Environment
from policies.iam import Allow
from policies.lifetime import Duration
from policies.paths import SecretPath, check_name
from policies.postgresql import DatabaseAccess
from policies.schedule import Cron

# PostgreSQL's 63 less `_readwrite`, which is added to name a group (`postgresql`).
_LONGEST_DATABASE = 53
_MOST_OFTEN = Duration(3600)


@dataclass(frozen=True, slots=True)
class KvEntry:
    """One entry of the KV engine that exists after the first `up`.

    Its values are either all made once at random (`random`), and then belong to their rotation, or
    all issued by somebody else (`given`) and come from the stack's secret configuration. Never
    both: a given value that changes would overwrite a rotated one beside it.
    """

    path: SecretPath
    keys: tuple[str, ...]
    generated_length: int | None
    environments: frozenset[Environment] = EVERYWHERE

    def __post_init__(self) -> None:
        if self.path.is_folder:
            raise ValueError(
                f"KV entry {self.path.text!r}: must be one entry, not a folder; write its full path"
            )
        if not self.keys or len(set(self.keys)) != len(self.keys):
            raise ValueError(
                f"KV entry {self.path.text!r}: must hold keys, each once; it has "
                f"{', '.join(self.keys) or 'none'}"
            )
        if self.generated_length is not None and self.generated_length < 32:
            raise ValueError(
                f"KV entry {self.path.text!r}: random values must have at least 32 characters, "
                f"not {self.generated_length}; write 48"
            )

    @classmethod
    def given(
        cls, path: str, *keys: str, environments: frozenset[Environment] = EVERYWHERE
    ) -> KvEntry:
        return cls(SecretPath(path), keys, None, environments)

    @classmethod
    def random(
        cls,
        path: str,
        *keys: str,
        length: int = 48,
        environments: frozenset[Environment] = EVERYWHERE,
    ) -> KvEntry:
        return cls(SecretPath(path), keys, length, environments)


@dataclass(frozen=True, slots=True)
class StaticUser:
    """A database user that stays, whose password Vault changes by schedule, or whenever it is as
    old as a duration. In PostgreSQL it is called `<application>-<name>`; the database's owner makes
    it, grants it what it may, and lets Vault's administrator administer it.
    """

    name: str
    rotates: Cron | Duration

    def __post_init__(self) -> None:
        check_name("static user", self.name)
        if self.name in tuple(DatabaseAccess):
            raise ValueError(
                f"static user {self.name!r}: is what a role of issued users is called; write "
                f"such as '{self.name}-static'"
            )
        if isinstance(self.rotates, Duration) and self.rotates < _MOST_OFTEN:
            raise ValueError(
                f"static user {self.name!r}: must not rotate more often than every {_MOST_OFTEN}, "
                f"and does every {self.rotates}: whoever read the password could not use it; "
                "write a longer time, or a schedule"
            )


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """A database of the environment's PostgreSQL server. `owner` is the role whose migrations
    make the tables.
    """

    name: str
    owner: str
    schema: str = "public"
    static_users: tuple[StaticUser, ...] = ()

    def __post_init__(self) -> None:
        for kind, name in (
            ("database", self.name),
            ("database owner", self.owner),
            ("schema", self.schema),
        ):
            check_name(kind, name)
        if len(self.name) > _LONGEST_DATABASE:
            raise ValueError(
                f"database {self.name!r}: must be at most {_LONGEST_DATABASE} characters: "
                "PostgreSQL cuts names at 63, and its read-only and read/write groups would become "
                f"one; write {self.name[:_LONGEST_DATABASE].rstrip('-')!r}"
            )


@dataclass(frozen=True, slots=True)
class AwsCloudRole:
    """Short-lived AWS credentials with these rights and no others."""

    name: str
    allow: tuple[Allow, ...]

    def __post_init__(self) -> None:
        check_name("cloud role", self.name)


@dataclass(frozen=True, slots=True)
class GcpCloudRole:
    """Short-lived OAuth tokens of a Google service account, which holds the rights itself.
    `service_account` may hold `{environment}`.
    """

    name: str
    service_account: str
    scopes: tuple[str, ...] = ("https://www.googleapis.com/auth/cloud-platform",)

    def __post_init__(self) -> None:
        check_name("cloud role", self.name)
        _check_places(self.name, self.service_account)


@dataclass(frozen=True, slots=True)
class AzureCloudRole:
    """A short-lived Azure service principal with these assignments: (role name, scope), where the
    scope may hold `{environment}`.
    """

    name: str
    assignments: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        check_name("cloud role", self.name)
        for _, scope in self.assignments:
            _check_places(self.name, scope)


CloudRole = AwsCloudRole | GcpCloudRole | AzureCloudRole


def _check_places(role: str, text: str) -> None:
    unknown = set(re.findall(r"{(.*?)}", text)) - {"environment"}
    if unknown:
        raise ValueError(
            f"cloud role {role!r}: {{{unknown.pop()}}} in {text!r} stands for nothing; write "
            "{environment} or nothing"
        )
