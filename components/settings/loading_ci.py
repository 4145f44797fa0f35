"""Reads and validates from where CI may log in as the provisioner.

Whoever matches can change all that Vault allows, so every rule here is about matching no more
than is meant. Vault compares exactly; a `*` would match nothing, not everything, and is refused as
the misunderstanding that it is.
"""

from __future__ import annotations

import re
from typing import Final

from components.settings.model import CiLoginSettings, ProvisionerLogin
from components.settings.reader import NAMESPACE, ConfigReader
from policies import inspection
from policies.compile import audience_of
from policies.environments import Environment

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_ENVIRONMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]*")
_OF_PULL_REQUESTS: Final = "preview-"
"""Begins the names of the environments in which CI runs what nobody has approved yet."""


def read_ci_login(read: ConfigReader, environment: Environment) -> CiLoginSettings | None:
    login = read.choice("provisionerLogin", ProvisionerLogin, ProvisionerLogin.APPROLE)
    issuer = read.secure_url("ciIssuer", plain_allowed=environment is Environment.DEV)
    repository, environments = read.text("ciRepository"), read.strings("ciEnvironments")
    looking = read.strings("ciAttestEnvironments")
    if login is ProvisionerLogin.APPROLE:
        given = {
            "ciRepository": repository,
            "ciEnvironments": environments,
            "ciAttestEnvironments": looking,
        }
        unused = [key for key, value in given.items() if value]
        for key in unused if read.sound("provisionerLogin") else ():
            read.problem(
                key,
                "must not be given where provisionerLogin is 'approle': nothing uses it",
                f"pulumi config set {NAMESPACE}:provisionerLogin oidc, or remove it",
            )
        return None
    if not issuer and read.sound("ciIssuer"):
        read.problem(
            "ciIssuer",
            "is needed where provisionerLogin is 'oidc': Vault asks it for the keys that sign",
            f"pulumi config set {NAMESPACE}:ciIssuer https://<issuer>",
        )
    if not _REPOSITORY.fullmatch(repository):
        read.problem(
            "ciRepository",
            "must be one repository, owner/name, where provisionerLogin is 'oidc': every other one "
            f"is refused; is {repository!r}",
            f"pulumi config set {NAMESPACE}:ciRepository <owner>/<name>",
        )
    for name in environments:
        _check_environment(read, "ciEnvironments", name, "change")
    for name in looking:
        _check_environment(read, "ciAttestEnvironments", name, "look at")
    return CiLoginSettings(
        issuer,
        audience_of(environment),
        repository,
        environments or (environment.value,),
        looking,
        inspection.acl_policy(environment) if looking else "",
    )


def _check_environment(read: ConfigReader, key: str, name: str, what: str) -> None:
    if not _ENVIRONMENT.fullmatch(name):
        read.problem(
            key,
            f"must be names of environments, without wildcards: {name!r} is none",
            f"name each environment whose runs may {what} Vault",
        )
    elif name.startswith(_OF_PULL_REQUESTS):
        read.problem(
            key,
            f"must not hold {name!r}: there CI runs pull requests that nobody has approved",
            "name only environments that run what is merged",
        )
