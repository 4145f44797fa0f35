"""The end of the provisioner: nothing of it is left, and nothing of anybody else's goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.bootstrap import ceremony, farewell
from components.bootstrap.ceremony import BootstrapError
from components.bootstrap.provider import AdoptProvider, InitialiseProvider
from policies.acl import Acl
from policies.hcl import Capability, parse
from tests.components.bootstrap.fake_vault import FORBIDDEN, REFUSED, FakeVault
from tests.components.bootstrap.test_identity import CI, TOKEN, created, inputs

ALIASES = {
    "one": {"canonical_id": "of-workload", "mount_accessor": "auth_kubernetes_gone"},
    "two": {"canonical_id": "of-provisioner", "mount_accessor": "auth_provisioner"},
    "three": {"canonical_id": "of-somebody", "mount_accessor": "auth_userpass"},
    "four": {"canonical_id": "of-somebody", "mount_accessor": "auth_kubernetes_gone"},
}


@pytest.fixture(autouse=True)
def in_ci(vault: FakeVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM_VAULT_AUTH_JWT", TOKEN)
    vault.runs = {TOKEN: "prod"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.bootstrap.provider._FAREWELL_SECONDS", 0.5)


def nothing_left(vault: FakeVault) -> None:
    assert set(vault.auth) == {"token/"}
    assert vault.policies == {}
    assert vault.secret_ids == []
    assert "hvs.orphan-hidden" in vault.revoked
    assert "hvs.orphan-hidden" not in vault.tokens


@pytest.mark.parametrize("ci_login", ["", CI])
def test_first_contact_is_undone(vault: FakeVault, ci_login: str) -> None:
    outs = created(vault, ci_login=ci_login)
    assert set(vault.auth) > {"token/"}
    InitialiseProvider().delete("id", outs)
    nothing_left(vault)


def test_an_adopted_vault_is_left_too(vault: FakeVault) -> None:
    outs = created(vault, ci_login="")
    adopted = AdoptProvider().create(
        {
            **inputs(vault.address, ci_login=""),
            "given_role_id": outs["role_id"],
            "given_secret_id": outs["secret_id"],
        }
    )
    AdoptProvider().delete("id", dict(adopted.outs or {}))
    nothing_left(vault)


def test_only_who_can_log_in_no_more_is_forgotten(vault: FakeVault) -> None:
    outs = created(vault, ci_login="")
    vault.auth["userpass/"] = {"accessor": "auth_userpass"}
    vault.aliases = dict(ALIASES)
    InitialiseProvider().delete("id", outs)
    assert {one["canonical_id"] for one in vault.aliases.values()} == {"of-somebody"}
    assert set(vault.auth) == {"token/", "userpass/"}


def test_a_sealed_vault_is_unsealed_once_more(vault: FakeVault) -> None:
    outs = created(vault, ci_login="")
    vault.sealed, vault.given = True, []
    InitialiseProvider().delete("id", outs)
    nothing_left(vault)


def test_first_contact_that_did_not_finish_is_ended_by_its_shares(vault: FakeVault) -> None:
    vault.answers["sys/auth/provisioner"] = REFUSED
    outs = created(vault, ci_login="")
    assert outs["problem"]
    assert not outs["secret_id"]
    vault.answers.clear()
    InitialiseProvider().delete("id", outs)
    nothing_left(vault)


def broken(vault: FakeVault) -> None:
    vault.answers["DELETE sys/auth/provisioner"] = FORBIDDEN


def unreachable(vault: FakeVault) -> None:
    vault.answers["sys/seal-status"] = (500, {"errors": ["on fire"]})


def locked_out(vault: FakeVault) -> None:
    vault.secret_ids = []


@pytest.mark.parametrize("fault", [broken, unreachable, locked_out])
def test_what_hinders_it_is_said_with_the_way_on(
    vault: FakeVault, fault: Callable[[FakeVault], None]
) -> None:
    outs = created(vault, ci_login="")
    secret_id = outs["secret_id"]
    fault(vault)
    with pytest.raises(BootstrapError, match=r"could not be taken out of .*state delete") as said:
        InitialiseProvider().delete("id", outs)
    assert vault.address in str(said.value)
    assert secret_id not in str(said.value)
    assert "hvs.orphan-hidden" not in vault.tokens


def test_after_a_failure_it_can_be_tried_again(vault: FakeVault) -> None:
    outs = created(vault, ci_login="")
    broken(vault)
    with pytest.raises(BootstrapError):
        InitialiseProvider().delete("id", outs)
    vault.answers.clear()
    InitialiseProvider().delete("id", outs)
    nothing_left(vault)


def test_the_last_rights_are_no_more_than_it_takes(vault: FakeVault) -> None:
    """They go with the ACL policy."""
    outs: dict[str, Any] = created(vault, ci_login="")
    client = ceremony.connect(vault.address, None)
    ceremony.log_in(client, ceremony.Credentials(outs["role_id"], outs["secret_id"]))
    farewell.leave(client, "")
    body = next(body for body in vault.bodies if "create-orphan" in str(body.get("policy")))
    acl = Acl.of([parse(str(body["policy"]))])
    orphan = acl.capabilities("auth/token/create-orphan")
    assert orphan == (Capability.CREATE, Capability.SUDO, Capability.UPDATE)
    assert acl.capabilities("identity/entity/id/one") == (Capability.DELETE,)
    assert acl.capabilities("auth/token/create") == (Capability.DENY,)
    made = next(body for body in vault.bodies if "explicit_max_ttl" in body)
    assert made["explicit_max_ttl"] == "10m"
    assert made["policies"] == ["provisioner", "default"]
