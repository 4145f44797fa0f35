"""Rotations for the tests of the jobs, built by hand: what is tested is what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from components.settings import KubernetesSettings, OperationsSettings
from policies.plan import Rotation

CA: Final = "-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n"
CLUSTER: Final = KubernetesSettings(None, "somewhere", "vault", "cluster.local")
OPERATIONS: Final = OperationsSettings(
    CLUSTER, "registry.example/jobs:1.2.3", "https://vault.vault.svc.cluster.local:8200", CA
)
WEEK: Final = 7 * 24 * 3600

KV_KEY: Final[Mapping[str, Any]] = {
    "type": "kv-key",
    "path": "shop/api",
    "key": "jwt_secret",
    "length": 48,
    "overlap_seconds": 86400,
    "tell": {
        "type": "restart",
        "namespace": "shop-dev",
        "deployment": "shop-web",
        "ready_within_seconds": 900,
    },
}
SECRET_ID: Final[Mapping[str, Any]] = {
    "type": "secret-id",
    "role": "shop-ci",
    "wrap_ttl_seconds": 3600,
    "secret": {"namespace": "runners-dev", "name": "shop-ci", "key": "wrapped"},
    "overlap_seconds": 3600,
}


def rotation(
    task: Mapping[str, Any],
    *,
    name: str = "shop-jwt",
    namespace: str = "shop-dev",
    interval_seconds: int = WEEK,
) -> Rotation:
    return Rotation(
        name=name,
        role="shop-rotation",
        service_account="shop-rotator",
        namespace=namespace,
        audience="vault-dev",
        schedule="0 3 * * 1",
        interval_seconds=interval_seconds,
        task=task,
    )


JWT: Final = rotation(KV_KEY)
IDS: Final = rotation(SECRET_ID, name="shop-ci-secret-ids", namespace="vault")
AWS_ROOT: Final = rotation({"type": "aws-root"}, name="aws-root", namespace="vault")
