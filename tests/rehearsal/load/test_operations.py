"""Each operation is one that the matrix grants to who does it. No server runs here."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from policies.hcl import Capability, parse
from policies.plan import KvSecret, Plan
from rehearsal.errors import RehearsalError
from rehearsal.load import operations
from rehearsal.load.audit import Device
from rehearsal.load.fortio import Request
from rehearsal.load.operations import Applications, Operation
from rehearsal.load.targets import Target
from rehearsal.proof.results import Figure
from tests.rehearsal import subjects
from tests.rehearsal.fakes import refusal
from tests.rehearsal.load.fakes import ADDRESS, CA_FILE, LoadedVault, stood_up

# A random entry, which is asked for with check-and-set, stands before those that are given.
PLAN = dataclasses.replace(
    subjects.PLAN,
    kv_entries=(
        KvSecret(name="shop/a", keys=("key",), generated_length=48),
        *subjects.PLAN.kv_entries,
    ),
)


class Tokens:
    """Service-account tokens that say whose they are."""

    def request_token(self, namespace: str, account: str, audience: str) -> str:
        return f"{namespace}/{account} for {audience}"


@pytest.fixture(autouse=True)
def _a_small_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "MATRIX", subjects.MATRIX)


@pytest.fixture
def root() -> LoadedVault:
    return LoadedVault()


def applications(root: LoadedVault, plan: Plan = PLAN) -> Applications:
    reads = Request("GET", ADDRESS, "secret/data/shop/api", CA_FILE, "the comparison's")
    target = Target("x", Device(root, Path("/audit.log")), reads)
    return Applications(stood_up(plan, kubernetes=Tokens()), target)


def made(root: LoadedVault) -> dict[str, Operation]:
    found = applications(root).operations()
    by_name = {one.name: one for one in found}
    assert len(by_name) == len(found)
    return by_name


@pytest.mark.parametrize(
    ("name", "method", "path", "token"),
    [
        ("KV read", "GET", "secret/data/shop/api", "shop-api's"),
        ("KV write", "POST", "secret/data/shop/api", "shop-admin's"),
        ("database credentials", "GET", "database/creds/shop-readonly", "shop-api's"),
        ("token renewal", "POST", "auth/token/renew-self", "shop-api's"),
        ("certificate, EC P-256", "POST", "pki/issue/shop-admin", "shop-admin's"),
        ("certificate, RSA 2048", "POST", "pki/issue/load", "load's"),
        ("Kubernetes login", "POST", "auth/kubernetes/login", ""),
        ("AppRole login", "POST", "auth/approle/login", ""),
    ],
)
def test_who_asks_for_what(
    name: str, method: str, path: str, token: str, root: LoadedVault
) -> None:
    request = made(root)[name].request
    assert (request.method, request.path, request.token) == (method, path, token)
    assert (request.address, request.ca_file) == (ADDRESS, CA_FILE)


def test_bodies(root: LoadedVault) -> None:
    payloads = {name: one.request.payload for name, one in made(root).items()}
    written: Any = payloads.pop("KV write")
    assert written["data"].keys() == {"key", "other"}
    assert payloads == {
        "KV read": None,
        "database credentials": None,
        "token renewal": {},
        "certificate, EC P-256": {"common_name": "shop.dev.example"},
        "certificate, RSA 2048": {"common_name": "load.example.internal"},
        "Kubernetes login": {"role": "shop-api", "jwt": "shop-dev/api for vault-dev"},
        "AppRole login": {"role_id": "load", "secret_id": "secret"},
    }


def test_what_is_wanted_of_each_and_that_rsa_keys_take_their_time(root: LoadedVault) -> None:
    found = made(root)
    assert {name: one.figure for name, one in found.items() if one.figure} == {
        "KV read": Figure.STATIC_SECRET,
        "database credentials": Figure.DATABASE_CREDENTIALS,
        "token renewal": Figure.TOKEN_RENEWAL,
        "certificate, EC P-256": Figure.CERTIFICATE,
        "certificate, RSA 2048": Figure.CERTIFICATE,
    }
    rates = {name: one.per_second for name, one in found.items()}
    assert rates.pop("certificate, RSA 2048") < min(rates.values())


def test_workloads_log_in_as_they_do_elsewhere(root: LoadedVault) -> None:
    made(root)
    logins = [one for one in root.asked if one.path == "auth/kubernetes/login"]
    assert {one.token for one in logins} == {""}
    assert {one.body["role"]: one.body["jwt"] for one in logins} == {
        "shop-api": "shop-dev/api for vault-dev",
        "shop-admin": "shop-dev/admin for vault-dev",
    }


def test_the_root_token_makes_throwaway_roles_and_uses_none(root: LoadedVault) -> None:
    made(root)
    assert [one.path for one in root.asked if one.token == "root's"] == [
        "pki/roles/load",
        "sys/policies/acl/load",
        "auth/token/create",
        "auth/approle/role/load",
        "auth/approle/role/load/role-id",
        "auth/approle/role/load/secret-id",
    ]
    (approle,) = root.bodies("auth/approle/role/load")
    assert approle["token_policies"] == "shop-api-dev"


def test_rsa_keys_are_of_a_role_of_their_own(root: LoadedVault) -> None:
    made(root)
    (role,) = root.bodies("pki/roles/load")
    assert role == {
        "key_type": "rsa",
        "key_bits": 2048,
        "allowed_domains": "load.example.internal",
        "allow_bare_domains": True,
        "ttl": "1h",
    }
    (written,) = root.bodies("sys/policies/acl/load")
    (stanza,) = parse(written["policy"])
    assert (stanza.path, stanza.capabilities) == ("pki/issue/load", (Capability.UPDATE,))
    (token,) = root.bodies("auth/token/create")
    assert token == {"policies": ["load"], "no_default_policy": True}


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("kv_entries", "GET a KV entry"),
        ("database_roles", "have database credentials"),
        ("pki_roles", "have a certificate"),
    ],
)
def test_what_nobody_may_is_said(without: str, said: str, root: LoadedVault) -> None:
    nothing: Any = {without: ()}
    plan = dataclasses.replace(PLAN, **nothing)
    with pytest.raises(RehearsalError, match=f"lets no service account {said}, so"):
        applications(root, plan).operations()


def test_an_entry_of_random_values_is_not_written(root: LoadedVault) -> None:
    plan = dataclasses.replace(PLAN, kv_entries=PLAN.kv_entries[:1])
    with pytest.raises(RehearsalError, match="GET a KV entry"):
        applications(root, plan).operations()


def test_a_login_that_fails_stops_it(root: LoadedVault) -> None:
    root.answers["auth/kubernetes/login"] = [refusal()]
    with pytest.raises(RehearsalError, match="auth/kubernetes/login: Vault said 403"):
        applications(root).operations()
