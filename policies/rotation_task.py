"""A rotation -> what its job is told: the `task` of the job's file, as plain JSON values.

It holds no secret. Durations are whole seconds, namespaces are those of the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from policies import paths
from policies.environments import Environment
from policies.identities import ServiceAccount, bound_namespace
from policies.rotation import (
    ByAgent,
    RenewIntermediate,
    Restart,
    RotateAwsRoot,
    RotateDatabaseRoot,
    RotateKey,
    RotateSecretIds,
)
from policies.scheduled import Scheduled


def task(one: Scheduled, environment: Environment) -> Mapping[str, Any]:
    """The rules have made sure that everything it names is there."""
    match one.rotation:
        case RotateKey() as key:
            return _key(one, key, environment)
        case RotateDatabaseRoot():
            assert one.application
            return {"type": "database-root", "connection": one.application.name}
        case RotateSecretIds() as ids:
            return _secret_ids(one, ids, environment)
        case RotateAwsRoot():
            return {"type": "aws-root"}
        case RenewIntermediate() as renewal:
            return {
                "type": "pki-intermediate",
                "common_name": renewal.common_name.format(environment=environment.value),
                "ttl_seconds": renewal.lifetime.seconds,
                "root_mount": paths.PKI_ROOT,
                "mount": paths.PKI,
            }
        case _ as never:
            assert_never(never)


def _key(one: Scheduled, key: RotateKey, environment: Environment) -> dict[str, Any]:
    assert one.application
    entry = next(entry for entry in one.application.entries if entry.path == key.path)
    return {
        "type": "kv-key",
        "path": key.path.text,
        "key": key.key,
        "length": entry.generated_length,
        "overlap_seconds": key.overlap.seconds if key.overlap else 0,
        "tell": _tell(one, key.tell, environment),
    }


def _tell(
    one: Scheduled, tell: Restart | ByAgent | None, environment: Environment
) -> dict[str, Any] | None:
    match tell:
        case None:
            return None
        case ByAgent():
            return {"type": "agent"}
        case Restart():
            assert isinstance(one.by.identity, ServiceAccount)
            return {
                "type": "restart",
                "namespace": one.by.identity.bound_namespace(environment),
                "deployment": tell.deployment,
                "ready_within_seconds": tell.ready_within.seconds,
            }
        case _ as never:
            assert_never(never)


def _secret_ids(one: Scheduled, ids: RotateSecretIds, environment: Environment) -> dict[str, Any]:
    assert one.application
    pipeline = next(w for w in one.application.workloads if w.name == ids.workload)
    return {
        "type": "secret-id",
        "role": one.application.role_of(pipeline),
        "wrap_ttl_seconds": ids.wrapped.seconds,
        "secret": {
            "namespace": bound_namespace(ids.into.namespace, environment),
            "name": ids.into.name,
            "key": ids.into.key,
        },
        "overlap_seconds": ids.overlap.seconds,
    }
