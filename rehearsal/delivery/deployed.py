"""The injector that the program deployed, as its pods would be told: from what is stored in the
Kubernetes API, so that agents here are what that injector would make.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from components.delivery.injector.layout import NAME
from rehearsal.delivery.injector import Injector
from rehearsal.errors import RehearsalError
from rehearsal.servers.kubernetes import KubernetesApi


def deployed_injector(kubernetes: KubernetesApi, vault_namespace: str) -> Injector | None:
    """None where the program deployed none. Raises `RehearsalError`."""
    namespace = f"{vault_namespace}-injector"
    deployment = _stored(kubernetes, "apps/v1", "Deployment", NAME, namespace)
    if deployment is None:
        return None
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return Injector.of(
        {variable["name"]: _value(kubernetes, namespace, variable) for variable in container["env"]}
    )


def _value(kubernetes: KubernetesApi, namespace: str, variable: Mapping[str, Any]) -> str:
    """As the kubelet finds it."""
    source = variable.get("valueFrom") or {}
    if found := source.get("secretKeyRef"):
        secret = kubernetes.get("v1", "Secret", found["name"], namespace)
        return base64.b64decode(secret["data"][found["key"]]).decode()
    if found := source.get("configMapKeyRef"):
        data: Mapping[str, str] = kubernetes.get("v1", "ConfigMap", found["name"], namespace)[
            "data"
        ]
        return data[found["key"]]
    if source:
        raise RehearsalError(
            f"variable {variable['name']} of the injector: the rehearsal does not know its source "
            f"{', '.join(source)}; teach rehearsal/delivery/deployed.py"
        )
    return str(variable.get("value", ""))


def _stored(
    kubernetes: KubernetesApi, api_version: str, kind: str, name: str, namespace: str
) -> Mapping[str, Any] | None:
    try:
        return kubernetes.get(api_version, kind, name, namespace)
    except RehearsalError as error:
        if "answers 404" not in str(error):
            raise
        return None
