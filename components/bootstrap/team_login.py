"""How a team's stack comes into a Vault that another stack has set up."""

from __future__ import annotations

import pulumi
import pulumi_vault

from components.bootstrap import login
from components.settings import TeamSettings
from policies import team_provisioner


class TeamLogin(pulumi.ComponentResource):
    """The provider with which a team's stack makes its slice, as the team's own provisioner.

    Deliberately sets up nothing: the platform's stack makes that identity, and says what it may.
    """

    provider: pulumi_vault.Provider

    def __init__(
        self, name: str, settings: TeamSettings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:bootstrap:TeamLogin", name, None, opts)
        given = settings.credentials
        if given is None:
            login.tell_of_missing_token()
        self.provider = login.provider(
            f"{name}-provisioner",
            settings.vault,
            login.by_approle(given.role_id, given.secret_id)
            if given
            else login.by_ci(team_provisioner.name_of(settings.team)),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"address": settings.vault.address})
