"""What `target: kubernetes` may be told: every rule with its key, its words and its fix, that it
holds where servers are deployed and nowhere else, and what the right values become.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from components.settings import (
    NAMESPACE,
    AwsClusterSettings,
    Bytes,
    CertificateSettings,
    Cpu,
    DeploymentSettings,
    Exposure,
    ExposureSettings,
    IssuerKind,
    IssuerReference,
    KubernetesSettings,
    NetworkSettings,
    SizeSettings,
    Target,
    WorkloadIdentity,
)
from components.settings.loading_deployment import read_kubernetes
from components.settings.loading_parts import LABEL, NAME
from components.settings.reader import ConfigReader
from policies.compile import compile_plan
from policies.environments import Environment
from policies.identities import PLATFORM_NAMESPACE
from policies.lifetime import Duration
from policies.matrix import MATRIX
from tests.components.settings.keys import encoded, holder, public_keys
from tests.components.settings.loader import (
    ADDRESS,
    ENVIRONMENTS,
    SECRET_KEYS,
    SET,
    Configuration,
    Loader,
    Rule,
    deployed,
    deploying,
    of_existing,
    sentence,
)
from tests.recording import Runner, declared

DIGEST: Final = f"sha256:{'0123456789abcdef' * 4}"


def named_image(image: str) -> Rule:
    return (
        "dev",
        {"vaultImage": image},
        "vaultImage",
        (
            f"must name one version, by a tag other than latest or by a digest, is {image!r}: "
            "servers that restart must not become others"
        ),
        f"{SET}:vaultImage docker.io/hashicorp/vault:1.21.0",
    )


def issuer(text: str) -> Rule:
    return (
        "dev",
        {"tlsIssuer": text},
        "tlsIssuer",
        f"must be Issuer/<name> or ClusterIssuer/<name>, is {text!r}",
        f"{SET}:tlsIssuer ClusterIssuer/<name>",
    )


def size(environment: str, key: str, given: str, least: str, why: str) -> Rule:
    return (
        environment,
        {key: given},
        key,
        f"must be at least {least}, is {given}: {why}",
        f"{SET}:{key} {least}",
    )


def storage_class(name: str) -> Rule:
    return (
        "prod",
        {"storageClass": name},
        "storageClass",
        f"must be a storage class' name, is {name!r}",
        "write one of `kubectl get storageclass`, or leave it empty for the default one",
    )


def client_namespace(name: str) -> Rule:
    return (
        "prod",
        {"clientNamespaces": ["shop", name]},
        "clientNamespaces",
        f"must be namespaces' names, holds {name!r}",
        "write them as `kubectl get namespaces` shows them",
    )


def host_name(name: str) -> Rule:
    return (
        "prod",
        {"exposure": "load-balancer", "hostName": name},
        "hostName",
        f"must be a DNS name, is {name!r}",
        "write the name alone, without https://, port or path, as 'vault.example.com'",
    )


TLS_SOURCE: Final = (
    f"{SET}:tlsIssuer ClusterIssuer/<name> where cert-manager runs, else vaultstack:tlsSecret "
    "<name of a Secret with tls.crt, tls.key and ca.crt>"
)
CERTIFICATE_NAME: Final = "the servers' certificate must hold the name that the outside uses"
KILLED: Final = "a Vault under load would be killed"
NO_ADDRESS: Final = "must be https in a cluster, is 'http://127.0.0.1:8200': tokens travel over it"

# Of servers that are deployed: a Vault that is there already is not asked.
DEPLOYED: Final[Mapping[str, Rule]] = {
    "three servers, and nobody to unseal all of them": (
        "dev",
        {"servers": 3},
        "seal",
        (
            "must be a KMS where 3 servers are deployed: this program could unseal only the one "
            "that answers it"
        ),
        f"{SET}:seal awskms, or vaultstack:servers 1",
    ),
    "an address without TLS": (
        "dev",
        {"vaultAddress": "http://127.0.0.1:8200"},
        "vaultAddress",
        NO_ADDRESS,
        f"{SET}:vaultAddress https://<host>:8200",
    ),
    "no context": (
        "dev",
        {"kubernetesContext": ""},
        "kubernetesContext",
        (
            "is needed for target 'kubernetes', or whatever cluster happens to be current would be "
            "given a Vault"
        ),
        f"{SET}:kubernetesContext <name in the kubeconfig>",
    ),
    **{
        f"image {image!r}": named_image(image)
        for image in (
            "",
            "hashicorp/vault",
            "hashicorp/vault:",
            "hashicorp/vault:latest",
            "registry.example:5000/vault",
            "hashicorp/vault@sha256:0123",
            f"hashicorp/vault@{DIGEST.upper()}",
            "Hashicorp/vault:1.21.0",
            "hashicorp/vault: 1.21.0",
        )
    },
    "memory too small": size("dev", "serverMemory", "383Mi", "384Mi", KILLED),
    "data too small for Raft": size(
        "prod", "dataSize", "4Gi", "5Gi", "Raft keeps log and snapshots beside the data"
    ),
    "data too small for one server": size(
        "dev", "dataSize", "512Mi", "1Gi", "a full data volume stops Vault"
    ),
    "audit too small": size(
        "prod", "auditSize", "1023Mi", "1Gi", "a full audit volume stops Vault"
    ),
    **{
        f"storage class {name!r}": storage_class(name)
        for name in ("Fast", "gp3_encrypted", "-gp3", "gp3.", "a..b", "a b", "a" * 254)
    },
    "no certificate": (
        "dev",
        {"tlsIssuer": ""},
        "tlsIssuer",
        "is needed, or tlsSecret",
        TLS_SOURCE,
    ),
    "two certificates": (
        "dev",
        {"tlsSecret": "vault-tls"},
        "tlsIssuer",
        "and vaultstack:tlsSecret exclude one another",
        TLS_SOURCE,
    ),
    **{
        f"issuer {text!r}": issuer(text)
        for text in (
            "platform",
            "ClusterIssuer",
            "ClusterIssuer/",
            "clusterissuer/platform",
            "Certificate/platform",
            "Issuer/Platform",
            "Issuer/a/b",
        )
    },
    **{
        f"{kind} without a name": (
            "prod",
            {"exposure": kind, "ingressClass": "nginx"},
            "hostName",
            f"is needed with exposure {kind!r}: {CERTIFICATE_NAME}",
            f"{SET}:hostName vault.example.com",
        )
        for kind in ("load-balancer", "ingress")
    },
    **{
        f"host name {name!r}": host_name(name)
        for name in ("https://vault.example.com", "vault.example.com:8200", "*.example.com", "a/b")
    },
    "an ingress without a class": (
        "prod",
        {"exposure": "ingress", "hostName": "vault.example.com"},
        "ingressClass",
        "is needed with exposure 'ingress', or no controller or a wrong one would take it",
        f"{SET}:ingressClass nginx",
    ),
    "an outside that is not let in": (
        "prod",
        {"exposure": "load-balancer", "hostName": "vault.example.com", "clientCidrs": []},
        "clientCidrs",
        (
            "is needed with exposure 'load-balancer', or clientNamespaces: nobody from outside "
            "would be let in"
        ),
        "write the subnets of clients and load balancer, or the ingress controller's namespace",
    ),
    "databases that the servers may not reach": (
        "prod",
        {"databaseHost": "postgres.example.com"},
        "databaseCidrs",
        "is needed with databaseHost: the servers may reach nothing that is not named",
        "write the subnets of the databases, such as ['10.1.0.0/16']",
    ),
    "an API server that the servers may not reach": (
        "dev",
        {"apiServerCidrs": []},
        "apiServerCidrs",
        "is needed: Vault could neither label its pods nor review tokens",
        "write the addresses of `kubectl get endpoints kubernetes`",
    ),
    **{
        f"client namespace {name!r}": client_namespace(name)
        for name in ("", "Shop", "shop_a", "shop.a", "-shop", "shop-", "*", "a" * 64)
    },
}


def amount(key: str, given: object, example: str) -> Rule:
    return (
        "prod",
        {key: given},
        key,
        f"must be an amount with Kubernetes' units, is {str(given)!r}",
        f"{SET}:{key} {example}",
    )


def network(key: str, given: str, why: str) -> Rule:
    return ("prod", {key: [given]}, key, f"must be networks: {why}", "write such as '10.1.0.0/16'")


def share_key(key: str, fault: str) -> Rule:
    keys = public_keys()
    return (
        "prod",
        {"sharePgpKeys": [keys[0], key, *keys[2:]]},
        "sharePgpKeys",
        f"key 2 {fault}",
        "give key 2 as the base64 of a public key",
    )


def revoked(number: int) -> tuple[str, str]:
    """A key that its holder revoked, and its fingerprint."""
    key = holder(number)
    public = key.extract_certificate()
    return encoded(bytes(public) + bytes(public.revoke(key.certifier()))), public.fingerprint


EXPORT: Final = "export it with `gpg --export <id> | base64 -w0`"
REVOKED, REVOKED_FINGERPRINT = revoked(6)

# Of any Vault, or values that no meaning could make right.
ALWAYS: Final[Mapping[str, Rule]] = {
    "an even number of servers": (
        "prod",
        {"servers": 4},
        "servers",
        "must be odd, is 4: an even number survives no more failures than one less",
        f"{SET}:servers 3, or 5",
    ),
    "more servers than Raft likes": (
        "prod",
        {"servers": 7},
        "servers",
        "must be from 1 to 5, is 7",
        "set one of them",
    ),
    **{
        f"one server in {environment}": (
            environment,
            {"servers": 1},
            "servers",
            f"must be 3 or 5 in {environment}: one server is away with its node",
            f"{SET}:servers 3",
        )
        for environment in ("staging", "prod")
    },
    **{
        f"no KMS in {environment}": (
            environment,
            {"seal": "shamir"},
            "seal",
            f"must be a KMS in {environment}: after a restart nobody is there to unseal",
            f"{SET}:seal awskms",
        )
        for environment in ("staging", "prod")
    },
    **{
        f"{key} {given!r}": amount(key, given, example)
        for key, example in (("serverMemory", "2Gi"), ("dataSize", "20Gi"), ("auditSize", "20Gi"))
        for given in ("10G", "0Gi", "ten", 10, "1.5Gi", "-1Gi", "10GiB", "10 Gi", "500m")
    },
    **{f"serverCpu {given!r}": amount("serverCpu", given, "1") for given in ("0.5", "0", "1Gi")},
    **{
        f"{key} {given}": network(key, given, why)
        for key in ("clientCidrs", "dnsCidrs", "apiServerCidrs", "databaseCidrs", "httpsCidrs")
        for given, why in (
            ("10.0.0.1/8", "10.0.0.1/8 has host bits set"),
            ("10.1.0.0", "'10.1.0.0' does not say the length of its prefix"),
            ("10.0.0.0/33", "'10.0.0.0/33' does not appear to be an IPv4 or IPv6 network"),
            (
                "db.example.com/8",
                "'db.example.com/8' does not appear to be an IPv4 or IPv6 network",
            ),
        )
    },
    "a namespace of this stack's own": (
        "prod",
        {"namespace": "secrets"},
        "namespace",
        (
            "is no setting any more: Vault's namespace is 'vault', in which roles of the access "
            "matrix let the platform's jobs in, and it must not be elsewhere"
        ),
        (
            "pulumi config rm vaultstack:namespace; for another one change PLATFORM_NAMESPACE in "
            "policies/identities.py, which moves the roles with it"
        ),
    ),
    "a domain that can be none": (
        "prod",
        {"clusterDomain": "cluster..local"},
        "clusterDomain",
        "must be a domain, is 'cluster..local'",
        "write 'cluster.local'",
    ),
    "a default lease above the longest": (
        "prod",
        {"defaultLeaseTtl": "2h", "maxLeaseTtl": "1h"},
        "defaultLeaseTtl",
        "must not be above maxLeaseTtl: 2h is above 1h",
        "lower the one or raise the other",
    ),
    "too few PGP keys": (
        "prod",
        {"sharePgpKeys": public_keys(4)},
        "sharePgpKeys",
        "must be one key for each of the 5 shares, are 4",
        "give as many keys as vaultstack:shares, or none",
    ),
    "a PGP key that is none": share_key("a key", f"is not base64; {EXPORT}"),
    "a private PGP key": share_key(
        encoded(bytes(holder(2))), "is a private key; export the public one with `gpg --export`"
    ),
    "a revoked PGP key": share_key(REVOKED, f"({REVOKED_FINGERPRINT}) is revoked"),
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_the_rules_are_tried_on_breaks_none(loaded: Loader, environment: str) -> None:
    assert loaded.of(deploying(environment)).deployment is not None
    assert loaded.of(of_existing(environment)).deployment is None


@pytest.mark.parametrize("name", DEPLOYED)
def test_each_rule_is_one_problem_with_its_key_and_fix(loaded: Loader, name: str) -> None:
    environment, changed, *_ = DEPLOYED[name]
    assert loaded.problems_of(deploying(environment, **changed)) == (sentence(DEPLOYED[name]),)


@pytest.mark.parametrize("name", DEPLOYED)
def test_it_does_not_hold_for_a_vault_that_is_there_already(loaded: Loader, name: str) -> None:
    environment, changed, *_ = DEPLOYED[name]
    made = loaded.of(of_existing(environment, **changed))
    assert made.target is Target.EXISTING
    assert made.deployment is None


@pytest.mark.parametrize("name", ALWAYS)
def test_some_rules_hold_for_any_vault(loaded: Loader, name: str) -> None:
    environment, changed, *_ = ALWAYS[name]
    assert loaded.problems_of(deploying(environment, **changed)) == (sentence(ALWAYS[name]),)
    assert loaded.problems_of(of_existing(environment, **changed)) == (sentence(ALWAYS[name]),)


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_an_address_without_tls_is_for_dev(loaded: Loader, environment: str) -> None:
    changed = {"vaultAddress": "http://127.0.0.1:8200"}
    (deployed,) = loaded.problems_of(deploying(environment, **changed))
    assert NO_ADDRESS in deployed
    (there,) = loaded.problems_of(of_existing(environment, **changed))
    assert f"must be https in {environment}, is 'http://127.0.0.1:8200'" in there


def test_problems_are_told_together(loaded: Loader) -> None:
    found = loaded.problems_of(
        deploying(
            "prod",
            kubernetesContext="",
            vaultImage="vault",
            storageClass="Fast",
            tlsIssuer="",
            exposure="ingress",
            databaseHost="postgres",
            apiServerCidrs=[],
            clientNamespaces=["A", "B"],
            clusterOidcProviderArn="",
            kmsKeyArn="key",
            dataSize="1Gi",
            auditSize="ten",
        )
    )
    assert [problem.split(": ")[0].removeprefix("vaultstack:") for problem in found] == [
        "kmsKeyArn",
        "clusterOidcProviderArn",
        "hostName",
        "ingressClass",
        "vaultImage",
        "auditSize",
        "dataSize",
        "storageClass",
        "tlsIssuer",
        "apiServerCidrs",
        "databaseCidrs",
        "clientNamespaces",
        "clientNamespaces",
        "kubernetesContext",
    ]


# --- a problem is one problem, whatever stands in for the wrong value ----------------------------


@pytest.mark.parametrize(
    ("environment", "changed", "key"),
    [
        ("staging", {"workloadIdentity": "kiam", "clusterOidcProviderArn": ""}, "workloadIdentity"),
        (
            "staging",
            {"environment": "qa", "kmsKeyArn": "arn:aws:kms:eu-west-1:222222222222:key/seal"},
            "environment",
        ),
        ("staging", {"seal": "gcpkms"}, "seal"),
        ("dev", {"servers": "three"}, "servers"),
        ("dev", {"exposure": "node-port"}, "exposure"),
        ("prod", {"databaseHost": "postgres", "databaseCidrs": ["10.0.0.1/8"]}, "databaseCidrs"),
        ("dev", {"vaultAddress": "vault:8200"}, "vaultAddress"),
        ("dev", {"kubernetesContext": "", "kubernetesReviewer": "create"}, "kubernetesContext"),
        *(
            (
                "staging",
                {"exposure": "ingress", "hostName": "a", "ingressClass": "a", key: None},
                key,
            )
            for key in (
                "kubernetesContext",
                "clusterDomain",
                "vaultImage",
                "tlsIssuer",
                "hostName",
                "ingressClass",
                "clusterOidcProviderArn",
            )
        ),
    ],
)
def test_a_wrong_value_breaks_no_second_rule(
    loaded: Loader, environment: str, changed: Mapping[str, object], key: str
) -> None:
    (problem,) = loaded.problems_of(deploying(environment, **changed))
    assert problem.startswith(f"vaultstack:{key}: ")


# --- types are checked whether servers are deployed or not ---------------------------------------

WRONG: Final[Mapping[str, object]] = {
    "flag": "perhaps",
    "integer": "many",
    "duration": "90",
    "choice": "no-such-choice",
    "url": "ftp://example.com",
    "secure_url": "ftp://example.com",
    "amount": "ten",
    "strings": "text",
    "cidrs": [1],
    "mapping": ["text"],
    "secret_mapping": {"name": 1},
    "secret_mappings": {"name": {"name": 1}},
}
"""By the reader's method, what it refuses."""


