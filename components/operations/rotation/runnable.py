"""Which of the matrix' rotations a stack can run, why not the others, and where a stack's settings
say otherwise than a rotation. Pure.

The matrix speaks of every stack; what Vault itself knows of a database or of AWS is each stack's
own. A job for something that is not there would fail for ever, and soon nobody would look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components.settings import NAMESPACE, Settings
from policies.lifetime import Duration
from policies.plan import Plan, Rotation
from policies.standing import intermediate_ca


@dataclass(frozen=True, slots=True)
class Idle:
    """A rotation that nobody runs."""

    rotation: Rotation
    why: str
    fix: str
    """Empty where nothing is to be mended: what it would rotate is not there."""


def runnable(settings: Settings, plan: Plan) -> Sequence[Rotation]:
    """By name, as the plan has them."""
    left_out = {one.rotation.name for one in idle(settings, plan)}
    return [rotation for rotation in plan.rotations if rotation.name not in left_out]


def idle(settings: Settings, plan: Plan) -> Iterator[Idle]:
    for rotation in plan.rotations:
        match rotation.task["type"]:
            case "aws-root":
                yield from _aws_root(settings, rotation)
            case "database-root":
                yield from _database_root(settings, plan, rotation)
            case _:
                pass


def _aws_root(settings: Settings, rotation: Rotation) -> Iterator[Idle]:
    if settings.aws is None:
        yield Idle(rotation, "Vault issues no AWS credentials", "")
    elif settings.aws.access_key_id is None:
        yield Idle(rotation, "Vault has its own workload identity there, and no key", "")
    elif not settings.aws.rotate_root:
        yield Idle(
            rotation,
            "awsAccessKeyId is kept as it is configured",
            f"pulumi config set {NAMESPACE}:awsRotateRoot true",
        )


def _database_root(settings: Settings, plan: Plan, rotation: Rotation) -> Iterator[Idle]:
    database = settings.database
    name = rotation.task["connection"]
    known = {one.database for one in plan.database_connections if one.name == name}
    if database is None:
        yield Idle(rotation, "Vault issues no users of databases", "")
    elif known.isdisjoint(database.passwords):
        yield Idle(rotation, f"database connection {name!r} is not there yet", "")
    elif not database.rotate_root:
        yield Idle(
            rotation,
            "the administrator's password is kept as it is configured",
            f"pulumi config set {NAMESPACE}:databaseRotateRoot true",
        )


def differences(settings: Settings, plan: Plan) -> Iterator[str]:
    """What a rotation would change that it should only renew."""
    for rotation in plan.rotations:
        task = rotation.task
        if task["type"] != "pki-intermediate":
            continue
        name = intermediate_ca(settings.pki.organization, settings.environment)
        if task["common_name"] != name:
            yield (
                f"the rotation {rotation.name} renews the CA {name!r} as {task['common_name']!r}; "
                f"set {NAMESPACE}:pkiOrganization and the matrix' RenewIntermediate alike"
            )
        if task["ttl_seconds"] != settings.pki.intermediate_ttl.seconds:
            yield (
                f"the rotation {rotation.name} renews the CA for {Duration(task['ttl_seconds'])}, "
                f"which {NAMESPACE}:pkiIntermediateTtl has live {settings.pki.intermediate_ttl}; "
                "set it and the matrix' RenewIntermediate alike"
            )
