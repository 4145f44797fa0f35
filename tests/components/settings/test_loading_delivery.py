"""What brings secrets to pods may be told this: every rule with its key, its words and its fix,
that it holds where something is turned on and nowhere else, and what the right values become.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from components.settings import (
    NAMESPACE,
    AuthoritySettings,
    CsiSettings,
    DeliverySettings,
    FailurePolicy,
    InjectorSettings,
    IssuerKind,
    IssuerReference,
    KubernetesSettings,
    ServingSettings,
)
from components.settings.loading_delivery import read_delivery
from components.settings.loading_pods import Pods
from components.settings.reader import ConfigReader
from policies.environments import Environment
from tests.components.settings.loader import (
    SET,
    Loader,
    Rule,
    deploying,
    existing,
    of_existing,
    sentence,
)
from tests.recording import Runner

PLATFORM: Final = IssuerReference(IssuerKind.CLUSTER_ISSUER, "platform")
BOTH: Final[Mapping[str, object]] = {"agentInjector": True, "csiProvider": True}
# In a Vault that others run nothing is known that was not said.
BY_OTHERS: Final[Mapping[str, object]] = {
    "kubernetesContext": "cluster",
    "injectorIssuer": "Issuer/webhooks",
}


@pytest.fixture(scope="module")
def ca() -> tuple[str, str]:
    """A CA's certificate and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a CA")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )


def delivery(loaded: Loader, config: Mapping[str, object]) -> DeliverySettings:
    found = loaded.of(config).delivery
    assert found is not None
    return found