def readers(loaded: Loader, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which of the reader's methods reads each key; text, which may be anything, left out."""
    methods: dict[str, str] = {}

    class Watched(ConfigReader):
        def __getattribute__(self, name: str) -> object:
            found = super().__getattribute__(name)
            if name not in WRONG:
                return found

            def watched(key: str, *args: object, **kwargs: object) -> object:
                methods.setdefault(key, name)  # the outermost one: some are made of others
                return found(key, *args, **kwargs)

            return watched

    with monkeypatch.context() as patched:
        patched.setattr("components.settings.loading.ConfigReader", Watched)
        loaded.of(deploying("prod"))
    return methods


@pytest.mark.parametrize("configuration", [deploying, of_existing])
def test_a_key_of_the_wrong_type_is_a_problem_for_either_target(
    loaded: Loader, monkeypatch: pytest.MonkeyPatch, configuration: Configuration
) -> None:
    methods = readers(loaded, monkeypatch)
    assert set(methods.values()) == set(WRONG)
    typed = {key for key, item in declared().items() if item["type"] != "string"}
    assert typed <= methods.keys()
    for key, method in methods.items():
        wrong = {key: WRONG[method]}
        config = configuration("prod", vaultAddress=ADDRESS)
        if key in SECRET_KEYS:
            problems = loaded.problems_of(config, wrong)
        else:
            problems = loaded.problems_of({**config, **wrong})
        assert len(problems) == 1, problems
        assert problems[0].startswith(f"vaultstack:{key}: must be "), problems


# --- what the right values become ----------------------------------------------------------------


SIZES: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "dev": ("100m", "512Mi", "5Gi", "5Gi"),
    "staging": ("500m", "1Gi", "10Gi", "10Gi"),
    "prod": ("1", "2Gi", "20Gi", "20Gi"),
}
SIZE_KEYS: Final = ("serverCpu", "serverMemory", "dataSize", "auditSize")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_servers_are_sized_by_environment(loaded: Loader, environment: str) -> None:
    cpu, memory, data, audit = SIZES[environment]
    assert deployed(loaded, environment).size == SizeSettings(
        cpu=Cpu.parse(cpu),
        memory=Bytes.parse(memory),
        data=Bytes.parse(data),
        audit=Bytes.parse(audit),
        storage_class=None,
    )


