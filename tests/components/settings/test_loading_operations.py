"""What the scheduled jobs are told: their image, and what becomes of the way to Vault that all pods
share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from components.settings import (
    NAMESPACE,
    AuthoritySettings,
    KubernetesSettings,
    OperationsSettings,
)
from components.settings.loading_operations import read_operations
from components.settings.loading_pods import Pods
from components.settings.reader import ConfigReader
from tests.components.settings.loader import (
    ADDRESS,
    ENVIRONMENTS,
    SET,
    Loader,
    Rule,
    deploying,
    of_existing,
    sentence,
)
from tests.recording import Runner

IMAGE: Final = "registry.example.internal/vaultstack-jobs:0.1.0"
CLUSTER: Final = KubernetesSettings(None, "somewhere", "vault", "cluster.local")
DIGEST: Final = f"registry.example.internal/jobs@sha256:{'a' * 64}"


def image(name: str) -> Rule:
    return (
        "prod",
        {"jobsImage": name},
        "jobsImage",
        (
            "must name one version, by a tag other than latest or by a digest, is "
            f"{name!r}: what may rotate secrets must not become something else unseen"
        ),
        f"{SET}:jobsImage <registry>/vaultstack-jobs:0.1.0",
    )


RULES: Final[Mapping[str, Rule]] = {
    "an image without a version": image("registry.example.internal/vaultstack-jobs"),
    "whatever is newest": image("registry.example.internal/vaultstack-jobs:latest"),
    "a registry's port is no version": image("registry.example.internal:5000/vaultstack-jobs"),
    "a digest that is too short": image("registry.example.internal/vaultstack-jobs@sha256:abc"),
    "an image with spaces": image("vaultstack jobs:1"),
}


def with_jobs(environment: str, /, **changed: object) -> dict[str, object]:
    given = {"jobsImage": IMAGE, "kubernetesContext": "somewhere", **changed}
    return of_existing(environment, **given)


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_one_problem_with_its_key_and_fix(loaded: Loader, name: str) -> None:
    environment, changed, *_ = RULES[name]
    assert loaded.problems_of(with_jobs(environment, **changed)) == (sentence(RULES[name]),)


def test_without_an_image_no_job_runs(loaded: Loader) -> None:
    assert loaded.of(with_jobs("prod", jobsImage="", kubernetesContext="")).operations is None


@pytest.mark.parametrize("name", [IMAGE, DIGEST, "localhost:5000/jobs:1", f"jobs:1@{DIGEST[-71:]}"])
def test_an_image_of_one_version_is_taken(loaded: Loader, name: str) -> None:
    made = loaded.of(with_jobs("prod", jobsImage=name)).operations
    assert made
    assert made.image == name


def test_jobs_reach_a_vault_that_is_there_already_as_this_program_does(loaded: Loader) -> None:
    made = loaded.of(with_jobs("prod")).operations
    assert made
    assert made.vault_address == ADDRESS
    assert made.kubernetes.context == "somewhere"
    assert made.ca_certificates is None
    assert loaded.warnings == [line for line in loaded.warnings if "vaultCaCertFile" not in line]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_jobs_reach_deployed_servers_from_inside_wherever_the_outside_enters(
    loaded: Loader, environment: str
) -> None:
    outside = {"exposure": "load-balancer", "hostName": "vault.example.com"}
    made = loaded.of(
        deploying(environment, jobsImage=IMAGE, clusterDomain="k8s.example", **outside)
    )
    assert made.vault.address == "https://vault.example.com:8200"
    assert made.operations
    assert made.operations.vault_address == "https://vault.vault.svc.k8s.example:8200"


def test_a_key_of_aws_is_rotated_only_where_there_is_one(loaded: Loader) -> None:
    (problem,) = loaded.problems_of(of_existing("prod", awsRotateRoot=True))
    assert problem == (
        "vaultstack:awsRotateRoot: needs awsAccessKeyId: Vault's own workload identity has no key "
        f"to change; fix: {SET}:awsRotateRoot false"
    )
    secret = {"awsAccessKeyId": "hidden", "awsSecretAccessKey": "hidden"}
    engine = of_existing("prod", awsEngine=True)
    made = loaded.of({**engine, "awsRotateRoot": True}, secret).aws
    assert made
    assert made.rotate_root
    kept = loaded.of(engine, secret).aws
    assert kept
    assert not kept.rotate_root


def test_what_was_read_already_is_handed_on(run: Runner) -> None:
    """The cluster's keys and Vault's address are read once, for all who need them."""
    found: list[OperationsSettings | None] = []
    pods = Pods(
        injector=False,
        csi=False,
        jobs=True,
        vault_address="https://vault.example.com",
        authority=AuthoritySettings(None, None),
        ca_certificates="of a CA",
    )

    def program() -> None:
        found.append(read_operations(ConfigReader(NAMESPACE), CLUSTER, pods))

    run(program, config=with_jobs("prod", kubernetesContext="", vaultAddress=""))
    assert found == [OperationsSettings(CLUSTER, IMAGE, "https://vault.example.com", "of a CA")]
