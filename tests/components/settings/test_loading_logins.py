"""How workloads and people may log in: every rule with its message, and what the right values
become.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import pytest

from components.settings import (
    NAMESPACE,
    KubernetesAuthSettings,
    KubernetesSettings,
    OidcSettings,
    Reviewer,
)
from components.settings.loading_logins import read_kubernetes_auth, read_oidc
from components.settings.reader import ConfigReader
from policies.environments import Environment
from tests.components.settings.loader import Gist, Loader, existing, text_of
from tests.recording import Runner

RULES: Final[Mapping[str, Gist]] = {
    "an unknown reviewer": (
        "dev",
        {"kubernetesReviewer": "me"},
        "kubernetesReviewer",
        "one of pod, given, create",
    ),
    "Kubernetes without a scheme": ("dev", {"kubernetesHost": "k8s"}, "kubernetesHost", "a URL"),
    "an issuer without a scheme": (
        "dev",
        {"oidcDiscoveryUrl": "login"},
        "oidcDiscoveryUrl",
        "must be a URL",
    ),
    "an issuer without a client": (
        "prod",
        {"oidcClientId": ""},
        "oidcClientId",
        "is needed with oidcDiscoveryUrl",
    ),
    "a reviewer made in whatever cluster is current": (
        "dev",
        {"kubernetesReviewer": "create", "kubernetesContext": ""},
        "kubernetesContext",
        (
            "is needed where kubernetesReviewer is 'create', or whatever cluster happens to be "
            "current would be given a token reviewer; fix: pulumi config set "
            "vaultstack:kubernetesContext <name in the kubeconfig>"
        ),
    ),
    **{
        f"{key} over http in {environment}": (
            environment,
            {key: "http://10.0.0.1:8080"},
            key,
            (
                "must be https: tokens or secrets travel over it; is 'http://10.0.0.1:8080'; "
                f"fix: pulumi config set vaultstack:{key} https://<host>:<port>"
            ),
        )
        for key in ("kubernetesHost", "oidcDiscoveryUrl")
        for environment in ("staging", "prod")
    },
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_one_problem_with_its_key_and_fix(loaded: Loader, name: str) -> None:
    environment, changed, key, rule = RULES[name]
    (problem,) = loaded.problems(environment, None, **changed)
    assert problem.startswith(f"vaultstack:{key}: ")
    assert rule in problem
    assert re.search(r"; fix: .+", problem)


def test_a_reviewers_token_that_nothing_uses_is_refused(loaded: Loader) -> None:
    (problem,) = loaded.problems(
        "dev", {"kubernetesReviewerToken": "hidden-value"}, kubernetesReviewer="pod"
    )
    assert "must not be given where kubernetesReviewer is 'pod'" in problem
    assert "hidden-value" not in problem


# --- what the right values become -------------------------------------------------------------


def test_secrets_are_secret_outputs(run: Runner, loaded: Loader) -> None:
    made = loaded(
        "prod",
        {"oidcClientSecret": "oidc", "kubernetesReviewerToken": "token"},
        kubernetesReviewer="given",
    )
    assert made.oidc
    for value, expected in (
        (made.oidc.client_secret, "oidc"),
        (made.kubernetes_auth.reviewer_token, "token"),
    ):
        assert text_of(run, value) == (expected, True)


def test_without_an_issuer_nothing_is_asked_of_people(run: Runner) -> None:
    found: list[tuple[OidcSettings | None, bool]] = []

    def program() -> None:
        read = ConfigReader(NAMESPACE)
        found.append((read_oidc(read, Environment.PROD), read.sound("oidcClientId")))

    recording = run(program, config=existing("prod", oidcDiscoveryUrl="", oidcClientId=""))
    assert found == [(None, True)]
    assert recording.warnings == []


def test_people_wait_for_the_client_secret_and_a_warning_says_so(loaded: Loader) -> None:
    assert loaded("prod").oidc is None
    (warning,) = (line for line in loaded.warnings if "oidc" in line)
    assert "people cannot log in yet" in warning
    assert "pulumi config set --secret vaultstack:oidcClientSecret" in warning


def test_workloads_wait_for_the_reviewers_token_and_a_warning_says_so(loaded: Loader) -> None:
    made = loaded(kubernetesReviewer="given")
    assert made.kubernetes_auth.reviewer is Reviewer.GIVEN
    (warning,) = (line for line in loaded.warnings if "kubernetesReviewerToken" in line)
    assert "workloads cannot log in yet" in warning


PLAIN: Final = {"kubernetesHost": "http://{host}:1", "oidcDiscoveryUrl": "http://{host}:2"}


@pytest.mark.parametrize(
    ("environment", "host"),
    [("dev", "10.0.0.1"), ("prod", "127.0.0.1"), ("prod", "localhost"), ("staging", "[::1]")],
)
def test_http_is_taken_in_dev_and_on_loopback(loaded: Loader, environment: str, host: str) -> None:
    given = {key: url.format(host=host) for key, url in PLAIN.items()}
    made = loaded(environment, {"oidcClientSecret": "hidden"}, **given, oidcClientId="id")
    assert made.oidc
    assert given == {
        "kubernetesHost": made.kubernetes_auth.host,
        "oidcDiscoveryUrl": made.oidc.discovery_url,
    }


def test_a_context_is_asked_for_only_where_it_is_used(loaded: Loader) -> None:
    made = loaded(kubernetesReviewer="create", kubernetesContext="shop-cluster")
    assert made.kubernetes_auth.reviewer is Reviewer.CREATE
    assert made.kubernetes_auth.cluster.context == "shop-cluster"
    assert loaded(kubernetesReviewer="pod").kubernetes_auth.cluster.context == ""


def test_the_cluster_is_the_one_that_was_read_already(run: Runner) -> None:
    """Its keys are read once, for the deployment and for the logins."""
    cluster = KubernetesSettings(None, "shop-cluster", "vault", "cluster.local")
    found: list[tuple[KubernetesAuthSettings, bool]] = []

    def program() -> None:
        read = ConfigReader(NAMESPACE)
        made = read_kubernetes_auth(read, Environment.DEV, cluster)
        found.append((made, read.sound("kubernetesContext")))

    run(program, config=existing(kubernetesReviewer="create", kubernetesContext=""))
    ((made, sound),) = found
    assert made.cluster is cluster
    assert sound
