"""Which paths take `sudo` besides."""

from __future__ import annotations

import pytest

from policies.acl.protected import ALWAYS_MOUNTED, PROTECTED, is_protected

MOUNTS = {"pki/": "pki", "pki/inner/": "kv", "kv/": "kv"}


@pytest.mark.parametrize(
    "path",
    [
        "sys/auth/kubernetes",
        "sys/auth/",
        "sys/audit",
        "sys/audit/file",
        "sys/raw",
        "sys/raw/core/seal",
        "sys/rotate",
        "sys/seal",
        "sys/leases",
        "sys/leases/lookup/",
        "sys/leases/lookup/a",
        "sys/config/ui/headers/a",
        "sys/plugins/catalog/auth",
        "auth/token/accessors/",
        "auth/token/revoke-orphan",
        "pki/root",
        "pki/root/sign-self-issued",
    ],
)
def test_takes_sudo(path: str) -> None:
    assert is_protected(path, MOUNTS)


@pytest.mark.parametrize(
    "path",
    [
        "sys/auth",
        "sys/audits",
        "sys/rotate/config",
        "sys/leases/lookup",
        "sys/leases/",
        "sys/plugins/catalog",
        "auth/token/accessors",
        "auth/token/accessors/a",
        "auth/token/create",
        "auth/kubernetes/config",
        "pki/root/generate/internal",
        "pki/roles",
        "pki/inner/root",
        "kv/root",
        "pki",
        "nowhere/sys/raw",
        "",
    ],
)
def test_takes_none(path: str) -> None:
    assert not is_protected(path, MOUNTS)


def test_without_mounts_only_vaults_own_are_protected() -> None:
    assert is_protected("sys/raw", {})
    assert not is_protected("pki/root", {})
    assert set(ALWAYS_MOUNTED.values()) <= set(PROTECTED)


def test_a_mount_within_another_hides_it() -> None:
    assert is_protected("a/root", {"a/": "pki"})
    assert not is_protected("a/root", {"a/": "pki", "a/root/": "kv"} | {"a/r": "kv"})


def test_what_is_always_mounted_cannot_be_something_else() -> None:
    assert is_protected("sys/raw", {"sys/": "kv"})
