"""An ID that is wrong is a resource that the engine does not find again, and makes anew."""

from __future__ import annotations

import pytest

from upkeep.state import identity


@pytest.mark.parametrize(
    ("type_", "properties", "expected"),
    [
        ("vault:index/policy:Policy", {"name": "app-dev"}, "app-dev"),
        ("vault:index/mount:Mount", {"path": "secret"}, "secret"),
        (
            "vault:kubernetes/authBackendRole:AuthBackendRole",
            {"backend": "kubernetes", "roleName": "app"},
            "auth/kubernetes/role/app",
        ),
        (
            "vault:kv/secretV2:SecretV2",
            {"mount": "secret", "name": "app/config"},
            "secret/data/app/config",
        ),
        (
            "vault:database/secretBackendStaticRole:SecretBackendStaticRole",
            {"backend": "database", "name": "app-exports"},
            "database/static-roles/app-exports",
        ),
    ],
)
def test_an_id_is_made_of_the_properties(
    type_: str, properties: dict[str, str], expected: str
) -> None:
    assert identity.known(type_)
    assert identity.id_of(type_, properties) == expected


def test_another_providers_type_is_not_known() -> None:
    assert not identity.known("aws:kms/key:Key")
    with pytest.raises(KeyError):
        identity.id_of("aws:kms/key:Key", {})
