"""Vault is only asked: what may not be read is remembered, and nothing is ever written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from attest.errors import AttestError
from attest.vault import WRITES, Unread, Vault
from policies import inspection
from tests.attest.vaults import Served, matching, serving, settings

REFUSED = (403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]})


@pytest.fixture
def served() -> Served:
    return Served(matching(settings()), {"acc-1": {"accessor": "acc-1", "policies": ["x"]}})


@pytest.fixture
def vault(served: Served) -> Iterator[Vault]:
    with serving(served) as address:
        vault = Vault(address, None, "hvs.given-hidden")
        yield vault
        vault.close()


def test_only_these_are_ever_written_to() -> None:
    assert {
        "auth/ci/login",
        "auth/kubernetes/login",
        "auth/token/lookup-accessor",
        "auth/token/revoke-self",
    } == WRITES


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_anything_else_is_not_sent(vault: Vault, served: Served, method: str) -> None:
    with pytest.raises(AssertionError, match="nothing is ever written"):
        vault._ask(method, "sys/policies/acl/x", {"policy": ""})
    assert served.asked == []


def test_what_is_there_is_read_and_what_is_not_is_none(vault: Vault) -> None:
    role = vault.read("auth/kubernetes/role/kubesentiment")
    assert role
    assert role["audience"] == "vault-prod"
    assert vault.read("auth/kubernetes/role/nobody") is None
    assert "kubesentiment" in (vault.listed("auth/kubernetes/role") or ())
    assert vault.listed("identity/group/id") == ()
    assert vault.unread == ()


def test_what_may_not_be_read_is_named_with_vaults_reason(vault: Vault, served: Served) -> None:
    served.answers["LIST", "pki/roles"] = REFUSED
    served.answers["GET", "sys/audit"] = REFUSED
    assert vault.listed("pki/roles") is None
    assert vault.read("sys/audit") is None
    assert vault.unread == (
        Unread("pki/roles", "list", "permission denied"),
        Unread("sys/audit", "read", "permission denied"),
    )


def test_a_token_that_just_ended_is_not_one_that_may_not_be_looked_up(
    vault: Vault, served: Served
) -> None:
    assert vault.look_up("acc-1") == {"accessor": "acc-1", "policies": ["x"]}
    assert vault.look_up("acc-gone") is None
    served.answers["POST", inspection.LOOKUP] = (403, {"errors": ["bad token"]})
    assert vault.look_up("acc-1") is None
    assert list(vault.unread) == []
    served.answers["POST", inspection.LOOKUP] = REFUSED
    assert vault.look_up("acc-1") is None
    assert [one.operation for one in vault.unread] == ["look up tokens"]


def test_a_sealed_vault_says_so(vault: Vault, served: Served) -> None:
    served.sealed = True
    with pytest.raises(AttestError, match=r"is sealed, and tells nothing .*; unseal it"):
        vault.version()


def test_a_vault_that_is_not_initialised_says_so(vault: Vault, served: Served) -> None:
    served.initialised = False
    with pytest.raises(AttestError, match="is not initialised"):
        vault.version()


def test_what_it_logged_in_with_it_ends_and_a_given_token_it_leaves(
    vault: Vault, served: Served
) -> None:
    vault.log_in("kubernetes", "platform-attest", "jwt-hidden")
    vault.close()
    assert served.asked[-1] == ("POST", "auth/token/revoke-self")
    with serving(served) as address:
        served.asked.clear()
        Vault(address, None, "hvs.given").close()
        assert served.asked == []


def test_a_refused_login_is_told_without_the_token(vault: Vault, served: Served) -> None:
    served.answers["POST", "auth/ci/login"] = (400, {"errors": ["jwt-hidden does not match"]})
    with pytest.raises(AttestError, match=r"refused the login as 'attest' .*<token>") as caught:
        vault.log_in("ci", "attest", "jwt-hidden")
    assert "jwt-hidden" not in str(caught.value)


def test_a_token_that_vault_does_not_know_is_told(vault: Vault, served: Served) -> None:
    vault.check_token()
    served.answers["GET", "auth/token/lookup-self"] = REFUSED
    with pytest.raises(AttestError, match="does not take the token") as caught:
        vault.check_token()
    assert "hidden" not in str(caught.value)


def test_a_failing_look_up_is_no_token_that_ended(vault: Vault, served: Served) -> None:
    served.answers["POST", inspection.LOOKUP] = (400, {"errors": ["failed to read index"]})
    assert vault.look_up("acc-1") is None
    assert [one.reason for one in vault.unread] == ["failed to read index"]


def test_a_name_is_asked_for_as_it_is_and_never_as_a_question(vault: Vault, served: Served) -> None:
    vault.read("sys/policies/acl/x?list=true")
    vault.read("sys/policies/acl/x#a b")
    assert [path for _, path in served.asked] == [
        "sys/policies/acl/x%3Flist%3Dtrue",
        "sys/policies/acl/x%23a%20b",
    ]
