"""dev with the login of CI, on real servers: the real program, then everybody who might log in; and
the change from the one login to the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from attest import live, stack
from attest.errors import AttestError
from attest.report import report
from attest.vault import Vault
from components.bootstrap import ci_login
from components.bootstrap.ceremony import BootstrapError
from components.bootstrap.provider import InitialiseProvider
from policies import provisioner
from policies.environments import Environment
from policies.matrix import MATRIX
from rehearsal.binaries import Binary, Tool
from rehearsal.inventory import told
from rehearsal.proof.results import Outcome
from rehearsal.proof.run import prove
from rehearsal.servers.ci import Run
from rehearsal.stand_up import StoodUp, as_run_of_ci, stand_up
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi

pytestmark = pytest.mark.live

CHANGED: Final[Mapping[str, Any]] = {
    "provisionerLogin": "oidc",
    "ciRepository": "acme/vaultstack",
    "ciAttestEnvironments": ["attest-dev"],
}


@pytest.fixture(scope="module")
def stood(tools: Mapping[Tool, Binary]) -> Iterator[StoodUp]:
    with Supervisor() as supervisor:
        yield stand_up(supervisor, dict(tools), Environment.DEV, lambda _: None, CHANGED)


def run_of(stood: StoodUp) -> Run:
    assert stood.scene.run_of_ci
    return stood.scene.run_of_ci


def ways_in(stood: StoodUp) -> set[str]:
    """Those of the provisioner. Asked with a token that may have ended with the way it came by."""
    run = run_of(stood)
    api = VaultApi(stood.scene.vault_address, str(stood.scene.ca_file))
    login = api.call(
        "POST", f"auth/{ci_login.MOUNT}/login", {"role": provisioner.NAME, "jwt": run.token()}
    )
    if not login.allowed:
        return {"unknown, not by ci"}
    here = api.with_token(login.body["auth"]["client_token"]).call("GET", "sys/auth").data
    return {name for name in ("ci/", "provisioner/") if name in here}


def test_the_state_of_a_new_vault_holds_no_credential(stood: StoodUp) -> None:
    assert (stood.initialised["role_id"], stood.initialised["secret_id"]) == ("", "")
    assert len(stood.shares) == 5
    assert ways_in(stood) == {"ci/"}


def test_every_cell_is_right_and_only_the_run_that_is_meant_is_the_provisioner(
    stood: StoodUp,
) -> None:
    proof = prove(stood.scene, MATRIX, stood.plan, stood.provisioner, stood.shares, lambda _: None)
    assert [result for result in proof.results if not result.ok] == []
    logins = [result for result in proof.results if result.area == "ci"]
    assert [one.resource for one in logins if one.seen.outcome is Outcome.ALLOWED] == [
        "the run that is meant"
    ]
    assert len(logins) >= 18


def test_a_run_that_only_looks_sees_everything_and_is_not_the_provisioner(stood: StoodUp) -> None:
    looking = replace(run_of(stood), environment="attest-dev")
    vault = Vault(stood.scene.vault_address, stood.scene.ca_file)
    with pytest.raises(AttestError, match="refused the login as 'provisioner'"):
        vault.log_in(ci_login.MOUNT, provisioner.NAME, looking.token())
    with pytest.raises(AttestError, match="refused the login as 'attest'"):
        vault.log_in(ci_login.MOUNT, "attest", run_of(stood).token())
    vault.log_in(ci_login.MOUNT, "attest", looking.token())
    there = live.read(vault, lambda _: None)
    vault.close()
    settings = stack.read(Environment.DEV, {**CHANGED, **stood.scene.configuration})
    assert settings.ci
    compared = report(stood.plan, settings, there, address=vault.address)
    assert told(compared).splitlines()[0] == "dev: Vault is what the matrix says"


def test_a_stack_changes_to_a_secret_id_and_back(stood: StoodUp) -> None:
    """Through the provider that the engine would run, with the state as it would be handed over."""
    provider, by_ci = InitialiseProvider(), dict(stood.initialised)
    by_approle = {**by_ci, "ci_login": ""}
    assert not provider.diff("", by_ci, by_ci).changes
    assert provider.diff("", by_ci, by_approle).changes
    with as_run_of_ci(stood.scene):
        outs = dict(provider.update("", by_ci, by_approle).outs or {})
    assert outs["secret_id"]
    assert ways_in(stood) == {"unknown, not by ci"}
    assert not provider.diff("", outs, by_approle).changes
    with as_run_of_ci(stood.scene):
        again = dict(provider.update("", outs, by_ci).outs or {})
    assert (again["role_id"], again["secret_id"]) == ("", "")
    assert ways_in(stood) == {"ci/"}
    refused = VaultApi(stood.scene.vault_address, str(stood.scene.ca_file)).call(
        "POST",
        "auth/provisioner/login",
        {"role_id": outs["role_id"], "secret_id": outs["secret_id"]},
    )
    assert refused.status in (400, 403)


def test_settings_that_would_lock_this_run_out_are_taken_back(stood: StoodUp) -> None:
    run = run_of(stood)
    there = dict(stood.initialised)
    elsewhere = there["ci_login"].replace(run.repository, "acme/elsewhere")
    assert elsewhere != there["ci_login"]
    with (
        as_run_of_ci(stood.scene),
        pytest.raises(BootstrapError, match="refused the token of this run") as refused,
    ):
        InitialiseProvider().update("", there, {**there, "ci_login": elsewhere})
    assert "claim" in str(refused.value)
    assert run.token()[:40] not in str(refused.value)
    assert ways_in(stood) == {"ci/"}


def test_an_issuer_that_vault_cannot_reach_is_named_and_changes_nothing(stood: StoodUp) -> None:
    run = run_of(stood)
    there = dict(stood.initialised)
    # Port 1 of loopback answers nobody.
    elsewhere = there["ci_login"].replace(run.issuer.url, "http://127.0.0.1:1")
    with as_run_of_ci(stood.scene), pytest.raises(BootstrapError, match="vaultstack:ciIssuer"):
        InitialiseProvider().update("", there, {**there, "ci_login": elsewhere})
    assert ways_in(stood) == {"ci/"}


def test_a_token_that_is_too_old_is_refused_with_what_to_do(
    stood: StoodUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = replace(run_of(stood), age=timedelta(hours=1)).token()
    monkeypatch.setenv(ci_login.TOKEN_VARIABLE, old)
    there = dict(stood.initialised)
    with pytest.raises(BootstrapError, match=r"expired.*run it again") as refused:
        InitialiseProvider().update("", there, {**there, "acl": "path"})
    assert old not in str(refused.value)
