"""How a run of CI is the provisioner: by its own OIDC token, which lives some minutes, so that
there is no credential to keep. An auth mount of type jwt with one role, and another for runs that
only look (`attest`); its steps over Vault's API.

The roles compare every claim exactly. Deliberately knows nothing of who else may log in how, and
hands out nothing: the token is the CI's, and where it comes from is an environment variable, never
an input that a state would keep.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import hvac
from hvac.exceptions import VaultError

from components.bootstrap.ceremony import BootstrapError
from components.settings import CiLoginSettings
from policies import inspection, provisioner, standing
from policies.paths import CI_AUTH

MOUNT: Final = CI_AUTH
TOKEN_VARIABLE: Final = "TERRAFORM_VAULT_AUTH_JWT"
"""Pulumi's provider for Vault reads the same, so that both are given the same token."""


def described(
    settings: CiLoginSettings | None,
    bound_cidrs: Sequence[str],
    teams: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """What the mount and its roles are told, as text that a preview shows; empty for no such login.
    The same for the same settings. `teams`: provisioner of a team -> the environment of CI whose
    runs it is.
    """
    if settings is None:
        return ""
    config = standing.ci_config(settings.issuer)
    role = standing.ci_role(
        audience=settings.audience,
        repository=settings.repository,
        environments=settings.environments,
        bound_cidrs=bound_cidrs,
    )
    parts: dict[str, Any] = {"config": config, "role": role}
    if settings.attest_environments:
        parts["attest"] = standing.ci_role(
            audience=settings.audience,
            repository=settings.repository,
            environments=settings.attest_environments,
            bound_cidrs=bound_cidrs,
            acl_policy=settings.attest_acl_policy,
        )
    if teams:
        parts["teams"] = {
            name: standing.ci_role(
                audience=settings.audience,
                repository=settings.repository,
                environments=(environment,),
                bound_cidrs=bound_cidrs,
                acl_policy=name,
            )
            for name, environment in teams.items()
        }
    return json.dumps(parts, sort_keys=True)


def install(client: hvac.Client, description: str) -> None:
    """Make the mount, or bring it up to date. Vault looks for the issuer's keys meanwhile.

    Raises `BootstrapError` where Vault does not find them.
    """
    parts: Mapping[str, Mapping[str, Any]] = json.loads(description)
    if f"{MOUNT}/" not in client.sys.list_auth_methods()["data"]:
        client.sys.enable_auth_method(
            standing.AUTH[MOUNT].type, path=MOUNT, description=standing.AUTH[MOUNT].description
        )
    try:
        client.adapter.post(f"/v1/auth/{MOUNT}/config", json=parts["config"])
    except VaultError as error:
        raise BootstrapError(
            f"Vault at {client.url} does not accept vaultstack:ciIssuer "
            f"({parts['config']['oidc_discovery_url']}): {error}. Check the URL, and that Vault's "
            "servers may reach it."
        ) from error
    client.adapter.post(f"/v1/auth/{MOUNT}/role/{provisioner.NAME}", json=parts["role"])
    for name, role in parts.get("teams", {}).items():
        client.adapter.post(f"/v1/auth/{MOUNT}/role/{name}", json=role)
    looks = f"/v1/auth/{MOUNT}/role/{inspection.WORKLOAD}"
    if "attest" in parts:
        client.adapter.post(looks, json=parts["attest"])
    else:
        client.adapter.delete(looks)


def remove(client: hvac.Client) -> None:
    """End this login, and every token that came of it."""
    client.sys.disable_auth_method(path=MOUNT)


def token_of_run() -> str:
    """Raises `BootstrapError` where there is none."""
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise BootstrapError(NO_TOKEN)
    return token


def log_in(client: hvac.Client) -> None:
    """Give `client` a token of the provisioner, with the token of the CI's run.

    Raises `BootstrapError` where there is none, or Vault refuses it.
    """
    token = token_of_run()
    client.token = ""
    try:
        answer = client.adapter.post(
            f"/v1/auth/{MOUNT}/login", json={"role": provisioner.NAME, "jwt": token}
        )
    except VaultError as error:
        raise BootstrapError(
            f"Vault at {client.url} refused the token of this run of CI: "
            f"{str(error).replace(token, '<token>')}. Vault lets in runs of "
            "vaultstack:ciRepository in vaultstack:ciEnvironments, whose token is for this "
            "environment's audience and some minutes old at most; run it again. Where the "
            "repository was renamed, somebody who may must first correct bound_claims of "
            f"auth/{MOUNT}/role/{provisioner.NAME}."
        ) from error
    client.token = answer["auth"]["client_token"]


NO_TOKEN: Final = (
    f"vaultstack:provisionerLogin is 'oidc', and {TOKEN_VARIABLE} is not set: only a run of CI can "
    "change this Vault. Let CI do it; its workflow puts its OIDC token there. A preview needs none."
)
