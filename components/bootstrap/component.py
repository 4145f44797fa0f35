"""Declares first contact, and gives the provider with which everything else is configured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_vault
from pulumi import dynamic

from components.bootstrap import ci_login, login, teams
from components.bootstrap.provider import AdoptProvider, InitialiseProvider
from components.settings import BootstrapSettings, ProvisionerCredentials, Seal, VaultSettings
from policies import provisioner
from policies.team_provisioner import TeamProvisioner


@dataclass(frozen=True)
class BootstrapArgs:
    """Which Vault, and how first contact with it goes. `protect`: whether what holds the key shares
    may not be deleted.
    """

    vault: VaultSettings
    bootstrap: BootstrapSettings
    protect: bool
    teams: Sequence[TeamProvisioner] = ()
    """Of the teams that have stacks of their own."""


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
            login.tell_of_missing_token()
        if args.bootstrap.adopted is None:
            role_id, secret_id, self.shares = self._initialise(name, args)
        else:
            role_id, secret_id = self._adopt(name, args, args.bootstrap.adopted)
            self.shares = None
        if args.bootstrap.ci:
            # Nothing logs in before first contact is over, or where it had a problem. A preview
            # logs in nowhere, and all below it is exact only where its provider is known.
            known = pulumi.runtime.is_dry_run()
            as_whom = provisioner.NAME if known else role_id.apply(lambda _: provisioner.NAME)
        self.provider = login.provider(
            f"{name}-provisioner",
            args.vault,
            login.by_ci(as_whom) if args.bootstrap.ci else login.by_approle(role_id, secret_id),
            pulumi.ResourceOptions(parent=self),
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
                "acl": provisioner.acl(team.name for team in args.teams),
                "address": args.vault.address,
                "auto_unseal": settings.seal is not Seal.SHAMIR,
                "bound_cidrs": list(settings.bound_cidrs),
                "ca_cert_file": args.vault.ca_cert_file or "",
                "ci_login": _ci_login(args),
                "pgp_keys": list(settings.pgp_keys),
                "secret_id_ttl_seconds": settings.secret_id_ttl.seconds,
                "share_count": settings.shares,
                "share_threshold": settings.threshold,
                "teams": teams.described({team.name: team.acl for team in args.teams}),
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
                "acl": provisioner.acl(team.name for team in args.teams),
                "address": args.vault.address,
                "bound_cidrs": list(args.bootstrap.bound_cidrs),
                "ca_cert_file": args.vault.ca_cert_file or "",
                "ci_login": _ci_login(args),
                "given_role_id": credentials.role_id,
                "given_secret_id": credentials.secret_id,
                "secret_id_ttl_seconds": args.bootstrap.secret_id_ttl.seconds,
                "teams": teams.described({team.name: team.acl for team in args.teams}),
                "timeout_seconds": args.bootstrap.timeout.seconds,
                "role_id": None,
                "secret_id": None,
                "secret_id_issued_at": None,
            },
            pulumi.ResourceOptions(parent=self, additional_secret_outputs=["secret_id"]),
        )
        return adopted.role_id, adopted.secret_id


def _ci_login(args: BootstrapArgs) -> str:
    environments = {team.name: team.ci_environment for team in args.teams}
    return ci_login.described(args.bootstrap.ci, args.bootstrap.bound_cidrs, environments)


def _without_problem(values: list[str]) -> str:
    role_id, problem = values
    if problem:
        raise pulumi.RunError(problem)  # of which Pulumi shows the text, and no traceback
    return role_id
