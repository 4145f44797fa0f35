"""What is rotated by schedule, who runs it, and who is told: the rows of the matrix.

One job runs one rotation, as a workload of its own that is granted just that: `need` says what.
Vault knows paths and no smaller things: whoever takes over the job of one key may change the
entry's other keys, too, and read them where it keeps the old value. That it leaves them alone is
the job's own code. What a job may in Kubernetes besides, `escalation.jobs` names.

What a job is told in its file is said by `rotation_task`; whether rotations agree with the rest of
the matrix, by `rotation_rules`.

Users of a database that Vault itself rotates are no jobs: `resources.StaticUser`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from policies.grants import Grant, IntermediateCa, Kv, KvAccess, RootKey, RootPassword, SecretIds
from policies.lifetime import Duration
from policies.paths import SecretPath, check_name
from policies.schedule import Cron

WEEKLY: Final = Cron("0 3 * * 1")
MONTHLY: Final = Cron("0 4 1 * *")
_KEY: Final = re.compile(r"[A-Za-z0-9._-]+")
_TEN_MINUTES: Final = Duration.parse("10m")


@dataclass(frozen=True, slots=True)
class Restart:
    """Restart a Deployment in the namespace of whoever runs the rotation. Where it is not ready in
    time, the previous value is put back.
    """

    deployment: str
    ready_within: Duration = _TEN_MINUTES

    def __post_init__(self) -> None:
        check_name("deployment", self.deployment)


@dataclass(frozen=True, slots=True)
class ByAgent:
    """Nobody has to be told: the Vault Agents beside the pods write the new value by themselves."""


@dataclass(frozen=True, slots=True)
class KubernetesSecret:
    """One key of a Secret. The namespace is written without its environment. Whoever may read
    Secrets there, or make pods, has what is in it: so no workload lives there.
    """

    namespace: str
    name: str
    key: str

    def __post_init__(self) -> None:
        for kind, name in (("namespace", self.namespace), ("Secret", self.name)):
            check_name(kind, name)
        check_name("key of a Secret", self.key)


@dataclass(frozen=True, slots=True)
class RotateKey:
    """A new value for one generated key of a KV entry; its other keys stay. With an overlap the
    previous value stands beside it for as long, as `<key>_previous`, good until
    `<key>_previous_until`.
    """

    name: str
    path: SecretPath
    key: str
    by: str
    """The workload, of the same application, that runs it."""
    schedule: Cron = WEEKLY
    overlap: Duration | None = None
    tell: Restart | ByAgent | None = None

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError(
                f"rotation {self.name!r}: the key {self.key!r} must be of letters, digits, '.', "
                "'_' and '-', as the job takes no other; rename it"
            )
        if self.overlap is not None:
            _check_overlap(self.name, self.overlap, self.schedule)

    @property
    def keeps(self) -> bool:
        """Whether it needs the value that it replaces: to keep it, or to put it back."""
        return self.overlap is not None or isinstance(self.tell, Restart)

    @property
    def kept_keys(self) -> tuple[str, ...]:
        """What it writes beside the key."""
        return (f"{self.key}_previous", f"{self.key}_previous_until") if self.overlap else ()


@dataclass(frozen=True, slots=True)
class RotateDatabaseRoot:
    """A new password for the administrator that Vault is in the application's database. Afterwards
    only Vault knows it.
    """

    by: str
    """The workload, of the platform, that runs it."""
    schedule: Cron = MONTHLY
    name: str = "database-root"


@dataclass(frozen=True, slots=True)
class RotateSecretIds:
    """A new secret ID for a pipeline, left wrapped in a Secret where it is fetched; the others end
    after the overlap.
    """

    workload: str
    """The application's AppRole workload that logs in with it."""
    into: KubernetesSecret
    by: str
    """The workload, of the platform, that runs it."""
    schedule: Cron
    wrapped: Duration
    """How long it waits there to be unwrapped."""
    overlap: Duration

    def __post_init__(self) -> None:
        _check_overlap(self.name, self.overlap, self.schedule)

    @property
    def name(self) -> str:
        return f"{self.workload}-secret-ids"


@dataclass(frozen=True, slots=True)
class RotateAwsRoot:
    """A new access key for the IAM user that the AWS engine is; the old one is deleted."""

    by: str
    schedule: Cron = MONTHLY
    name: str = "aws-root"


@dataclass(frozen=True, slots=True)
class RenewIntermediate:
    """A new key and certificate for the CA that signs everything, signed by the root, long before
    the old one ends. `common_name` may hold `{environment}`.
    """

    by: str
    common_name: str
    lifetime: Duration
    schedule: Cron
    name: str = "pki-intermediate"


def _check_overlap(name: str, overlap: Duration, schedule: Cron) -> None:
    """The job itself is as strict: a rotation may come half an interval early, and would end the
    overlap of the one before.
    """
    if 2 * overlap.seconds > schedule.interval.seconds:
        raise ValueError(
            f"rotation {name!r}: the overlap {overlap} must be at most half of the "
            f"{schedule.interval} between two rotations; shorten it, or rotate less often"
        )


OfApplication = RotateKey | RotateDatabaseRoot | RotateSecretIds
OfPlatform = RotateAwsRoot | RenewIntermediate
Rotation = OfApplication | OfPlatform


def need(rotation: Rotation, application: str) -> Grant:
    """All that whoever runs it must be granted, and must not be granted more than. `application`:
    whose rotation it is; those of the platform need none.
    """
    why = "rotates by schedule"
    match rotation:
        case RotateKey(path=path):
            return Kv(path, KvAccess.ROTATE_AND_KEEP if rotation.keeps else KvAccess.ROTATE)
        case RotateDatabaseRoot():
            return RootPassword(application, reason=why)
        case RotateSecretIds(workload=workload, wrapped=wrapped):
            return SecretIds(application, workload, wrapped, reason=why)
        case RotateAwsRoot():
            return RootKey(reason=why)
        case RenewIntermediate(common_name=common_name, lifetime=lifetime):
            return IntermediateCa(common_name, lifetime, reason=why)
