"""Reads and validates what `target: kubernetes` is told: the part of `loading` that is about the
servers themselves.
"""

from __future__ import annotations

from components.settings.deployment import (
    CertificateSettings,
    DeploymentSettings,
    Exposure,
    ExposureSettings,
    KubernetesSettings,
    NetworkSettings,
    SizeSettings,
)
from components.settings.loading_aws import read_aws
from components.settings.loading_parts import LABEL, NAME, read_image, read_issuer
from components.settings.quantity import Bytes, Cpu
from components.settings.reader import ConfigReader, Rules
from policies.environments import Environment
from policies.iam import AwsAccount
from policies.identities import PLATFORM_NAMESPACE

# Of one server, where the stack says nothing.
# CPU, memory, data and audit volume of one server.
_SIZES = {
    Environment.DEV: ("100m", "512Mi", "5Gi", "5Gi"),
    Environment.STAGING: ("500m", "1Gi", "10Gi", "10Gi"),
    Environment.PROD: ("1", "2Gi", "20Gi", "20Gi"),
}
_LEAST_MEMORY = Bytes.parse("384Mi")
_LEAST_STORAGE = Bytes.parse("1Gi")
# Raft keeps the log and snapshots beside the data, and a copy while it compacts.
_LEAST_RAFT_STORAGE = Bytes.parse("5Gi")


def read_kubernetes(read: ConfigReader) -> KubernetesSettings:
    domain = read.text("clusterDomain")
    # Who may run pods there may be any of the platform's workloads: a reviewer must see it move.
    read.retired(
        "namespace",
        f"is no setting any more: Vault's namespace is {PLATFORM_NAMESPACE!r}, in which roles of "
        "the access matrix let the platform's jobs in, and it must not be elsewhere",
        "pulumi config rm vaultstack:namespace; for another one change PLATFORM_NAMESPACE in "
        "policies/identities.py, which moves the roles with it",
    )
    if not NAME.fullmatch(domain):
        read.problem("clusterDomain", f"must be a domain, is {domain!r}", "write 'cluster.local'")
    return KubernetesSettings(
        read.text("kubeconfig") or None, read.text("kubernetesContext"), PLATFORM_NAMESPACE, domain
    )


def read_deployment(
    read: ConfigReader,
    environment: Environment,
    account: AwsAccount,
    kubernetes: KubernetesSettings,
    *,
    deploys: bool,
    raft: bool,
    sealed_by_kms: bool,
    database: bool,
) -> DeploymentSettings | None:
    """None where the program deploys no servers; the keys are read all the same."""
    checked = Rules(read, deploys)
    aws = read_aws(Rules(read, deploys and sealed_by_kms), environment, account)
    exposure = _exposure(checked)
    deployment = DeploymentSettings(
        kubernetes=kubernetes,
        image=read_image(
            checked,
            "vaultImage",
            "servers that restart must not become others",
            "docker.io/hashicorp/vault:1.21.0",
        ),
        priority_class=read.text("priorityClass") or None,
        size=_size(checked, environment, raft=raft),
        certificate=_certificate(checked),
        exposure=exposure,
        network=_network(checked, exposure.kind, database=database),
        aws=aws if sealed_by_kms else None,
    )
    if not deploys:
        return None
    if not kubernetes.context:
        read.problem(
            "kubernetesContext",
            "is needed for target 'kubernetes', or whatever cluster happens to be current would "
            "be given a Vault",
            "pulumi config set vaultstack:kubernetesContext <name in the kubeconfig>",
        )
    return deployment


def _size(rules: Rules, environment: Environment, *, raft: bool) -> SizeSettings:
    cpu, memory, data, audit = _SIZES[environment]
    read = rules.read
    size = SizeSettings(
        cpu=read.amount("serverCpu", Cpu, cpu),
        memory=read.amount("serverMemory", Bytes, memory),
        data=read.amount("dataSize", Bytes, data),
        audit=read.amount("auditSize", Bytes, audit),
        storage_class=read.text("storageClass") or None,
    )
    least_data, why_data = (
        (_LEAST_RAFT_STORAGE, "Raft keeps log and snapshots beside the data")
        if raft
        else (_LEAST_STORAGE, "a full data volume stops Vault")
    )
    for key, value, least, why in (
        ("serverMemory", size.memory, _LEAST_MEMORY, "a Vault under load would be killed"),
        ("dataSize", size.data, least_data, why_data),
        ("auditSize", size.audit, _LEAST_STORAGE, "a full audit volume stops Vault"),
    ):
        if value < least and read.sound(key):
            rules.problem(
                key,
                f"must be at least {least}, is {value}: {why}",
                f"pulumi config set vaultstack:{key} {least}",
            )
    if size.storage_class and not NAME.fullmatch(size.storage_class):
        rules.problem(
            "storageClass",
            f"must be a storage class' name, is {size.storage_class!r}",
            "write one of `kubectl get storageclass`, or leave it empty for the default one",
        )
    return size


