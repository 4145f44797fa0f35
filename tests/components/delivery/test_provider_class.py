"""What the CSI driver mounts."""

from __future__ import annotations

import json

import pytest

from components.delivery.files import (
    DatabaseCredentials,
    Delivery,
    Exports,
    SecretFile,
    Value,
    Via,
)
from components.delivery.provider_class import class_name, secret_provider_class
from components.delivery.reading import DeliveryError
from policies.paths import SecretPath
from tests.components.delivery.shop import API, ENTRY, PLAN


def mounting(*files: SecretFile) -> Delivery:
    return Delivery("shop/api", files, via=Via.CSI)


def test_a_class() -> None:
    delivery = mounting(
        *(SecretFile(key, ENTRY, Value(key)) for key in ("redis_password", "api_key"))
    )
    found = secret_provider_class(PLAN, delivery)
    parameters = found["spec"]["parameters"]
    assert json.loads(parameters.pop("objects")) == [
        {
            "objectName": key,
            "secretPath": "secret/data/shop/config",
            "secretKey": key,
        }
        for key in ("redis_password", "api_key")
    ]
    assert found == {
        "apiVersion": "secrets-store.csi.x-k8s.io/v1",
        "kind": "SecretProviderClass",
        "metadata": {"name": class_name(delivery), "namespace": "shop-staging"},
        "spec": {
            "provider": "vault",
            "parameters": {
                "roleName": "shop",
                "vaultAuthMountPath": "kubernetes",
                "audience": "vault-staging",
            },
        },
    }


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        (API, "comes by agent, which mounts nothing; write via=Via.CSI, or use its annotations"),
        (
            mounting(SecretFile("user", DatabaseCredentials("shop-readwrite"), Value("username"))),
            (
                "file 'user': database/creds/shop-readwrite issues what ends by itself, and nobody "
                "would renew it in a mounted file; write via=Via.AGENT"
            ),
        ),
        (
            mounting(SecretFile("config", ENTRY, Exports(("api_key",)))),
            (
                "file 'config': a mounted file is one value as it is; write Value(...), a file for "
                "each key, or via=Via.AGENT"
            ),
        ),
        (
            mounting(SecretFile("key", ENTRY, Value("api_key_previous"))),
            (
                "file 'key': 'api_key_previous' is not there before the first rotation, and until "
                "then no pod could mount it; write via=Via.AGENT"
            ),
        ),
        (
            mounting(SecretFile("token", SecretPath("deploy/shop/keys"), Value("token"))),
            "does not grant 'shop/api' to read secret/data/deploy/shop/keys",
        ),
        (
            mounting(SecretFile("key", ENTRY, Value("api_kee"))),
            "secret/data/shop/config has no key 'api_kee'; write 'api_key'",
        ),
    ],
)
def test_what_cannot_be_mounted_is_refused(delivery: Delivery, words: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        secret_provider_class(PLAN, delivery)
    assert words in str(caught.value)