def test_where_servers_are_deployed_turning_it_on_is_all(loaded: Loader) -> None:
    assert delivery(loaded, deploying("staging", **BOTH)) == DeliverySettings(
        kubernetes=KubernetesSettings(None, "cluster-staging", "vault", "cluster.local"),
        vault_address="https://vault.vault.svc.cluster.local:8200",
        authority=AuthoritySettings(PLATFORM, None),
        agent_image="docker.io/hashicorp/vault:1.21.0",
        api_server_cidrs=("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        dns_cidrs=("169.254.20.10/32",),
        servers=True,
        injector=InjectorSettings(
            image="docker.io/hashicorp/vault-k8s:1.7.6",
            replicas=2,
            serving=ServingSettings(PLATFORM, None, None),
            failure_policy=FailurePolicy.FAIL,
            priority_class="system-cluster-critical",
        ),
        csi=CsiSettings("docker.io/hashicorp/vault-csi-provider:1.7.4", "system-node-critical"),
    )


@pytest.mark.parametrize("on", ["agentInjector", "csiProvider"])
def test_each_is_turned_on_by_itself(loaded: Loader, on: str) -> None:
    found = delivery(loaded, deploying("staging", **{on: True}))
    assert (found.injector is not None) == (on == "agentInjector")
    assert (found.csi is not None) == (on == "csiProvider")


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_it_is_off_where_nobody_says_so(loaded: Loader, environment: str) -> None:
    assert loaded.of(deploying(environment)).delivery is None


def test_a_vault_that_others_run_needs_to_be_told_more(loaded: Loader) -> None:
    given = {**BOTH, **BY_OTHERS, "injectorFailurePolicy": "ignore", "injectorReplicas": 1}
    found = delivery(loaded, existing("dev", **given, vaultAddress="https://vault.example.com"))
    assert found.vault_address == "https://vault.example.com"
    assert found.authority == AuthoritySettings(None, None)
    assert found.servers is False
    assert found.injector
    assert found.injector.replicas == 1
    assert found.injector.failure_policy is FailurePolicy.IGNORE
    assert found.injector.serving.issuer == IssuerReference(IssuerKind.ISSUER, "webhooks")
    assert not any("pods trust" in warning for warning in loaded.warnings)


def test_the_injectors_certificate_may_be_kept_elsewhere(
    loaded: Loader, ca: tuple[str, str]
) -> None:
    given = {**BOTH, "injectorTlsSecret": "theirs", "injectorCaBundle": ca[0]}
    found = delivery(loaded, deploying(**given)).injector
    assert found
    assert found.serving == ServingSettings(None, "theirs", ca[0])


def image(key: str, text: str) -> Rule:
    return (
        "dev",
        {key: text},
        key,
        (
            "must name one version, by a tag other than latest or by a digest, is "
            f"{text!r}: what hands out secrets must not become something else unseen"
        ),
        f"{SET}:{key} <registry>/<name>:<version>",
    )


RULES: Final[tuple[Rule, ...]] = (
    image("injectorImage", "hashicorp/vault-k8s"),
    image("injectorImage", "hashicorp/vault-k8s:latest"),
    image("csiImage", "hashicorp/vault-csi-provider:latest"),
    image("csiImage", ""),
    (
        "staging",
        {"injectorReplicas": 1},
        "injectorReplicas",
        (
            "must be at least 2 in staging, is 1: without an injector no pod starts that asks for "
            "an agent"
        ),
        f"{SET}:injectorReplicas 2",
    ),
    (
        "dev",
        {"injectorIssuer": "platform"},
        "injectorIssuer",
        "must be Issuer/<name> or ClusterIssuer/<name>, is 'platform'",
        f"{SET}:injectorIssuer ClusterIssuer/<name>",
    ),
    (
        "dev",
        {"injectorTlsSecret": "theirs"},
        "injectorCaBundle",
        (
            "is needed with the other of injectorTlsSecret and injectorCaBundle: the API server "
            "believes a certificate only if it is told its CA"
        ),
        f"{SET}:injectorCaBundle <...>, or neither and injectorIssuer",
    ),
    (
        "dev",
        {"injectorTlsSecret": "theirs", "injectorCaBundle": "no certificate"},
        "injectorCaBundle",
        "must be CA certificates (PEM)",
        "write the PEM text",
    ),
    (
        "dev",
        {"injectorPriorityClass": "Not A Name"},
        "injectorPriorityClass",
        "must be a priority class' name, is 'Not A Name'",
        f"{SET}:injectorPriorityClass system-cluster-critical",
    ),
    (
        "dev",
        {"csiPriorityClass": ""},
        "csiPriorityClass",
        "must be a priority class' name, is ''",
        f"{SET}:csiPriorityClass system-node-critical",
    ),
)
NO_WAY_TO_SERVE: Final = (
    "vaultstack:injectorIssuer: is needed, or injectorTlsSecret: the API server calls the injector "
    f"over TLS; fix: {SET}:injectorIssuer ClusterIssuer/<name> where cert-manager runs, else "
    "injectorTlsSecret <name of a Secret> with injectorCaBundle"
)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_rule_holds_where_it_is_turned_on(loaded: Loader, rule: Rule) -> None:
    environment, changed, *_ = rule
    assert loaded.problems_of(deploying(environment, **BOTH, **changed)) == (sentence(rule),)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_and_nowhere_else(loaded: Loader, rule: Rule) -> None:
    environment, changed, *_ = rule
    assert loaded.of(deploying(environment, **changed)).delivery is None


def test_both_ways_to_a_certificate_are_one_too_many(loaded: Loader, ca: tuple[str, str]) -> None:
    given = {"injectorTlsSecret": "a", "injectorCaBundle": ca[0], "injectorIssuer": "Issuer/b"}
    (problem,) = loaded.problems_of(deploying(**BOTH, **given))
    assert problem.startswith("vaultstack:injectorIssuer: and injectorTlsSecret exclude one")


def test_no_way_to_a_certificate_is_one_too_few(loaded: Loader) -> None:
    inside = deploying(**BOTH, tlsIssuer="Issuer/inside")
    assert loaded.problems_of(inside) == (NO_WAY_TO_SERVE,)
    given = {**BOTH, "kubernetesContext": "a", "tlsIssuer": ""}
    assert loaded.problems_of(of_existing("dev", **given)) == (NO_WAY_TO_SERVE,)
    assert delivery(loaded, deploying(csiProvider=True, tlsIssuer="Issuer/inside")).injector is None


def test_vaults_image_is_the_agents_also_where_no_server_is_deployed(loaded: Loader) -> None:
    given = {**BOTH, **BY_OTHERS, "vaultImage": "vault:latest"}
    (problem,) = loaded.problems_of(of_existing("dev", **given))
    assert problem.startswith("vaultstack:vaultImage: must name one version, ")
    # Where they are, the servers' own rule says it, once.
    (problem,) = loaded.problems_of(deploying(**BOTH, vaultImage="vault:latest"))
    assert "servers that restart must not become others" in problem


def test_what_was_read_already_is_handed_on(run: Runner) -> None:
    """How all pods find Vault is read once, for the jobs, too."""
    found: list[DeliverySettings | None] = []
    cluster = KubernetesSettings(None, "somewhere", "vault", "cluster.local")
    pods = Pods(
        injector=False,
        csi=True,
        jobs=False,
        vault_address="https://vault.example.com",
        authority=AuthoritySettings(None, "of a CA"),
        ca_certificates=None,
    )

    def program() -> None:
        read = ConfigReader(NAMESPACE)
        found.append(read_delivery(read, Environment.PROD, cluster, pods, None))

    run(program, config=of_existing("prod"))
    (made,) = found
    assert made
    assert made.kubernetes == cluster
    assert made.vault_address == pods.vault_address
    assert made.authority == pods.authority
    assert made.injector is None


def test_no_networks_of_the_api_server_are_none_and_not_all(loaded: Loader) -> None:
    given = {**BOTH, **BY_OTHERS, "apiServerCidrs": []}
    (problem,) = loaded.problems_of(of_existing("dev", **given))
    assert problem == (
        "vaultstack:apiServerCidrs: is needed: a network policy without networks would let "
        "everybody in; fix: write the addresses of `kubectl get endpoints kubernetes`"
    )
    # Where servers are deployed, their own rule says it, once.
    (problem,) = loaded.problems_of(deploying(**BOTH, apiServerCidrs=[]))
    assert problem.startswith("vaultstack:apiServerCidrs: is needed")


def test_a_fault_in_what_the_servers_are_told_is_reported_once(loaded: Loader) -> None:
    given = {**BOTH, **BY_OTHERS, "apiServerCidrs": ["10.0.0.0"]}
    (problem,) = loaded.problems_of(of_existing("dev", **given))
    assert problem.startswith("vaultstack:apiServerCidrs: must be networks")
