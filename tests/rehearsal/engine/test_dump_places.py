"""Where one looks: whatever Vault can be asked is read, or left out for a reason."""

from __future__ import annotations

import re

import pytest

from rehearsal.engine.dump_places import BY_TYPE, Names, Place, readable, unaccounted

TYPES = {
    "sys/": "system",
    "pki/": "pki",
    "pki-root/": "pki",
    "secret/": "kv",
    "auth/oidc/": "auth/oidc",
    "auth/token/": "auth/token",
}


@pytest.mark.parametrize(
    "path",
    [
        "/sys/policies/acl/{name}",
        "/sys/policies/acl/",
        "/sys/auth/{path}/tune",
        "/pki-root/issuer/{issuer_ref}",
        "/pki/issuer/{issuer_ref}/crl/der",
        "/secret/metadata/{path}/",
        "/secret/data/{path}",
        "/auth/oidc/role/{name}",
        "/auth/token/accessors/",
    ],
)
def test_known(path: str) -> None:
    assert unaccounted([path], TYPES) == ()


@pytest.mark.parametrize(
    "path",
    ["/sys/policies/new/{name}", "/pki/config/new", "/secret/undelete", "/nowhere/config"],
)
def test_what_is_in_no_table_is_told(path: str) -> None:
    assert unaccounted([path], TYPES) == (path,)


def test_only_what_can_be_read_counts() -> None:
    assert list(readable({"/a": {"get": {}}, "/b": {"post": {}}})) == ["/a"]


def test_no_place_hands_out_a_credential_or_shows_a_value() -> None:
    handing_out = re.compile(r"(.*/)?(creds|sts|data|token|key|generate|raw|snapshot)(/.*)?")
    read = {f"{kind} {place.path}" for kind, looking in BY_TYPE.items() for place in looking.read}

    # What kind of key it is, never the key.
    about_keys = {"identity oidc/key/{}", "pki key/{}"}

    assert {one for one in read if handing_out.fullmatch(one.partition(" ")[2])} == about_keys


def test_everything_left_out_has_a_reason() -> None:
    for looking in BY_TYPE.values():
        for row in looking.left_out:
            re.compile(row.paths)
            assert row.why


@pytest.mark.parametrize(
    ("place", "folder"),
    [
        (Place("roles/{}"), "roles"),
        (Place("issuer/{}", listed="issuers", names=Names.GENERATED), "issuers"),
        (Place("role/{}/secret-id", names=Names.COUNTED), "role"),
    ],
)
def test_folders(place: Place, folder: str) -> None:
    assert place.is_folder
    assert place.folder == folder
