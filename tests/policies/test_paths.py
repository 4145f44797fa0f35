"""`policies.paths`: names that Vault keeps as they are, and KV paths without KV v2's infixes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.paths import (
    AUTH_MOUNTS,
    AWS,
    AZURE,
    ENGINE_MOUNTS,
    GCP,
    SecretPath,
    check_name,
    check_served,
    cloud_credentials,
    database_credentials,
    pki_issue,
    refuse_secrets,
)

SEGMENTS = st.lists(st.sampled_from(["a", "b", "ab", "a-b", "a.b", "a_1"]), min_size=1, max_size=3)
PATHS = st.builds(
    lambda segments, folder: SecretPath("/".join(segments) + ("/*" if folder else "")),
    SEGMENTS,
    st.booleans(),
)


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "api", "media-catalog", "v2", "2nd", "a" * 63])
def test_a_name_that_nobody_changes_is_accepted(name: str) -> None:
    check_name("workload", name)


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("API", "api"),
        ("MediaCatalog", "mediacatalog"),
        ("media_catalog", "media-catalog"),
        ("Media Catalog", "media-catalog"),
        ("-api-", "api"),
        ("api/v2", "api-v2"),
        ("api*", "api"),
        ("api\n", "api"),
        ("å", "a-name"),
        ("", "a-name"),
        ("a" * 64, "a" * 63),
        ("a" * 62 + "-b", "a" * 62),
    ],
)
def test_a_name_that_vault_would_change_is_refused_with_one_that_it_keeps(
    name: str, suggested: str
) -> None:
    with pytest.raises(ValueError, match="must be lower-case letters") as caught:
        check_name("workload", name)
    said = str(caught.value)
    assert said.startswith(f"workload {name!r}: ")
    assert "at most 63 (Vault and Kubernetes would change or refuse it)" in said
    assert said.endswith(f"write {suggested!r}")


@given(st.text(max_size=80))
@settings(max_examples=200)
def test_the_suggested_name_is_always_a_good_one(name: str) -> None:
    try:
        check_name("workload", name)
    except ValueError as error:
        check_name("suggestion", str(error).rpartition("write '")[2].removesuffix("'"))


# --- paths below the KV mount ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "secret/data/media-catalog/api",
        "secret/media-catalog/api",
        "secret",
        "data/media-catalog/api",
        "data/media-catalog/*",
        "metadata/media-catalog/api",
        "destroy/media-catalog/api",
    ],
)
def test_a_path_with_the_mount_or_an_infix_cannot_be_written(text: str) -> None:
    with pytest.raises(
        ValueError,
        match=r"must start below the mount, without 'secret' or a KV v2 infix such as 'data'; "
        r"write the path as an application knows it, such as 'media-catalog/api'",
    ) as caught:
        SecretPath(text)
    assert str(caught.value).startswith(f"secret path {text!r}: ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "/*",
        "/media-catalog/api",
        "media-catalog/",
        "media-catalog//api",
        "media-catalog/*/api",
        "media-catalog/a*",
        "media-catalog/**",
        "media-catalog/+",
        "+/api",
        "Media-Catalog/api",
        "media catalog/api",
        "media-catalog/../kubesentiment",
        "media-catalog/.",
        "media-catalog/api\n",
        'media-catalog/"',
        "media-catalog/{{identity.entity.name}}",
    ],
)
def test_a_path_in_another_form_cannot_be_written(text: str) -> None:
    with pytest.raises(
        ValueError,
        match=r"must be lower-case segments joined by '/', with '\*' only as the whole last "
        r"segment below a folder; write one such as 'media-catalog/api' or 'media-catalog/\*'",
    ) as caught:
        SecretPath(text)
    assert str(caught.value).startswith(f"secret path {text!r}: ")


def test_an_infix_deeper_down_is_an_ordinary_name() -> None:
    assert SecretPath("media-catalog/data").data == "secret/data/media-catalog/data"
    assert SecretPath("data").data == "secret/data/data"


def test_each_operation_on_an_entry_has_its_path() -> None:
    path = SecretPath("media-catalog/api")
    assert path.data == "secret/data/media-catalog/api"
    assert path.metadata == "secret/metadata/media-catalog/api"
    assert path.version_operations == (
        "secret/delete/media-catalog/api",
        "secret/undelete/media-catalog/api",
        "secret/destroy/media-catalog/api",
    )
    assert (path.folder, path.is_folder) == ("media-catalog", False)
    assert SecretPath("media-catalog/*").is_folder


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", True),
        ("a/*", "a/b/*", True),
        ("a/*", "a/*", True),
        ("a/b", "a/b", True),
        ("a/*", "a", False),
        ("a/*", "ab/c", False),
        ("a/b", "a/b/c", False),
        ("a/b/*", "a/*", False),
        ("a/b", "a/*", False),
    ],
)
def test_a_folder_covers_what_is_below_it_and_nothing_else(
    one: str, other: str, covers: bool
) -> None:
    assert SecretPath(one).covers(SecretPath(other)) is covers


@given(PATHS, PATHS, PATHS)
def test_covering_is_an_order(one: SecretPath, other: SecretPath, third: SecretPath) -> None:
    assert one.covers(one)
    if one.covers(other) and other.covers(one):
        assert one == other
    if one.covers(other) and other.covers(third):
        assert one.covers(third)


# --- other engines --------------------------------------------------------------------------------


def test_credentials_are_read_where_each_engine_issues_them() -> None:
    assert database_credentials("shop-readonly") == "database/creds/shop-readonly"
    assert cloud_credentials(AWS, "s3") == "aws/creds/s3"
    assert cloud_credentials(AZURE, "vm") == "azure/creds/vm"
    assert cloud_credentials(GCP, "bucket") == "gcp/impersonated-account/bucket/token"
    assert pki_issue("shop-api") == "pki/issue/shop-api"


def test_mounts_are_named_once_each() -> None:
    assert len(set(ENGINE_MOUNTS)) == len(ENGINE_MOUNTS)
    assert len(set(AUTH_MOUNTS)) == len(AUTH_MOUNTS)


@pytest.mark.parametrize(
    "path",
    [
        *(f"{mount}/x" for mount in ENGINE_MOUNTS),
        *(f"auth/{mount}/role/x" for mount in AUTH_MOUNTS),
        "sys/mounts",
        "auth/token/lookup-self",
        "identity/entity/id",
    ],
)
def test_a_path_under_a_mount_is_served(path: str) -> None:
    check_served(path)


@pytest.mark.parametrize(
    "path",
    ["", "*", "+/creds/readonly", "kv/data/x", "secrets/x", "secret", "/secret/x", "auth/ldap/x"],
)
def test_a_path_outside_the_mounts_is_refused_and_the_mounts_are_named(path: str) -> None:
    with pytest.raises(
        ValueError, match="must lie under a mount; the mounts are secret, "
    ) as caught:
        check_served(path)
    said = str(caught.value)
    assert said.startswith(f"path {path!r}: ")
    for mount in (*ENGINE_MOUNTS, *(f"auth/{mount}" for mount in AUTH_MOUNTS), "sys", "auth/token"):
        assert mount in said


# --- rules with wildcards -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("secret/data/shop/api", "secret/data/*"),
        ("secret/data/*", "secret/data/*"),
        ("secret/*", "secret/data/*"),
        ("secret/+/shop/api", "secret/data/*"),
        ("secret/d*", "secret/data/*"),
        ("secret/subkeys/shop/api", "secret/subkeys/*"),
        ("database/creds/shop-readonly", "database/creds/*"),
        ("database/+/shop-readonly", "database/creds/*"),
        ("database/static-creds/shop", "database/static-creds/*"),
        ("aws/creds/s3", "aws/creds/*"),
        ("aws/sts/s3", "aws/sts/*"),
        ("azure/creds/vm", "azure/creds/*"),
        ("azure/*", "azure/creds/*"),
        ("gcp/impersonated-account/bucket/token", "gcp/impersonated-account/*"),
        ("gcp/roleset/bucket/key", "gcp/roleset/*"),
        ("pki/issue/shop-api", "pki/issue/*"),
        ("pki/sign/shop-api", "pki/sign*"),
        ("pki/sign-verbatim", "pki/sign*"),
        ("pki/issuer/default/issue/shop-api", "pki/issuer/+/issue/*"),
        ("pki/issuer/*", "pki/issuer/+/issue/*"),
        ("pki/keys/generate/exported", "pki/keys/generate/*"),
        ("pki-root/issue/shop-api", "pki-root/issue/*"),
        ("pki-root/sign/shop-api", "pki-root/sign*"),
        ("pki-root/root/sign-intermediate", "pki-root/root*"),
        ("auth/approle/role/shop-ci/secret-id", "auth/approle/role/+/secret-id"),
        ("auth/approle/role/*", "auth/approle/role/+/secret-id"),
        ("auth/provisioner/role/+/+", "auth/provisioner/role/+/secret-id"),
        ("auth/approle/role/shop-ci/custom-secret-id", "auth/approle/role/+/custom-secret-id"),
        ("azure/static-creds/vm", "azure/static-creds/*"),
        ("pki/acme/new-order", "pki/acme/*"),
        ("pki/roles/shop-api/acme/new-order", "pki/roles/+/acme/*"),
        ("pki/roles/*", "pki/roles/+/acme/*"),
        ("auth/token/create", "auth/token/create*"),
        ("auth/token/create-orphan", "auth/token/create*"),
        ("sys/raw/core/keyring", "sys/raw/*"),
        ("sys/*", "sys/raw/*"),
        ("sys/storage/raft/snapshot-force", "sys/storage/raft/snapshot*"),
    ],
)
def test_a_path_where_secrets_are_handed_out_is_refused(path: str, reached: str) -> None:
    with pytest.raises(ValueError, match="where Vault hands out secrets") as caught:
        refuse_secrets(path)
    assert str(caught.value) == (
        f"path {path!r}: must not reach {reached}, where Vault hands out secrets; grant a workload "
        "what it needs, such as Kv(...), or write a narrower path"
    )


@pytest.mark.parametrize(
    "path",
    [
        "secret/metadata/*",
        "secret/metadata/shop/+",
        "database/roles/+",
        "database/config",
        "aws/roles/*",
        "gcp/config",
        "pki/certs",
        "pki/issuers",
        "pki/issuer/+",
        "pki/roles/+",
        "pki/revoke",
        "pki-root/roles/+",
        "auth/approle/role/+",
        "auth/approle/role/shop-ci/role-id",
        "auth/token/lookup-self",
        "sys/policies/*",
        "sys/storage/raft/autopilot/*",
    ],
)
def test_a_path_beside_the_secrets_is_no_secret(path: str) -> None:
    refuse_secrets(path)


@pytest.mark.parametrize(
    "path",
    [
        SecretPath("shop/api").data,
        database_credentials("shop-readonly"),
        *(cloud_credentials(engine, "shop") for engine in (AWS, AZURE, GCP)),
        pki_issue("shop-api"),
    ],
)
def test_people_reach_nothing_that_a_workload_is_granted(path: str) -> None:
    with pytest.raises(ValueError, match="where Vault hands out secrets"):
        refuse_secrets(path)
