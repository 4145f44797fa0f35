"""Pulumi's provider for Vault, logged in as one provisioner or another."""

from __future__ import annotations

import os

import pulumi
import pulumi_vault

from components.bootstrap import ci_login
from components.settings import VaultSettings
from policies.paths import PROVISIONER_AUTH


def by_approle(
    role_id: pulumi.Input[str], secret_id: pulumi.Input[str]
) -> pulumi_vault.ProviderAuthLoginArgs:
    return pulumi_vault.ProviderAuthLoginArgs(
        path=f"auth/{PROVISIONER_AUTH}/login",
        parameters={"role_id": role_id, "secret_id": secret_id},
    )


def by_ci(role: pulumi.Input[str]) -> pulumi_vault.ProviderAuthLoginJwtArgs:
    """Its token is in the environment, where it reaches no state."""
    return pulumi_vault.ProviderAuthLoginJwtArgs(mount=ci_login.MOUNT, role=role)


def provider(
    name: str,
    vault: VaultSettings,
    login: pulumi_vault.ProviderAuthLoginArgs | pulumi_vault.ProviderAuthLoginJwtArgs,
    opts: pulumi.ResourceOptions,
) -> pulumi_vault.Provider:
    """One that logs in for each run, when it first must."""
    return pulumi_vault.Provider(
        name,
        address=vault.address,
        ca_cert_file=vault.ca_cert_file,
        auth_login=login if isinstance(login, pulumi_vault.ProviderAuthLoginArgs) else None,
        auth_login_jwt=login if isinstance(login, pulumi_vault.ProviderAuthLoginJwtArgs) else None,
        # Or the operator's VAULT_SKIP_VERIFY would decide.
        skip_tls_verify=False,
        # The provisioner's tokens are short-lived already, and may not make tokens.
        skip_child_token=True,
        opts=opts,
    )


def tell_of_missing_token() -> None:
    """What needs the token fails without it, and not everything does; Pulumi's provider for Vault
    would only say that a field is unset.
    """
    if not pulumi.runtime.is_dry_run() and not os.environ.get(ci_login.TOKEN_VARIABLE):
        pulumi.log.warn(ci_login.NO_TOKEN)