def _certificate(rules: Rules) -> CertificateSettings:
    text, secret = rules.read.text("tlsIssuer"), rules.read.text("tlsSecret")
    issuer = read_issuer(rules, "tlsIssuer")
    if bool(text) == bool(secret):
        rules.problem(
            "tlsIssuer",
            "and vaultstack:tlsSecret exclude one another" if secret else "is needed, or tlsSecret",
            "pulumi config set vaultstack:tlsIssuer ClusterIssuer/<name> where cert-manager runs, "
            "else vaultstack:tlsSecret <name of a Secret with tls.crt, tls.key and ca.crt>",
        )
    return CertificateSettings(issuer, secret or None)


def _exposure(rules: Rules) -> ExposureSettings:
    read = rules.read
    settings = ExposureSettings(
        kind=read.choice("exposure", Exposure, Exposure.NONE),
        host_name=read.text("hostName") or None,
        load_balancer_class=read.text("loadBalancerClass"),
        ingress_class=read.text("ingressClass") or None,
        annotations=read.mapping("exposureAnnotations"),
    )
    if settings.kind is not Exposure.NONE and not settings.host_name:
        rules.problem(
            "hostName",
            f"is needed with exposure {settings.kind.value!r}: the servers' certificate must hold "
            "the name that the outside uses",
            "pulumi config set vaultstack:hostName vault.example.com",
        )
    if settings.host_name and not NAME.fullmatch(settings.host_name):
        rules.problem(
            "hostName",
            f"must be a DNS name, is {settings.host_name!r}",
            "write the name alone, without https://, port or path, as 'vault.example.com'",
        )
    if settings.kind is Exposure.INGRESS and not settings.ingress_class:
        rules.problem(
            "ingressClass",
            "is needed with exposure 'ingress', or no controller or a wrong one would take it",
            "pulumi config set vaultstack:ingressClass nginx",
        )
    return settings


def _network(rules: Rules, exposure: Exposure, *, database: bool) -> NetworkSettings:
    read = rules.read
    settings = NetworkSettings(
        client_namespaces=read.strings("clientNamespaces"),
        client_cidrs=read.cidrs("clientCidrs"),
        dns_cidrs=read.cidrs("dnsCidrs"),
        api_server_cidrs=read.cidrs("apiServerCidrs"),
        database_cidrs=read.cidrs("databaseCidrs"),
        https_cidrs=read.cidrs("httpsCidrs"),
    )
    if not settings.api_server_cidrs and read.sound("apiServerCidrs"):
        rules.problem(
            "apiServerCidrs",
            "is needed: Vault could neither label its pods nor review tokens",
            "write the addresses of `kubectl get endpoints kubernetes`",
        )
    if database and not settings.database_cidrs and read.sound("databaseCidrs"):
        rules.problem(
            "databaseCidrs",
            "is needed with databaseHost: the servers may reach nothing that is not named",
            "write the subnets of the databases, such as ['10.1.0.0/16']",
        )
    reached = settings.client_namespaces or settings.client_cidrs
    if exposure is not Exposure.NONE and not reached and read.sound("clientCidrs", "exposure"):
        rules.problem(
            "clientCidrs",
            f"is needed with exposure {exposure.value!r}, or clientNamespaces: nobody from outside "
            "would be let in",
            "write the subnets of clients and load balancer, or the ingress controller's namespace",
        )
    for namespace in settings.client_namespaces:
        if not LABEL.fullmatch(namespace):
            rules.problem(
                "clientNamespaces",
                f"must be namespaces' names, holds {namespace!r}",
                "write them as `kubectl get namespaces` shows them",
            )
    return settings
