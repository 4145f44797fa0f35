"""A dump says all that was read, under the same name in two Vaults, and no secret."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from rehearsal.engine import dump
from rehearsal.engine.dump import Difference, Dump, differences
from rehearsal.errors import RehearsalError
from rehearsal.vault_api import Answer
from tests.rehearsal.fakes import Call, FakeVault, answer, refusal

NOTHING = answer(404, errors=[])


def _holding(mark: str) -> dict[str, Any]:
    """A Vault with a role, an entry and a login; `mark` makes what it generates its own."""
    number = f"{mark * 8}-1111-1111-1111-{mark * 12}"
    return {
        "sys/mounts": {
            "secret/": {"type": "kv", "accessor": f"kv_{mark * 8}", "uuid": number},
            "sys/": {"type": "system", "accessor": f"system_{mark * 8}"},
            "identity/": {"type": "identity", "accessor": f"identity_{mark * 8}"},
        },
        "sys/auth": {
            "token/": {"type": "token", "accessor": f"auth_token_{mark * 8}"},
            "approle/": {"type": "approle", "accessor": f"auth_approle_{mark * 8}"},
        },
        "sys/seal-status": {"t": 3, "cluster_name": f"vault-cluster-{mark}"},
        "sys/policies/acl/api": {"policy": f'path "a/{{{{auth_approle_{mark * 8}}}}}" {{}}'},
        "auth/approle/role/ci": {"token_ttl": 60, "token_policies": ["api"]},
        f"auth/approle/role/ci/secret-id/{number}": {},
        "secret/metadata/app/config": {"created_time": f"2026-01-0{ord(mark) % 9 + 1}T00:00:00Z"},
        "secret/subkeys/app/config": {"subkeys": {"other": None, "password": None}},
        "secret/data/app/config": {"data": {"password": "clear"}},
        f"identity/entity/id/{number}": {
            "id": number,
            "name": f"entity_{mark * 8}",
            "policies": [],
            "aliases": [{"mount_path": "auth/approle/", "canonical_id": number}],
        },
        f"auth/token/accessors/{mark}": {},
        "auth/token/accessors/own": {},
        "auth/token/lookup-self": {"accessor": "own"},
    }


def _answering(held: Mapping[str, Any]) -> Callable[[Call], Answer]:
    token = {"path": "auth/approle/login", "policies": ["api"], "type": "service", "orphan": True}

    def respond(call: Call) -> Answer:
        if call.method == "POST":
            own = call.body["accessor"] == "own"
            return answer(data={**token, "policies": ["root"]} if own else token)
        if call.method == "GET":
            if call.path == "sys/seal-status" and call.path in held:
                return answer(**held[call.path])  # not wrapped
            return answer(data=held[call.path]) if call.path in held else NOTHING
        below = [path.removeprefix(f"{call.path}/") for path in held]
        names = {
            name.partition("/")[0] + "/" * ("/" in name)
            for name, path in zip(below, held, strict=True)
            if name != path
        }
        return answer(data={"keys": sorted(names)}) if names else NOTHING

    return respond


def _dumped(held: Mapping[str, Any]) -> Dump:
    return dump.dump(FakeVault(_answering(held)), {})


def test_two_alike_have_no_difference_whatever_they_call_their_things() -> None:
    assert differences(_dumped(_holding("a")), _dumped(_holding("b"))) == ()


def test_what_is_there_is_said() -> None:
    found = _dumped(_holding("a")).objects

    assert found["auth/approle/role/ci"] == {"token_policies": ["api"], "token_ttl": 60}
    assert found["auth/approle/role/ci/secret-id"] == {"count": 1}
    assert found["secret/subkeys/app/config"] == {"subkeys": {"other": None, "password": None}}
    assert found["sys/seal-status"] == {"t": 3}
    assert found["sys/policies/acl/api"] == {
        "policy": 'path "a/{{<accessor of auth/approle/>}}" {}'
    }
    assert found["identity/entity/id"] == [
        {
            "aliases": [
                {"canonical_id": "<entity of auth/approle/>", "mount_path": "auth/approle/"}
            ],
            "id": "<entity of auth/approle/>",
            "name": "<generated>",
            "policies": None,
        }
    ]
    assert found["auth/token/accessors"] == [
        {"orphan": True, "path": "auth/approle/login", "policies": ["api"], "type": "service"}
    ]
    assert list(found) == sorted(found)


def test_no_value_of_an_entry_is_asked_for() -> None:
    vault = FakeVault(_answering(_holding("a")))

    found = dump.dump(vault, {})

    assert "clear" not in json.dumps(found.objects)
    assert not [call for call in vault.calls if call.path.startswith("secret/data")]


@pytest.mark.parametrize(
    ("path", "changed", "expected"),
    [
        (
            "auth/approle/role/ci",
            {"token_ttl": 61, "token_policies": ["api"]},
            Difference("auth/approle/role/ci", "token_ttl", "60", "61"),
        ),
        (
            "sys/policies/acl/api",
            {"policy": 'path "a/{{auth_approle_cccccccc}}" {}'},
            Difference(
                "sys/policies/acl/api",
                "policy",
                json.dumps('path "a/{{<accessor of auth/approle/>}}" {}'),
                json.dumps('path "a/{{<generated>}}" {}'),
            ),
        ),
        (
            "secret/subkeys/app/config",
            {"subkeys": {"other": None}},
            # A key of which nothing is said is not the same as no key.
            Difference("secret/subkeys/app/config", "subkeys.password", "null", None),
        ),
    ],
)
def test_a_change_is_one_difference(
    path: str, changed: Mapping[str, Any], expected: Difference
) -> None:
    other = copy.deepcopy(_holding("b")) | {path: changed}

    assert differences(_dumped(_holding("a")), _dumped(other)) == (expected,)


def test_what_only_one_has_is_a_difference() -> None:
    other = _holding("b")
    del other["auth/approle/role/ci"]
    (gone,) = (
        one
        for one in differences(_dumped(_holding("a")), _dumped(other))
        if one.path == "auth/approle/role/ci"
    )

    assert (gone.field, gone.other) == ("", None)


def test_a_mount_of_an_unknown_type_stops_it() -> None:
    held = _holding("a")
    held["sys/mounts"]["keys/"] = {"type": "transit", "accessor": "transit_1"}

    with pytest.raises(RehearsalError, match="types transit"):
        _dumped(held)


def test_what_may_not_be_read_stops_it() -> None:
    respond = _answering(_holding("a"))

    def refuse(call: Call) -> Answer:
        return refusal() if call.path == "sys/config/cors" else respond(call)

    with pytest.raises(RehearsalError, match="dumping sys/config/cors: Vault said 403"):
        dump.dump(FakeVault(refuse), {})


def test_what_vault_says_can_be_read_and_is_not_is_told() -> None:
    respond = _answering(_holding("a"))
    described: dict[str, dict[str, object]] = {
        "/sys/policies/acl/{name}": {"get": {}},
        "/sys/brand-new": {"get": {}},
        "/sys/seal": {"post": {}},
    }

    def describe(call: Call) -> Answer:
        return answer(paths=described) if call.path == dump.API else respond(call)

    assert dump.overlooked(FakeVault(describe)) == ("/sys/brand-new",)
