"""From where CI may log in: every rule with its message, and what the right values become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from components.settings import NAMESPACE, CiLoginSettings
from components.settings.loading_ci import read_ci_login
from components.settings.reader import ConfigReader
from policies.environments import Environment
from tests.components.settings.loader import Loader, Rule, existing
from tests.recording import Runner

OIDC: Final = {
    "provisionerLogin": "oidc",
    "ciRepository": "acme/vaultstack",
    "ciEnvironments": [],
    "ciAttestEnvironments": [],
}
GITHUB: Final = "https://token.actions.githubusercontent.com"
PLAIN: Final = {
    "provisionerLogin": "approle",
    "ciRepository": "",
    "ciEnvironments": [],
    "ciAttestEnvironments": [],
}

RULES: Final[Mapping[str, Rule]] = {
    "an unknown way": (
        "prod",
        {"provisionerLogin": "token"},
        "provisionerLogin",
        "must be one of approle, oidc, is 'token'",
        "pulumi config set vaultstack:provisionerLogin approle",
    ),
    "a repository that nothing uses": (
        "prod",
        {"ciRepository": "acme/vaultstack"},
        "ciRepository",
        "must not be given where provisionerLogin is 'approle': nothing uses it",
        "pulumi config set vaultstack:provisionerLogin oidc, or remove it",
    ),
    "environments that may look, which nothing uses": (
        "prod",
        {"ciAttestEnvironments": ["drift-prod"]},
        "ciAttestEnvironments",
        "must not be given where provisionerLogin is 'approle': nothing uses it",
        "pulumi config set vaultstack:provisionerLogin oidc, or remove it",
    ),
    "a wildcard that may look": (
        "prod",
        {**OIDC, "ciAttestEnvironments": ["drift-*"]},
        "ciAttestEnvironments",
        "must be names of environments, without wildcards: 'drift-*' is none",
        "name each environment whose runs may look at Vault",
    ),
    "environments that nothing uses": (
        "prod",
        {"ciEnvironments": ["prod"]},
        "ciEnvironments",
        "must not be given where provisionerLogin is 'approle': nothing uses it",
        "pulumi config set vaultstack:provisionerLogin oidc, or remove it",
    ),
    "no issuer": (
        "prod",
        {**OIDC, "ciIssuer": ""},
        "ciIssuer",
        "is needed where provisionerLogin is 'oidc': Vault asks it for the keys that sign",
        "pulumi config set vaultstack:ciIssuer https://<issuer>",
    ),
    "an issuer over http": (
        "prod",
        {**OIDC, "ciIssuer": "http://issuer.example"},
        "ciIssuer",
        "must be https: tokens or secrets travel over it; is 'http://issuer.example'",
        "pulumi config set vaultstack:ciIssuer https://<host>:<port>",
    ),
    **{
        f"the repository {repository!r}": (
            "prod",
            {**OIDC, "ciRepository": repository},
            "ciRepository",
            (
                "must be one repository, owner/name, where provisionerLogin is 'oidc': every other "
                f"one is refused; is {repository!r}"
            ),
            "pulumi config set vaultstack:ciRepository <owner>/<name>",
        )
        for repository in ("", "acme", "acme/*", "*/vaultstack", "acme/a/b", "acme/vaultstack ")
    },
    **{
        f"the environment {name!r}": (
            "prod",
            {**OIDC, "ciEnvironments": ["prod", name]},
            "ciEnvironments",
            f"must be names of environments, without wildcards: {name!r} is none",
            "name each environment whose runs may change Vault",
        )
        for name in ("", "*", "prod*", "prod\n")
    },
    "an environment of pull requests": (
        "prod",
        {**OIDC, "ciEnvironments": ["prod", "preview-prod"]},
        "ciEnvironments",
        "must not hold 'preview-prod': there CI runs pull requests that nobody has approved",
        "name only environments that run what is merged",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_names_its_key_and_the_fix(loaded: Loader, name: str) -> None:
    environment, changed, key, rule, fix = RULES[name]
    problems = loaded.problems_of(existing(environment, **{**PLAIN, **changed}))
    assert problems == (f"{NAMESPACE}:{key}: {rule}; fix: {fix}",)


def test_all_that_nothing_uses_is_named_at_once(loaded: Loader) -> None:
    unused = {"ciRepository": "acme/vaultstack", "ciAttestEnvironments": ["attest-prod"]}
    problems = loaded.problems_of(existing("prod", **{**PLAIN, **unused}))
    assert [one.split(":")[1] for one in problems] == list(unused)


def _read(run: Runner, environment: str, changed: Mapping[str, object]) -> CiLoginSettings | None:
    found: list[CiLoginSettings | None] = []

    def program() -> None:
        read = ConfigReader(NAMESPACE)
        found.append(read_ci_login(read, Environment(environment)))

    run(program, config=existing(environment, **{**PLAIN, **changed}))
    return found[0]


def test_the_provisioner_logs_in_by_approle_unless_it_is_told_otherwise(run: Runner) -> None:
    assert _read(run, "prod", {}) is None


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_what_an_environments_runs_must_be(run: Runner, environment: str) -> None:
    assert _read(run, environment, OIDC) == CiLoginSettings(
        GITHUB, f"vault-{environment}", "acme/vaultstack", (environment,)
    )


def test_environments_of_ci_can_be_named(run: Runner) -> None:
    read = _read(run, "prod", {**OIDC, "ciEnvironments": ["prod", "drift-prod"]})
    assert read
    assert read.environments == ("prod", "drift-prod")


def test_environments_that_may_look_get_the_acl_policy_that_looks(run: Runner) -> None:
    read = _read(run, "prod", {**OIDC, "ciAttestEnvironments": ["drift-prod"]})
    assert read
    assert read.environments == ("prod",)
    assert read.attest_environments == ("drift-prod",)
    assert read.attest_acl_policy == "platform-attest-prod"
