"""`attest` beside a real Vault, against whoever keeps a way in: who moves what a login is checked
against, opens a door that needs no token, or keeps a token of a role that was wider for a moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from attest import live, stack
from attest.differences import Difference
from attest.report import report
from attest.vault import Vault
from rehearsal.inventory import ROLE, inventory
from rehearsal.scene import REVIEWER_NAMESPACE
from rehearsal.vault_api import VaultApi
from tests.live.conftest import Stage

pytestmark = pytest.mark.live


@contextmanager
def told(root: VaultApi, path: str, before: dict[str, Any], **changed: Any) -> Iterator[None]:
    root.write(path, {**before, **changed})
    try:
        yield
    finally:
        root.write(path, before)


def looked(stage: Stage, vault: Vault) -> list[Difference]:
    """By one who came in before."""
    settings = stack.read(stage.plan.environment, stage.scene.configuration)
    there = live.read(vault, lambda _: None)
    made = report(stage.plan, settings, there, address=stage.scene.vault_address)
    return [one for one in made.differences if not one.path.startswith("auth/token/")]


def test_where_service_accounts_are_reviewed_does_not_move_unseen(
    stage: Stage, root: VaultApi
) -> None:
    """Who answers for the API server says that anybody is any workload."""
    path, scene = "auth/kubernetes/config", stage.scene
    api = scene.kubernetes
    # As the API server would have put one into the account's Secret.
    lifetime = timedelta(hours=24)  # those who log in after this test need it, too
    reviewer = api.request_token(REVIEWER_NAMESPACE, "vault-token-reviewer", api.issuer, lifetime)
    shown = dict(root.call("GET", path).data)
    assert "eyJ" not in str(shown)  # as tokens begin
    vault = Vault(scene.vault_address, scene.ca_file)
    try:
        vault.log_in("kubernetes", ROLE, stage.account_token(ROLE))
        before = {**shown, "token_reviewer_jwt": reviewer}
        others = looked(stage, vault)  # what modules before this one left, if anything
        with told(root, path, before, kubernetes_host="https://127.0.0.1:9"):
            (one,) = [one for one in looked(stage, vault) if one not in others]
        assert looked(stage, vault) == others
    finally:
        vault.close()
    (detail,) = one.details
    assert (one.path, detail.what) == (path, "kubernetes_host")
    assert (detail.declared, detail.live) == (shown["kubernetes_host"], "https://127.0.0.1:9")


def test_whom_people_are_vouched_for_by_does_not_change_unseen(
    stage: Stage, root: VaultApi
) -> None:
    path, secret = "auth/oidc/config", stage.scene.configuration["oidcClientSecret"]
    shown = dict(root.call("GET", path).data)
    assert secret not in str(shown)
    with told(root, path, {**shown, "oidc_client_secret": secret}, default_role="operators"):
        (one,) = [one for one in inventory(stage).differences if one.path == path]
    assert [(detail.what, detail.live) for detail in one.details] == [("default_role", "operators")]


@pytest.mark.parametrize("mount", ["pki", "pki-root"])
def test_certificates_without_a_token_are_seen(stage: Stage, root: VaultApi, mount: str) -> None:
    path = f"{mount}/config/acme"
    root.write(f"{mount}/config/cluster", {"path": f"{stage.scene.vault_address}/v1/{mount}"})
    with told(root, path, {"enabled": False}, enabled=True):
        (one,) = [one for one in inventory(stage).differences if one.path == path]
    assert [(detail.what, detail.live) for detail in one.details] == [("enabled", "yes")]


def test_a_token_of_a_role_that_was_wider_for_a_moment_is_seen(
    stage: Stage, root: VaultApi
) -> None:
    path = "auth/kubernetes/role/kubesentiment"
    before = dict(root.call("GET", path).data)
    vault = VaultApi(stage.scene.vault_address, stage.ca_file)
    proof = {"role": "kubesentiment", "jwt": stage.account_token("kubesentiment")}
    wider = {"token_policies": [*before["token_policies"], "provisioner"], "token_period": "768h"}
    with told(root, path, before, **wider, token_max_ttl=0, token_ttl=0):
        auth = vault.call("POST", "auth/kubernetes/login", proof).body["auth"]
    try:
        compared = inventory(stage).differences
    finally:
        root.call("POST", "auth/token/revoke-accessor", {"accessor": auth["accessor"]})
    (one,) = [one for one in compared if one.path.endswith(auth["accessor"])]
    said = {detail.what: detail.live for detail in one.details}
    assert said["policies that its role does not give"] == "provisioner"
    assert said["is renewed for ever"] == "by 2764800 s at a time"


def test_tokens_that_the_audit_log_is_told_to_show_are_seen(stage: Stage, root: VaultApi) -> None:
    headers = "sys/config/auditing/request-headers"
    root.write(f"{headers}/Authorization", {"hmac": False})
    root.write("sys/auth/token/tune", {"audit_non_hmac_request_keys": ["token"]})
    try:
        compared = inventory(stage)
    finally:
        root.call("DELETE", f"{headers}/Authorization")
        root.write("sys/auth/token/tune", {"audit_non_hmac_request_keys": []})
    found = {one.path: [d.what for d in one.details] for one in compared.differences}
    assert found[headers] == ["headers.authorization.hmac"]
    assert found["sys/auth/token"] == ["config.audit_non_hmac_request_keys"]
    left = {one.path for one in inventory(stage).differences}
    assert not left & {headers, "sys/auth/token"}
