from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from rehearsal.delivery.csi import ProviderClass, SecretObject, mounted, provider_class
from rehearsal.errors import RehearsalError
from rehearsal.vault_api import Answer
from tests.rehearsal.fakes import answer, refusal

OBJECTS = """
- objectName: user
  secretPath: database/creds/x
  secretKey: username
- objectName: password
  secretPath: database/creds/x
  secretKey: password
  filePermission: 0400
"""


def stored(provider: str = "vault", /, **parameters: str) -> dict[str, Any]:
    said = {"roleName": "api", "objects": OBJECTS, **parameters}
    spec = {"provider": provider, "parameters": {n: v for n, v in said.items() if v}}
    return {"metadata": {"name": "files"}, "spec": spec}


def test_what_it_means() -> None:
    user, password = (
        SecretObject("user", "database/creds/x", "username"),
        SecretObject("password", "database/creds/x", "password"),
    )
    assert provider_class(stored()) == ProviderClass("api", "", "kubernetes", (user, password))
    found = provider_class(stored(audience="vault-dev", vaultAuthMountPath="other"))
    assert (found.audience, found.mount) == ("vault-dev", "other")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"roleName": ""}, "roleName must say"),
        ({"objects": ""}, "objects must be some"),
        ({"objects": OBJECTS.replace("password\n", "user\n", 1)}, "objectName of its own"),
        ({"objects": OBJECTS.replace("secretKey", "secretkey")}, r"provider knows no secretkey"),
        ({"rolename": "x"}, "does not know them"),
        ({"vaultSkipTLSVerify": "true"}, "does not prove them"),
        ({"vaultKubernetesMountPath": "a", "vaultAuthMountPath": "b"}, "the same twice"),
    ],
)
def test_what_the_provider_would_refuse(changed: dict[str, str], error: str) -> None:
    with pytest.raises(RehearsalError, match=error):
        provider_class(stored(**changed))


def test_another_provider_is_not_ours() -> None:
    with pytest.raises(RehearsalError, match="provider must be 'vault'"):
        provider_class(stored("aws"))


def asking(data: Mapping[str, Any]) -> tuple[Any, list[str]]:
    calls: list[str] = []

    def call(method: str, path: str, _: Mapping[str, Any] | None) -> Answer:
        calls.append(f"{method} {path}")
        return answer(data=data)

    return call, calls


def test_objects_of_one_path_are_of_one_lease() -> None:
    call, calls = asking({"username": "u", "password": "p"})
    assert mounted(provider_class(stored()).objects, call) == {"user": b"u", "password": b"p"}
    assert calls == ["GET database/creds/x"]


def test_kv_is_looked_into_and_what_is_no_text_is_json() -> None:
    call, _ = asking(
        {"data": {"a": "x", "n": {"deep": 1}, "b": "aGk=", "h": "6869"}, "metadata": {}}
    )
    objects = (
        SecretObject("a", "p", "a"),
        SecretObject("n", "p", "n"),
        SecretObject("b", "p", "b", encoding="base64"),
        SecretObject("h", "p", "h", encoding="HEX"),
        SecretObject("all", "p"),
    )
    found = mounted(objects, call)
    assert found["a"] == b"x"
    assert (found["n"], found["b"], found["h"]) == (b'{"deep":1}', b"hi", b"hi")
    assert b'"metadata"' in found["all"]


def test_what_would_fail_the_mount() -> None:
    call, _ = asking({"data": {"a": "x"}})
    with pytest.raises(RehearsalError, match="p has no key 'b'"):
        mounted((SecretObject("file", "p", "b"),), call)
    with pytest.raises(RehearsalError, match="encoding 'gzip'"):
        mounted((SecretObject("file", "p", "a", encoding="gzip"),), call)
    with pytest.raises(RehearsalError, match="p: Vault said 403 permission denied"):
        mounted((SecretObject("file", "p", "a"),), lambda *_: refusal())
