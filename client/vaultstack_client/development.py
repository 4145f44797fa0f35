"""Values for a developer's machine, where there is no Vault.

They can be used only where somebody asked for them and nothing looks like a deployment; otherwise
the process does not start. And where they are used there is no client: `DevelopmentSources` has
none to fail, and `Sources` has no such values to fall back to. So no error of Vault leads here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from vaultstack_client.errors import ConfigurationError
from vaultstack_client.groups import Group, Groups
from vaultstack_client.sources import Origin, SourcesStatus, Values

ASKED: Final = "VAULT_DEVELOPMENT_VALUES"
YES: Final = "yes"
ENVIRONMENT: Final = "dev"
SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")

_PLATFORMS: Final = {
    "KUBERNETES_SERVICE_HOST": "Kubernetes",
    "ECS_CONTAINER_METADATA_URI_V4": "Amazon ECS",
    "AWS_LAMBDA_FUNCTION_NAME": "AWS Lambda",
    "K_SERVICE": "Google Cloud Run",
    "WEBSITE_INSTANCE_ID": "Azure App Service",
    "NOMAD_ALLOC_ID": "Nomad",
}
_log: Final = logging.getLogger(__name__)


def asked_for(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether somebody asked for development values, by `VAULT_DEVELOPMENT_VALUES=yes`.

    Raises `ConfigurationError` for any other value: what is not a clear yes should not be guessed.
    """
    answer = environ.get(ASKED)
    if answer not in (None, YES):
        raise ConfigurationError(
            f"{ASKED}: must be {YES!r} or not set; unset it, or set it to {YES!r} on a developer's "
            "machine"
        )
    return answer == YES


class DevelopmentSources:
    """`Sources` of given values. Cannot be built anywhere but on a developer's machine."""

    def __init__(
        self,
        groups: Iterable[Group],
        values: Mapping[str, Mapping[str, str]],
        *,
        environment: str,
        environ: Mapping[str, str] = os.environ,
        service_account: Path = SERVICE_ACCOUNT,
    ) -> None:
        """`values` by group and key; `environment` is what the application says it runs in.

        Raises `ConfigurationError` with every reason against it, and where a value is missing or
        belongs to no key.
        """
        if reasons := _against(environment, environ, service_account):
            raise ConfigurationError(
                f"{ASKED}: development values must stay on a developer's machine, and "
                f"{'; '.join(reasons)}. Unset {ASKED} and let the secrets come from Vault"
            )
        self._groups = Groups(groups)
        self._values = _checked(self._groups, values)
        _log.warning(
            "development values are used for %s: no Vault is asked", ", ".join(self._groups)
        )

    def get(self, group: str) -> Values:
        """The group's values. Raises `UnknownGroup`."""
        return Values(self._groups[group], Origin.DEVELOPMENT, self._values[group])

    def check(self) -> None:
        """Nothing is left to check: the constructor did."""

    def status(self) -> SourcesStatus:
        """What is in force."""
        origins = dict.fromkeys(self._groups, Origin.DEVELOPMENT)
        return SourcesStatus(origins, None, ())


def _against(environment: str, environ: Mapping[str, str], service_account: Path) -> list[str]:
    """Each guard by itself would do on a good day; together they also hold where one is wrong."""
    reasons = []
    if not asked_for(environ):
        reasons.append(f"nobody asked for them by {ASKED}={YES}")
    if environment != ENVIRONMENT:
        reasons.append(f"the environment is {environment!r}, not {ENVIRONMENT!r}")
    if settings := sorted(name for name in environ if name.startswith("VAULT_") and name != ASKED):
        reasons.append(f"a Vault is configured ({', '.join(settings)})")
    if os.path.lexists(service_account):
        reasons.append(f"there is a Kubernetes service account ({service_account})")
    reasons += [
        f"this is {platform} ({variable})"
        for variable, platform in _PLATFORMS.items()
        if variable in environ
    ]
    return reasons


def _checked(
    groups: Groups, values: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Mapping[str, str]]:
    for name, given in values.items():
        group = groups[name]
        if unknown := sorted(set(given) - set(group.declared)):
            raise ConfigurationError(
                f"development value {unknown[0]!r} of the group {name!r}: must be a key that the "
                "group declares; correct it, or declare it"
            )
    for name, group in groups.items():
        if missing := [key for key in group.keys if key not in values.get(name, {})]:
            raise ConfigurationError(
                f"development value {missing[0]!r} of the group {name!r}: must be given; give it"
            )
    return {name: dict(values[name]) for name in groups}
