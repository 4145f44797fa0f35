"""The provider for Vault: who logs in, and what nobody's environment can change about it."""

from __future__ import annotations

import pulumi
import pulumi_vault
import pytest

from components.bootstrap import login
from components.settings import VaultSettings
from tests.recording import PROVIDER, Runner

APPROLE = login.by_approle("a-role-id", "a-secret-id")
JWT = login.by_ci("provisioner")


@pytest.mark.parametrize(("given", "key"), [(APPROLE, "authLogin"), (JWT, "authLoginJwt")])
def test_it_logs_in_one_way_and_verifies(
    run: Runner,
    given: pulumi_vault.ProviderAuthLoginArgs | pulumi_vault.ProviderAuthLoginJwtArgs,
    key: str,
) -> None:
    def program() -> None:
        vault = VaultSettings("https://vault.example:8200", "ca.pem")
        login.provider("vault", vault, given, pulumi.ResourceOptions())

    made = run(program)["vault"]
    assert made.type == PROVIDER
    assert made.values["address"] == "https://vault.example:8200"
    assert made.values["caCertFile"] == "ca.pem"
    assert {name for name in made.inputs if name.startswith("authLogin")} == {key}
    assert made.values["skipTlsVerify"] == "false"
    assert made.values["skipChildToken"] == "true"