@pytest.mark.parametrize("key", SIZE_KEYS)
def test_the_sizes_are_described_as_they_are(key: str) -> None:
    dev, staging, prod = (SIZES[name][SIZE_KEYS.index(key)] for name in ENVIRONMENTS)
    description = declared()[key]["description"]
    assert description.endswith(f"Empty: by environment, {dev}, {staging} or {prod}.")


def test_a_given_size_wins_and_the_least_is_enough(loaded: Loader) -> None:
    made = deployed(
        loaded,
        "prod",
        serverCpu="250m",
        serverMemory="384Mi",
        dataSize="5Gi",
        auditSize="1Gi",
        storageClass="gp3.encrypted",
    )
    assert made.size == SizeSettings(
        cpu=Cpu(250),
        memory=Bytes.parse("384Mi"),
        data=Bytes.parse("5Gi"),
        audit=Bytes.parse("1Gi"),
        storage_class="gp3.encrypted",
    )
    assert deployed(loaded, dataSize="1Gi").size.data == Bytes.parse("1Gi")


OUTSIDE: Final = {"hostName": "vault.example.com", "ingressClass": "nginx"}


@pytest.mark.parametrize(
    ("changed", "address"),
    [
        ({}, "https://vault.vault.svc.cluster.local:8200"),
        (
            {"clusterDomain": "k8s.example"},
            "https://vault.vault.svc.k8s.example:8200",
        ),
        (OUTSIDE, "https://vault.vault.svc.cluster.local:8200"),
        ({**OUTSIDE, "exposure": "load-balancer"}, "https://vault.example.com:8200"),
        ({**OUTSIDE, "exposure": "ingress"}, "https://vault.example.com"),
    ],
)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_address_follows_from_the_exposure(
    loaded: Loader, environment: str, changed: Mapping[str, object], address: str
) -> None:
    made = loaded.of(deploying(environment, **changed))
    assert made.vault.address == address
    assert made.pki.url == address


