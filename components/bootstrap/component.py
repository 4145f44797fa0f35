"""Declares first contact, and gives the provider with which everything else is configured."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pulumi
import pulumi_vault
from pulumi import dynamic

from components.bootstrap import ci_login
from components.bootstrap.ceremony import BootstrapError
from components.bootstrap.provider import AdoptProvider, InitialiseProvider
from components.settings import BootstrapSettings, ProvisionerCredentials, Seal, VaultSettings
from policies import provisioner
from policies.paths import PROVISIONER_AUTH


@dataclass(frozen=True)
class BootstrapArgs:
    vault: VaultSettings
    bootstrap: BootstrapSettings
    protect: bool


class _Initialisation(dynamic.Resource, module="vaultstack", name="Initialisation"):
    role_id: pulumi.Output[str]
    secret_id: pulumi.Output[str]
    shares: pulumi.Output[list[str]]
    problem: pulumi.Output[str]


class _Adoption(dynamic.Resource, module="vaultstack", name="Adoption"):
    role_id: pulumi.Output[str]
    secret_id: pulumi.Output[str]


class VaultBootstrap(pulumi.ComponentResource):
    """A Vault that can be configured.

    Without given credentials it initialises a new Vault, installs the provisioner and revokes the
    root token; with them it takes over: it checks that they work, brings the provisioner up to date
    and exchanges them for a credential of its own. Where CI logs in with its own token, the secret
    ID ends in the same step, and the state holds none. Deliberately never touches a Vault that
    somebody else initialised, and unseals only with shares that the state holds.
    """

    provider: pulumi_vault.Provider
    """Logs in as the provisioner."""
    shares: pulumi.Output[list[str]] | None
    """The key shares (secret; or PGP-encrypted), where this program initialised the Vault."""

    def __init__(
        self, name: str, args: BootstrapArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:bootstrap:VaultBootstrap", name, None, opts)
        if args.bootstrap.ci:
            _tell_of_missing_token()
        if args.bootstrap.adopted is None:
            role_id, secret_id, self.shares = self._initialise(name, args)
        else:
            role_id, secret_id = self._adopt(name, args, args.bootstrap.adopted)
            self.shares = None
        by_approle, by_ci = None, None
        if args.bootstrap.ci is None:
            by_approle = pulumi_vault.ProviderAuthLoginArgs(
                path=f"auth/{PROVISIONER_AUTH}/login",
                parameters={"role_id": role_id, "secret_id": secret_id},
            )
        else:
            by_ci = pulumi_vault.ProviderAuthLoginJwtArgs(
                mount=ci_login.MOUNT,
                # Nothing logs in before first contact is over, or where it had a problem. A preview
                # logs in nowhere, and all below it is exact only where its provider is known.
                role=provisioner.NAME
                if pulumi.runtime.is_dry_run()
                else role_id.apply(lambda _: provisioner.NAME),
            )
        self.provider = pulumi_vault.Provider(
            f"{name}-provisioner",
            address=args.vault.address,
            ca_cert_file=args.vault.ca_cert_file,
            auth_login=by_approle,
            # Its token is in the environment, where it reaches no state.
            auth_login_jwt=by_ci,
            # Or the operator's VAULT_SKIP_VERIFY would decide.
            skip_tls_verify=False,
            # The provisioner's tokens are short-lived already, and may not make tokens.
            skip_child_token=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"address": args.vault.address, "shares": self.shares})

    def _initialise(
        self, name: str, args: BootstrapArgs
    ) -> tuple[pulumi.Output[str], pulumi.Output[str], pulumi.Output[list[str]]]:
        settings = args.bootstrap
        made = _Initialisation(
            InitialiseProvider(),
            f"{name}-initialisation",
            {
                "acl": provisioner.acl(),
                "address": args.vault.address,
                "auto_unseal": settings.seal is not Seal.SHAMIR,
                "bound_cidrs": list(settings.bound_cidrs),
                "ca_cert_file": args.vault.ca_cert_file or "",
                "ci_login": ci_login.described(settings.ci, settings.bound_cidrs),
                "pgp_keys": list(settings.pgp_keys),
                "secret_id_ttl_seconds": settings.secret_id_ttl.seconds,
                "share_count": settings.shares,
                "share_threshold": settings.threshold,
                "timeout_seconds": settings.timeout.seconds,
                "role_id": None,
                "secret_id": None,
                "secret_id_issued_at": None,
                "shares": None,
                "problem": None,
            },
            pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                additional_secret_outputs=["secret_id", "shares"],
            ),
        )
        role_id = pulumi.Output.all(made.role_id, made.problem).apply(_without_problem)
        return role_id, made.secret_id, made.shares

    def _adopt(
        self, name: str, args: BootstrapArgs, credentials: ProvisionerCredentials
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        adopted = _Adoption(
            AdoptProvider(),
            f"{name}-adoption",
            {
                "acl": provisioner.acl(),
                "address": args.vault.address,
                "bound_cidrs": list(args.bootstrap.bound_cidrs),
                "ca_cert_file": args.vault.ca_cert_file or "",
                "ci_login": ci_login.described(args.bootstrap.ci, args.bootstrap.bound_cidrs),
                "given_role_id": credentials.role_id,
                "given_secret_id": credentials.secret_id,
                "secret_id_ttl_seconds": args.bootstrap.secret_id_ttl.seconds,
                "timeout_seconds": args.bootstrap.timeout.seconds,
                "role_id": None,
                "secret_id": None,
                "secret_id_issued_at": None,
            },
            pulumi.ResourceOptions(parent=self, additional_secret_outputs=["secret_id"]),
        )
        return adopted.role_id, adopted.secret_id


def _tell_of_missing_token() -> None:
    """What needs the token fails without it, and not everything does; Pulumi's provider for Vault
    would only say that a field is unset.
    """
    if not pulumi.runtime.is_dry_run() and not os.environ.get(ci_login.TOKEN_VARIABLE):
        pulumi.log.warn(ci_login.NO_TOKEN)


def _without_problem(values: list[str]) -> str:
    role_id, problem = values
    if problem:
        raise BootstrapError(problem)
    return role_id
