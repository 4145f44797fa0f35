"""A delivery -> what the Secrets Store CSI driver mounts for it. Pure.

The provider writes values as they are, when a pod starts, and again only where the driver rotates.
So what ends by itself, and what needs a template, is refused here. Source: vault-csi-provider
1.7.4, internal/config/config.go.
"""

from __future__ import annotations

import json
from typing import Any, Final

from components.delivery.files import Delivery, SecretFile, Value, Via
from components.delivery.reading import DeliveryError, Reading, readings, role_of
from policies.paths import KUBERNETES_AUTH
from policies.plan import Plan

GROUP: Final = "secrets-store.csi.x-k8s.io"
VERSION: Final = "v1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "SecretProviderClass"
DRIVER: Final = "secrets-store.csi.k8s.io"


def secret_provider_class(plan: Plan, delivery: Delivery) -> dict[str, Any]:
    """The object as the API server is given it, in the workload's namespace.

    It says nothing of Vault's address and CA: those are the provider's own.
    Raises `DeliveryError` for what the plan does not have, or does not grant the workload.
    """
    if delivery.via is not Via.CSI:
        raise DeliveryError(
            f"delivery {delivery.workload!r}: comes by {delivery.via.value}, which mounts nothing; "
            "write via=Via.CSI, or use its annotations"
        )
    role = role_of(plan, delivery)
    objects = [
        _object(delivery, file, reading)
        for file, reading in zip(delivery.files, readings(plan, delivery), strict=True)
    ]
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": class_name(delivery), "namespace": role.namespace},
        "spec": {
            "provider": "vault",
            "parameters": {
                "roleName": role.name,
                "vaultAuthMountPath": KUBERNETES_AUTH,
                "audience": role.audience,
                # YAML is asked for, of which JSON is a part.
                "objects": json.dumps(objects),
            },
        },
    }


def class_name(delivery: Delivery) -> str:
    return f"vault-{delivery.workload.replace('/', '-')}"


def volume(delivery: Delivery, name: str) -> dict[str, Any]:
    """With which a pod has the files."""
    return {
        "name": name,
        "csi": {
            "driver": DRIVER,
            "readOnly": True,
            "volumeAttributes": {"secretProviderClass": class_name(delivery)},
        },
    }


def _object(delivery: Delivery, file: SecretFile, reading: Reading) -> dict[str, str]:
    where = f"delivery {delivery.workload!r}, file {file.name!r}"
    if reading.leased:
        raise DeliveryError(
            f"{where}: {reading.request.path} issues what ends by itself, and nobody would renew "
            "it in a mounted file; write via=Via.AGENT"
        )
    match file.content:
        case Value(key=key) if key in reading.later:
            raise DeliveryError(
                f"{where}: {key!r} is not there before the first rotation, and until then no pod "
                "could mount it; write via=Via.AGENT, which writes an empty file"
            )
        case Value(key=key):
            return {
                "objectName": file.name,
                "secretPath": reading.request.path,
                "secretKey": key,
            }
        case _:
            raise DeliveryError(
                f"{where}: a mounted file is one value as it is; write Value(...), a file for each "
                "key, or via=Via.AGENT"
            )
