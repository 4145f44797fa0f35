from __future__ import annotations

import base64
from typing import Any, cast

import pytest

from components.delivery.injector.layout import NAME
from rehearsal.delivery.deployed import deployed_injector
from rehearsal.delivery.injector import Injector
from rehearsal.errors import RehearsalError
from rehearsal.servers.kubernetes import KubernetesApi

VAULT = {"name": "AGENT_INJECT_VAULT_ADDR", "value": "https://vault:8200"}


class Kubernetes:
    """Has what it is given, by kind, and looks only into one namespace."""

    def __init__(self, **objects: dict[str, Any]) -> None:
        self._objects = objects

    def get(self, _: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
        assert namespace == "vault-injector"
        if kind not in self._objects:
            raise RehearsalError(f"{kind} {name}: the Kubernetes API answers 404: not found")
        return self._objects[kind]


def found(*env: dict[str, Any], **objects: dict[str, Any]) -> Injector | None:
    container = {"name": NAME, "env": list(env)}
    deployment = {"spec": {"template": {"spec": {"containers": [container]}}}}
    kubernetes = Kubernetes(Deployment=deployment, **objects)
    return deployed_injector(cast(KubernetesApi, kubernetes), "vault")


def authority(**source: str) -> dict[str, Any]:
    (kind,) = source
    reference = {"name": source[kind], "key": "ca.crt"}
    return {"name": "AGENT_INJECT_VAULT_CACERT_BYTES", "valueFrom": {kind: reference}}


def test_what_it_was_told() -> None:
    assert found(VAULT) == Injector("https://vault:8200")


def test_its_authority_is_in_a_secret_or_a_config_map() -> None:
    encoded = base64.b64encode(b"PEM").decode()
    secret = found(VAULT, authority(secretKeyRef="x"), Secret={"data": {"ca.crt": encoded}})
    config = found(VAULT, authority(configMapKeyRef="x"), ConfigMap={"data": {"ca.crt": "PEM"}})
    assert secret == config == Injector("https://vault:8200", ca_pem="PEM")


def test_another_source_is_not_passed_over() -> None:
    with pytest.raises(RehearsalError, match="does not know its source resourceFieldRef"):
        found(VAULT, authority(resourceFieldRef="x"))


def test_where_none_is_deployed_there_is_none() -> None:
    assert deployed_injector(cast(KubernetesApi, Kubernetes()), "vault") is None


def test_what_the_api_refuses_otherwise_is_an_error() -> None:
    class Refusing(Kubernetes):
        def get(self, *_: str) -> dict[str, Any]:
            raise RehearsalError("the Kubernetes API answers 403: forbidden")

    with pytest.raises(RehearsalError, match="403"):
        deployed_injector(cast(KubernetesApi, Refusing()), "vault")
