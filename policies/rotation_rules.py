"""Where rotations must agree with the rest of the matrix: with what their job is granted, with the
entries and users that they change, and with how long things live.

A rotation that its workload has no right to would fail at night; one whose workload has more would
hand that to whoever takes over the job. Both are refused here, before anything is compiled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from policies.application import Application
from policies.control_plane import Platform
from policies.environments import Environment
from policies.grants import (
    Database,
    DatabaseStatic,
    IntermediateCa,
    RootKey,
    RootPassword,
    SecretIds,
)
from policies.identities import AppRole, ServiceAccount, bound_namespace
from policies.lifetime import Duration
from policies.paths import check_name
from policies.resources import KvEntry
from policies.rotation import (
    KubernetesSecret,
    RenewIntermediate,
    Restart,
    RotateDatabaseRoot,
    RotateKey,
    RotateSecretIds,
)
from policies.scheduled import Scheduled, scheduled

_LONGEST_NAME: Final = 42
"""Kubernetes' 52 for a CronJob, less what is put before a rotation's name there."""
_OF_ROTATIONS: Final = (RootPassword, RootKey, IntermediateCa, SecretIds)
_TO_PUT_BACK: Final = Duration.parse("2m")
"""What it takes at most to find that an application is not ready and to undo the change."""


def refuse_rotations(applications: Sequence[Application], platform: Platform) -> None:
    """Raises `ValueError`, naming the rotation, the rule and the fix."""
    every = scheduled(applications, platform)
    _refuse_shared(every)
    for one in every:
        where = f"rotation {one.name!r}"
        if len(one.name) > _LONGEST_NAME:
            raise ValueError(
                f"{where}: must have at most {_LONGEST_NAME} characters with its application's "
                "name, for Kubernetes cuts no job's name; shorten it"
            )
        check_name("rotation", one.name)
        _check_grants(where, one)
        match one.rotation:
            case RotateKey() as key:
                _check_key(where, one, key)
            case RotateDatabaseRoot():
                _check_database(where, one)
            case RotateSecretIds() as ids:
                _check_secret_ids(where, one, ids)
                _check_place(where, one, ids.into, applications)
            case RenewIntermediate() as renewal:
                _check_renewal(where, renewal)
            case _:
                pass
    _refuse_idle(platform, every)


def _refuse_shared(every: Sequence[Scheduled]) -> None:
    for kind, names in (
        ("rotation", Counter(one.name for one in every)),
        ("rotation of", Counter(_what(one) for one in every)),
    ):
        for name, count in names.items():
            if count > 1:
                raise ValueError(
                    f"{kind} {name!r}: is there {count} times; one would undo the other, keep one"
                )
    for workload, count in Counter(one.by for one in every).items():
        if count > 1:
            raise ValueError(
                f"workload {workload.name!r}: runs {count} rotations, and whoever takes over one "
                "job would have the rights of the others; give each rotation a workload of its own"
            )


def _what(one: Scheduled) -> str:
    key = f" {one.rotation.key}" if isinstance(one.rotation, RotateKey) else ""
    return f"{one.needed}{key}"


def _refuse_idle(platform: Platform, every: Iterable[Scheduled]) -> None:
    """A right to rotate that no rotation uses is one that nobody misses."""
    used = {(one.by.name, str(one.needed)) for one in every}
    for workload in platform.workloads:
        for grant in workload.grants:
            if isinstance(grant, _OF_ROTATIONS) and (workload.name, str(grant)) not in used:
                raise ValueError(
                    f"platform, workload {workload.name!r}, grant '{grant}': no rotation is run "
                    "with it; add the rotation, or remove the workload"
                )


def _check_grants(where: str, one: Scheduled) -> None:
    needed, who = one.needed, f"workload {one.by.name!r}"
    if not isinstance(one.by.identity, ServiceAccount):
        raise ValueError(  # noqa: TRY004 - a rule of the matrix, like its neighbours
            f"{where}: {who} runs in Kubernetes, and must be a ServiceAccount to log in from there"
        )
    if not one.environments:
        raise ValueError(f"{where}: {who} lacks the grant '{needed}'; grant it, and nothing else")
    for grant in one.by.grants:
        if str(grant) != str(needed):
            raise ValueError(
                f"{where}: {who} has more than the job needs, '{grant}'; leave it only '{needed}'"
            )


def _check_key(where: str, one: Scheduled, key: RotateKey) -> None:
    assert one.application
    path = key.path.text
    entry = next((e for e in one.application.entries if e.path == key.path), None)
    if entry is None or key.key not in entry.keys or entry.generated_length is None:
        known = ", ".join(_generated(one.application.entries)) or "none"
        raise ValueError(
            f"{where}: {path!r} has no generated key {key.key!r}, and what somebody else issues "
            f"is theirs to renew; write one of: {known}"
        )
    if missing := one.environments - entry.environments:
        raise ValueError(
            f"{where}: {path!r} does not exist in {_joined(missing)}, where workload "
            f"{one.by.name!r} is granted it; leave them out of the grant"
        )
    for kept in key.kept_keys:
        if kept in entry.keys:
            raise ValueError(
                f"{where}: the key {kept!r} of {path!r} is where the previous value goes; rename it"
            )
    if isinstance(key.tell, Restart) and one.by.token is None:
        raise ValueError(
            f"{where}: workload {one.by.name!r} must say how long its token lives, for it waits "
            f"{key.tell.ready_within}; write token=Lifetime.of(...)"
        )
    if isinstance(key.tell, Restart) and one.by.token:
        lives, waits = one.by.token.default, key.tell.ready_within
        if lives.seconds < waits.seconds + _TO_PUT_BACK.seconds:
            raise ValueError(
                f"{where}: the token of workload {one.by.name!r} ends after {lives}, too early to "
                f"put the value back where the application is not ready within {waits}; give it "
                f"{_TO_PUT_BACK} more than that"
            )


def _generated(entries: Iterable[KvEntry]) -> Iterator[str]:
    for entry in entries:
        if entry.generated_length is not None:
            yield from (f"{entry.path.text} {key}" for key in entry.keys)


def _check_database(where: str, one: Scheduled) -> None:
    assert one.application
    used = frozenset[Environment]().union(
        *(
            grant.environments
            for workload in one.application.workloads
            for grant in workload.grants
            if isinstance(grant, Database | DatabaseStatic)
        )
    )
    if missing := one.environments - used:
        raise ValueError(
            f"{where}: Vault has no connection to a database of {one.application.name!r} in "
            f"{_joined(missing)}; grant a workload Database(...), or remove the rotation there"
        )


def _check_secret_ids(where: str, one: Scheduled, ids: RotateSecretIds) -> None:
    assert one.application
    workloads = {workload.name: workload for workload in one.application.workloads}
    pipeline = workloads.get(ids.workload)
    if pipeline is None or not isinstance(pipeline.identity, AppRole):
        known = ", ".join(n for n, w in workloads.items() if isinstance(w.identity, AppRole))
        raise ValueError(
            f"{where}: {ids.workload!r} is no AppRole workload of {one.application.name!r}; its "
            f"AppRole workloads: {known or 'none'}"
        )
    there = {environment for environment in Environment if pipeline.exists_in(environment)}
    if missing := one.environments - there:
        raise ValueError(f"{where}: {ids.workload!r} does not exist in {_joined(missing)}")
    interval, lives = ids.schedule.interval, pipeline.identity.secret_id_lifetime
    if lives.seconds < interval.seconds + ids.overlap.seconds:
        raise ValueError(
            f"{where}: a secret ID lives {lives}, less than the {interval} between two rotations "
            f"and the overlap of {ids.overlap}; rotate more often, or let it live longer"
        )
    if not interval <= ids.wrapped <= lives:
        raise ValueError(
            f"{where}: it must wait wrapped for at least the {interval} until the next one and at "
            f"most the {lives} that it lives, and waits {ids.wrapped}; write a time between"
        )


def _check_place(
    where: str, one: Scheduled, into: KubernetesSecret, applications: Iterable[Application]
) -> None:
    """A pod mounts any Secret of its namespace: among an application's pods, each would be the
    pipeline, and all of them are kept from what that may.
    """
    places = {bound_namespace(into.namespace, environment) for environment in one.environments}
    for application in applications:
        for workload in application.workloads:
            who = workload.identity
            if isinstance(who, ServiceAccount) and places & {
                who.bound_namespace(environment) for environment in one.environments
            }:
                raise ValueError(
                    f"{where}: the Secret is in {into.namespace!r}, where {application.name}/"
                    f"{workload.name} runs, and every pod there could log in with it; write a "
                    "namespace in which only the pipeline is, such as "
                    f"'{into.namespace}-ci'"
                )


def _check_renewal(where: str, renewal: RenewIntermediate) -> None:
    if renewal.lifetime.seconds < 2 * renewal.schedule.interval.seconds:
        raise ValueError(
            f"{where}: a CA lives {renewal.lifetime}, less than twice the "
            f"{renewal.schedule.interval} between two renewals, so that one that failed would have "
            "no second chance; renew more often, or let it live longer"
        )


def _joined(environments: Iterable[Environment]) -> str:
    return ", ".join(sorted(environment.value for environment in environments))
