"""Loads settings from configurations that say themselves what they are of: a stack file's target
may change without a test of a rule changing its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pulumi
import pytest

from components.settings import DeploymentSettings, Settings, SettingsError, Target, load
from policies.environments import Environment
from policies.matrix import MATRIX
from tests.recording import Recording, Runner, configuration, declared

ENVIRONMENTS: Final = ("dev", "staging", "prod")
SECRET_KEYS: Final = {
    key for key, item in declared().items() if item["description"].startswith("Secret.")
}
ADDRESS: Final = "https://vault.example.com:8200"
AUDIT_FILE: Final = "/var/log/vault/audit.log"


def existing(environment: str = "dev", /, **changed: object) -> dict[str, object]:
    """A stack file's configuration, for a Vault that is there already."""
    given = {
        "target": "existing",
        "vaultAddress": ADDRESS,
        "auditFile": AUDIT_FILE,
        **changed,
    }
    return configuration(environment, **given)


def deploying(environment: str = "dev", /, **changed: object) -> dict[str, object]:
    """The least that deploys an environment's servers; nothing of it is from a stack file. None
    takes a key away.
    """
    values = {key: item["default"] for key, item in declared().items() if "default" in item}
    values |= {
        "environment": environment,
        "target": "kubernetes",
        "kubernetesContext": f"cluster-{environment}",
        "tlsIssuer": "ClusterIssuer/platform",
        "clientCidrs": ["10.0.0.0/16"],
    }
    if environment != "dev":
        account = MATRIX.spec(Environment(environment)).aws.id
        values |= {
            "servers": 3,
            "seal": "awskms",
            "clusterOidcProviderArn": f"arn:aws:iam::{account}:oidc-provider/oidc.eks.example/id/1",
        }
    values |= changed
    return {key: value for key, value in values.items() if value is not None}


Configuration = Callable[..., dict[str, object]]
Rule = tuple[str, Mapping[str, object], str, str, str]
"""Environment, what is changed, key, the rule's words, the fix."""
Gist = tuple[str, Mapping[str, object], str, str]
"""Environment, what is changed, key, some of the rule's words."""

SET: Final = "pulumi config set vaultstack"


def of_existing(environment: str, /, **changed: object) -> dict[str, object]:
    """The same configuration, for a Vault that is there already."""
    given = {"vaultAddress": ADDRESS, "auditFile": AUDIT_FILE, **changed}
    return deploying(environment, **{**given, "target": "existing"})


def sentence(rule: Rule) -> str:
    _, _, key, words, fix = rule
    return f"vaultstack:{key}: {words}; fix: {fix}"


class Loader:
    """Loads settings; `__call__` and `problems` are about a Vault that is there already."""

    def __init__(self, run: Runner) -> None:
        self._run = run
        self.recording: Recording | None = None

    def of(
        self, config: Mapping[str, object], secrets: Mapping[str, object] | None = None
    ) -> Settings:
        found: list[Settings] = []
        self.recording = self._run(
            lambda: found.append(load(MATRIX.spec)), config=config, secrets=secrets
        )
        return found[0]

    def problems_of(
        self, config: Mapping[str, object], secrets: Mapping[str, object] | None = None
    ) -> tuple[str, ...]:
        with pytest.raises(SettingsError) as caught:
            self.of(config, secrets)
        return caught.value.problems

    def __call__(
        self,
        environment: str = "dev",
        secrets: Mapping[str, object] | None = None,
        /,
        **changed: object,
    ) -> Settings:
        return self.of(existing(environment, **changed), secrets)

    def problems(
        self,
        environment: str = "dev",
        secrets: Mapping[str, object] | None = None,
        /,
        **changed: object,
    ) -> tuple[str, ...]:
        return self.problems_of(existing(environment, **changed), secrets)

    @property
    def warnings(self) -> list[str]:
        assert self.recording is not None
        return self.recording.warnings


def deployed(loaded: Loader, environment: str = "dev", /, **changed: object) -> DeploymentSettings:
    made = loaded.of(deploying(environment, **changed))
    assert made.target is Target.KUBERNETES
    assert made.deployment is not None
    return made.deployment


def text_of(run: Runner, value: pulumi.Output[str] | None) -> tuple[str, bool]:
    """A value's text, and whether it is a secret."""
    assert value is not None
    found: list[tuple[str, bool]] = []

    async def look() -> None:
        found.append((await value.future() or "", await value.is_secret()))

    run(look)
    return found[0]