@pytest.mark.parametrize("exposure", Exposure)
def test_a_given_address_wins(loaded: Loader, exposure: Exposure) -> None:
    given = "https://vault.elsewhere.example:443"
    config = deploying("prod", **OUTSIDE, exposure=exposure.value, vaultAddress=f"{given}/")
    made = loaded.of(config)
    assert made.vault.address == given
    assert made.deployment
    assert made.deployment.address != given


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_is_deployed_for_a_vault_that_is_there_already(
    loaded: Loader, environment: str
) -> None:
    made = loaded.of(of_existing(environment))
    assert made.target is Target.EXISTING
    assert made.deployment is None
    assert made.vault.address == ADDRESS


def test_a_vault_that_is_there_already_needs_its_address(loaded: Loader) -> None:
    (problem,) = loaded.problems_of(of_existing("prod", **OUTSIDE, vaultAddress=""))
    assert problem.startswith("vaultstack:vaultAddress: is needed to reach Vault; fix: ")


@pytest.mark.parametrize(
    "image",
    [
        "vault:1.21.0",
        "docker.io/hashicorp/vault:1.21.0",
        "registry.example:5000/vault:1.21.0",
        "public.ecr.aws/hashicorp/vault:1.21.0-rc_1",
        f"hashicorp/vault@{DIGEST}",
        f"hashicorp/vault:1.21.0@{DIGEST}",
        f"hashicorp/vault:latest@{DIGEST}",
    ],
)
def test_an_image_is_named_by_version_or_digest(loaded: Loader, image: str) -> None:
    assert deployed(loaded, vaultImage=image).image == image


