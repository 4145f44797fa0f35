"""What the scheduled jobs are told: every rule with its key, its words and its fix, that none holds
where no job runs, and what the right values become.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from components.settings import NAMESPACE, KubernetesSettings, OperationsSettings
from components.settings.loading_operations import read_operations
from components.settings.model import VaultSettings
from components.settings.reader import ConfigReader
from policies.environments import Environment
from rehearsal.certificates import Authority
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


def address(given: str) -> Rule:
    return (
        "dev",
        {"vaultAddress": given},
        "jobsVaultAddress",
        f"must be an address by which pods reach Vault: {given!r} is each pod's own",
        f"{SET}:jobsVaultAddress https://<host>:8200",
    )


RULES: Final[Mapping[str, Rule]] = {
    "an image without a version": image("registry.example.internal/vaultstack-jobs"),
    "whatever is newest": image("registry.example.internal/vaultstack-jobs:latest"),
    "a registry's port is no version": image("registry.example.internal:5000/vaultstack-jobs"),
    "a digest that is too short": image("registry.example.internal/vaultstack-jobs@sha256:abc"),
    "an image with spaces": image("vaultstack jobs:1"),
    "jobs in whatever cluster is current": (
        "prod",
        {"kubernetesContext": ""},
        "kubernetesContext",
        (
            "is needed with jobsImage, or whatever cluster happens to be current would be given "
            "the jobs"
        ),
        f"{SET}:kubernetesContext <name in the kubeconfig>",
    ),
    "jobs in a namespace that no role is bound to": (
        "prod",
        {"namespace": "secrets"},
        "namespace",
        (
            "must be 'vault' with jobsImage, is 'secrets': the matrix lets the jobs that work on "
            "Vault itself in from there and from nowhere else"
        ),
        f"{SET}:namespace vault",
    ),
    "a Vault on this machine": address("http://127.0.0.1:8200"),
    "a Vault on this machine, by name": address("https://localhost:8200"),
    "a Vault on this machine, of IPv6": address("https://[::1]:8200"),
    "jobs over http": (
        "prod",
        {"jobsVaultAddress": "http://vault.example.com:8200"},
        "jobsVaultAddress",
        "must be https: tokens or secrets travel over it; is 'http://vault.example.com:8200'",
        f"{SET}:jobsVaultAddress https://<host>:<port>",
    ),
}


def with_jobs(environment: str, /, **changed: object) -> dict[str, object]:
    given = {"jobsImage": IMAGE, "kubernetesContext": "somewhere", **changed}
    return of_existing(environment, **given)


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_one_problem_with_its_key_and_fix(loaded: Loader, name: str) -> None:
    environment, changed, *_ = RULES[name]
    assert loaded.problems_of(with_jobs(environment, **changed)) == (sentence(RULES[name]),)


@pytest.mark.parametrize("name", [name for name in RULES if name != "jobs over http"])
def test_without_an_image_nothing_is_asked(loaded: Loader, name: str) -> None:
    environment, changed, *_ = RULES[name]
    made = loaded.of(with_jobs(environment, **{**changed, "jobsImage": ""}))
    assert made.operations is None


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


OTHER_WAY: Final = "https://vault.mesh.example:443"


def test_another_address_may_be_given(loaded: Loader) -> None:
    own = "http://127.0.0.1:8200"
    made = loaded.of(with_jobs("dev", vaultAddress=own, jobsVaultAddress=OTHER_WAY)).operations
    assert made
    assert made.vault_address == OTHER_WAY


def test_there_is_no_other_way_to_deployed_servers(loaded: Loader) -> None:
    """Nor may the jobs' pods take one: their network policy names the servers."""
    config = deploying("prod", jobsImage=IMAGE, jobsVaultAddress=OTHER_WAY)
    (problem,) = loaded.problems_of(config)
    assert problem == (
        "vaultstack:jobsVaultAddress: must not be given with target 'kubernetes': the jobs' pods "
        "may reach the servers' Service and nothing else; fix: pulumi config rm "
        "vaultstack:jobsVaultAddress"
    )
    assert loaded.of({**config, "jobsImage": ""}).operations is None


def test_a_private_ca_is_named_where_the_servers_are_ours(loaded: Loader) -> None:
    """Their certificate is never a public one."""
    assert loaded.of(deploying("staging", jobsImage=IMAGE)).operations
    (warning,) = (line for line in loaded.warnings if "vaultCaCertFile" in line)
    assert "trust public CAs only" in warning
    assert f"{SET}:vaultCaCertFile" in warning


def test_jobs_are_given_the_cas_certificates_and_nothing_else(
    loaded: Loader, tmp_path: Path
) -> None:
    """What they are given, everybody who may read their namespace's ConfigMaps can read."""
    authorities = [Authority.create("one"), Authority.create("other")]
    key = authorities[0].issue("vault").key_pem
    file = tmp_path / "ca.crt"
    first, second = (authority.certificate_pem for authority in authorities)
    file.write_text(f"# the CA's own words\n{first}{key}{second}")
    made = loaded.of(deploying("staging", jobsImage=IMAGE, vaultCaCertFile=str(file))).operations
    assert made
    assert made.ca_certificates == first + second
    assert "vaultCaCertFile" not in " ".join(loaded.warnings)


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff\xfe"])
def test_a_file_without_certificates_is_refused(
    loaded: Loader, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_bytes(content)
    (problem,) = loaded.problems_of(with_jobs("prod", vaultCaCertFile=str(file)))
    assert problem.startswith("vaultstack:vaultCaCertFile: must be a file with CA certificates")
    assert problem.endswith(f"; fix: {SET}:vaultCaCertFile <PEM file>")
    # And where no job runs, nobody opens it.
    assert loaded.of(of_existing("prod", vaultCaCertFile=str(file))).operations is None


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

    def program() -> None:
        read = ConfigReader(NAMESPACE)
        vault = VaultSettings("https://vault.example.com", None)
        found.append(read_operations(read, Environment.PROD, CLUSTER, vault, None))

    run(program, config=with_jobs("prod", kubernetesContext="", vaultAddress=""))
    assert found == [OperationsSettings(CLUSTER, IMAGE, "https://vault.example.com", None)]
