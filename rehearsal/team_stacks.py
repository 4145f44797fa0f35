"""A team's stack, run on a Vault that the platform's stack has set up: with the configuration that
the engine would hand its program, and the identity that it has in production.
"""

from __future__ import annotations

from collections.abc import Mapping

from policies import paths, team_provisioner
from policies.plan import Plan
from policies.slices import slice_of
from rehearsal import program
from rehearsal.monitor import LiveMonitor
from rehearsal.scene import Scene
from rehearsal.vault_api import VaultApi

FOLDER = program.ROOT / "teams"
_SECRETS = frozenset({"kvValues", "provisionerSecretId"})


def hand_over(root: VaultApi, team: str) -> dict[str, str]:
    """What the platform's team does where a team's stack logs in by AppRole: its provisioner's
    credential, as keys of that stack.
    """
    role = f"auth/{paths.PROVISIONER_AUTH}/role/{team_provisioner.name_of(team)}"
    return {
        "provisionerLogin": "approle",
        "provisionerRoleId": root.call("GET", f"{role}/role-id").data["role_id"],
        "provisionerSecretId": root.write(f"{role}/secret-id", {}).data["secret_id"],
    }


def make(
    built: Scene, plan: Plan, team: str, login: Mapping[str, str], monitor: LiveMonitor
) -> None:
    """Make a team's slice of the whole plan, with the values that the scene has for its entries."""
    entries = {entry.name for entry in slice_of(plan, team).kv_entries}
    values = built.configuration["kvValues"]
    keys = {
        "environment": plan.environment.value,
        "team": team,
        "vaultAddress": built.vault_address,
        "vaultCaCertFile": str(built.ca_file),
        "kvValues": {path: given for path, given in values.items() if path in entries},
        **login,
    }
    defaults = program.project_defaults(FOLDER / "Pulumi.yaml")
    program.run(
        f"{plan.environment.value}-{team}",
        {**defaults, **{f"{program.PROJECT}:{key}": value for key, value in keys.items()}},
        _SECRETS,
        monitor,
        main=FOLDER / "__main__.py",
    )