def test_the_cluster_is_read_once_for_all_who_need_it(run: Runner) -> None:
    found: list[KubernetesSettings] = []
    config = deploying(kubeconfig="/etc/kubeconfig", clusterDomain="k8s.example")
    run(lambda: found.append(read_kubernetes(ConfigReader(NAMESPACE))), config=config)
    assert found == [
        KubernetesSettings("/etc/kubeconfig", "cluster-dev", PLATFORM_NAMESPACE, "k8s.example")
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_servers_are_where_roles_let_the_platforms_jobs_in(
    loaded: Loader, environment: str
) -> None:
    """Elsewhere nobody would own the namespace that these roles trust."""
    plan = compile_plan(MATRIX, Environment(environment))
    bound = {one.namespace for one in plan.rotations if one.role.startswith("platform-")}
    assert bound == {deployed(loaded, environment).kubernetes.namespace}


def test_everything_that_can_be_said_of_the_servers(loaded: Loader) -> None:
    made = deployed(
        loaded,
        "staging",
        kubeconfig="/etc/kubeconfig",
        clusterDomain="k8s.example",
        tlsIssuer="Issuer/platform.ca",
        exposure="ingress",
        hostName="vault.example.com",
        ingressClass="nginx",
        exposureAnnotations={"nginx.ingress.kubernetes.io/ssl-passthrough": "true"},
        clientNamespaces=["shop", "a" * 63],
        clientCidrs=["10.2.0.0/16"],
        dnsCidrs=["10.0.0.10/32"],
        loadBalancerClass="example.com/theirs",
        priorityClass="first",
        apiServerCidrs=["10.0.0.1/32", "fd00::/8"],
        databaseHost="postgres",
        databaseCidrs=["10.3.0.0/255.255.0.0"],
        httpsCidrs=[],
        clusterOidcProviderArn="arn:aws:iam::222222222222:oidc-provider/oidc.eks.example/id/1",
        snapshotBucket="snapshots.of-staging-1",
        kmsDeletionWindowDays=7,
        snapshotRetention="30d",
        kmsEndpoint="https://kms.example.com/",
        kmsKeyArn="arn:aws:kms:eu-west-1:222222222222:key/seal",
    )
    assert made == DeploymentSettings(
        kubernetes=KubernetesSettings(
            "/etc/kubeconfig", "cluster-staging", PLATFORM_NAMESPACE, "k8s.example"
        ),
        image="docker.io/hashicorp/vault:1.21.0",
        priority_class="first",
        size=made.size,
        certificate=CertificateSettings(IssuerReference(IssuerKind.ISSUER, "platform.ca"), None),
        exposure=ExposureSettings(
            Exposure.INGRESS,
            "vault.example.com",
            "example.com/theirs",
            "nginx",
            {"nginx.ingress.kubernetes.io/ssl-passthrough": "true"},
        ),
        network=NetworkSettings(
            client_namespaces=("shop", "a" * 63),
            client_cidrs=("10.2.0.0/16",),
            dns_cidrs=("10.0.0.10/32",),
            api_server_cidrs=("10.0.0.1/32", "fd00::/8"),
            database_cidrs=("10.3.0.0/16",),
            https_cidrs=(),
        ),
        aws=AwsClusterSettings(
            account_id="222222222222",
            region="eu-west-1",
            identity=WorkloadIdentity.IRSA,
            oidc_provider_arn="arn:aws:iam::222222222222:oidc-provider/oidc.eks.example/id/1",
            eks_cluster="",
            kms_key_arn="arn:aws:kms:eu-west-1:222222222222:key/seal",
            role_arn=None,
            snapshot_bucket="snapshots.of-staging-1",
            kms_deletion_window_days=7,
            snapshot_retention=Duration.parse("30d"),
            kms_endpoint="https://kms.example.com",
        ),
    )


def test_what_nobody_says_is_the_default_or_nothing(loaded: Loader) -> None:
    made = deployed(loaded, "staging")
    assert made == DeploymentSettings(
        kubernetes=KubernetesSettings(None, "cluster-staging", "vault", "cluster.local"),
        image="docker.io/hashicorp/vault:1.21.0",
        priority_class=None,
        size=made.size,
        certificate=CertificateSettings(
            IssuerReference(IssuerKind.CLUSTER_ISSUER, "platform"), None
        ),
        exposure=ExposureSettings(Exposure.NONE, None, "service.k8s.aws/nlb", None, {}),
        network=NetworkSettings(
            client_namespaces=(),
            client_cidrs=("10.0.0.0/16",),
            dns_cidrs=("169.254.20.10/32",),
            api_server_cidrs=("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
            database_cidrs=(),
            https_cidrs=("0.0.0.0/0",),
        ),
        aws=AwsClusterSettings(
            account_id="222222222222",
            region="eu-west-1",
            identity=WorkloadIdentity.IRSA,
            oidc_provider_arn="arn:aws:iam::222222222222:oidc-provider/oidc.eks.example/id/1",
            eks_cluster="",
            kms_key_arn=None,
            role_arn=None,
            snapshot_bucket=None,
            kms_deletion_window_days=30,
            snapshot_retention=Duration.parse("90d"),
            kms_endpoint=None,
        ),
    )


def test_a_certificate_may_be_kept_elsewhere(loaded: Loader) -> None:
    made = deployed(loaded, tlsIssuer="", tlsSecret="vault-tls")
    assert made.certificate == CertificateSettings(None, "vault-tls")


def test_the_cluster_is_said_once(loaded: Loader) -> None:
    """Where the servers are deployed is where the reviewer is made."""
    made = loaded.of(deploying("prod"))
    assert made.deployment
    assert made.kubernetes_auth.cluster == made.deployment.kubernetes
    assert made.kubernetes_auth.cluster.context == "cluster-prod"
    assert loaded.of(of_existing("prod")).kubernetes_auth.cluster == made.deployment.kubernetes


def test_dev_may_have_a_kms_and_several_servers(loaded: Loader) -> None:
    arn = "arn:aws:iam::111111111111:oidc-provider/oidc.eks.example/id/1"
    made = deployed(loaded, servers=5, seal="awskms", clusterOidcProviderArn=arn)
    assert made.aws
    assert made.aws.account_id == "111111111111"
    assert made.size.data == Bytes.parse("5Gi")


@pytest.mark.parametrize("text", ["a", "0", "a-b", "a" * 63])
def test_a_label_is_a_name_without_dots(text: str) -> None:
    assert LABEL.fullmatch(text)
    assert NAME.fullmatch(text)
    assert NAME.fullmatch(f"{text}.{text}")
    assert not LABEL.fullmatch(f"{text}.{text}")


@pytest.mark.parametrize("text", ["", "A", "a_b", "-a", "a-", "a\n", "é", "a." * 127 + "a" * 2])
def test_what_kubernetes_would_not_take_as_a_name(text: str) -> None:
    assert not NAME.fullmatch(text)
    assert not LABEL.fullmatch(text)
