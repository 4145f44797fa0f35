"""Reads and validates what divides a plan over stacks: which teams have one, and the settings of
such a stack, which has a program and keys of its own (`teams/Pulumi.yaml`).

Whether a team is one of the matrix, `consistency` says.
"""

from __future__ import annotations

from collections import Counter

from components.settings.loading_engines import read_kv_values
from components.settings.model import (
    ProvisionerCredentials,
    ProvisionerLogin,
    TeamSettings,
    VaultSettings,
)
from components.settings.reader import NAMESPACE, ConfigReader
from components.settings.secret import encrypted
from policies.environments import Environment


def read_team_stacks(read: ConfigReader) -> tuple[str, ...]:
    teams = read.strings("teamStacks")
    if twice := sorted(team for team, count in Counter(teams).items() if count > 1):
        read.problem(
            "teamStacks",
            f"must name each team once, names {', '.join(map(repr, twice))} several times: one "
            "team has one stack",
            "remove the repeats",
        )
    return teams


def load_team() -> TeamSettings:
    """Settings of the current stack, which is a team's.

    Raises `SettingsError` that lists every problem: each names the key, the rule and the fix.
    """
    read = ConfigReader(NAMESPACE)
    environment = read.choice("environment", Environment, Environment.DEV)
    team = read.text("team")
    if not team:
        read.problem(
            "team",
            "is needed: this program makes what is one team's",
            f"pulumi config set {NAMESPACE}:team <an `owner` of policies/matrix.py>",
        )
    settings = TeamSettings(
        environment=environment,
        team=team,
        protect=read.flag("protectData"),
        vault=_vault(read),
        credentials=_credentials(read),
        kv=read_kv_values(read, None),
    )
    read.finish()
    return settings


def _vault(read: ConfigReader) -> VaultSettings:
    address = read.secure_url("vaultAddress", plain_allowed=False)
    if not address and read.sound("vaultAddress"):
        read.problem(
            "vaultAddress",
            "is needed to reach Vault",
            f"pulumi config set {NAMESPACE}:vaultAddress https://<host>:8200",
        )
    return VaultSettings(address, read.text("vaultCaCertFile") or None)


def _credentials(read: ConfigReader) -> ProvisionerCredentials | None:
    login = read.choice("provisionerLogin", ProvisionerLogin, ProvisionerLogin.OIDC)
    role_id, secret_id = read.text("provisionerRoleId"), read.secret("provisionerSecretId")
    given = {"provisionerRoleId": role_id, "provisionerSecretId": secret_id}
    for key, value in given.items():
        secret = "--secret " if key == "provisionerSecretId" else ""
        if login is ProvisionerLogin.APPROLE and not value:
            read.problem(
                key,
                "is needed where provisionerLogin is 'approle': the platform's team hands it over",
                f"pulumi config set {secret}{NAMESPACE}:{key}",
            )
        elif login is ProvisionerLogin.OIDC and value:
            read.problem(
                key,
                "must not be given where provisionerLogin is 'oidc': nothing uses it",
                f"pulumi config rm {NAMESPACE}:{key}",
            )
    if login is ProvisionerLogin.OIDC or not (role_id and secret_id):
        return None
    return ProvisionerCredentials(role_id, encrypted(secret_id))
