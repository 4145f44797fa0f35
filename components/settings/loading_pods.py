"""Reads and validates what every pod is told that calls Vault: the part of `loading` that the
delivery of secrets and the scheduled jobs have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pulumi

from components.settings.delivery import AuthoritySettings
from components.settings.deployment import (
    API_PORT,
    DeploymentSettings,
    IssuerKind,
    KubernetesSettings,
)
from components.settings.loading_parts import certificates_in
from components.settings.model import VaultSettings
from components.settings.reader import NAMESPACE, ConfigReader, Rules, is_loopback
from policies.environments import Environment

# Those of the servers' Services that answer every request, whoever leads.
_SERVICES: Final = ("vault", "vault-active")


@dataclass(frozen=True, slots=True)
class Pods:
    """What is deployed that calls Vault, and how it finds it."""

    injector: bool
    csi: bool
    jobs: bool
    vault_address: str
    authority: AuthoritySettings
    """Of pods that secrets are delivered to."""
    ca_certificates: str | None
    """Of the jobs; PEM."""

    @property
    def delivery(self) -> bool:
        return self.injector or self.csi


def read_pods(
    read: ConfigReader,
    environment: Environment,
    kubernetes: KubernetesSettings,
    vault: VaultSettings,
    deployment: DeploymentSettings | None,
) -> Pods:
    """Rules hold where there are such pods; the keys are read all the same."""
    on = {key: read.flag(key) for key in ("agentInjector", "csiProvider")}
    on["jobsImage"] = bool(read.text("jobsImage"))
    asking = [key for key, is_on in on.items() if is_on]
    rules = Rules(read, hold=bool(asking))
    if not kubernetes.context and read.sound("kubernetesContext"):
        rules.problem(
            "kubernetesContext",
            f"is needed with {' and '.join(asking)}, or whatever cluster happens to be current "
            "would be given what they bring",
            f"pulumi config set {NAMESPACE}:kubernetesContext <name in the kubeconfig>",
        )
    address = read.secure_url("podVaultAddress", plain_allowed=environment is Environment.DEV)
    if address and deployment:
        # What the injector gives an agent lives in an application's pod, which may reach more.
        confined = [key for key in asking if key != "agentInjector"]
        _check_service(Rules(read, hold=bool(confined)), address, kubernetes, confined)
    address = address or (kubernetes.service_address if deployment else vault.address)
    if is_loopback(address):
        rules.problem(
            "podVaultAddress",
            f"must be an address by which pods reach Vault: {address!r} is each pod's own",
            f"pulumi config set {NAMESPACE}:podVaultAddress https://<host>:{API_PORT}",
        )
    delivers = on["agentInjector"] or on["csiProvider"]
    authority, certificates = _authorities(
        read, vault, deployment, delivers=delivers, jobs=on["jobsImage"]
    )
    return Pods(
        injector=on["agentInjector"],
        csi=on["csiProvider"],
        jobs=on["jobsImage"],
        vault_address=address,
        authority=authority,
        ca_certificates=certificates,
    )


def _check_service(
    rules: Rules, address: str, kubernetes: KubernetesSettings, confined: list[str]
) -> None:
    inside = [f"{service}.{kubernetes.namespace}.svc" for service in _SERVICES]
    hosts = {*inside, *(f"{one}.{kubernetes.domain}" for one in inside)}
    parts = urlsplit(address)
    if parts.hostname not in hosts or parts.port != API_PORT:
        rules.problem(
            "podVaultAddress",
            f"must be one of the servers' Services with target 'kubernetes' and "
            f"{' and '.join(confined)}, whose pods may reach the servers and nothing else, is "
            f"{address!r}",
            f"pulumi config rm {NAMESPACE}:podVaultAddress, or https://{inside[-1]}:{API_PORT}",
        )


def _authorities(
    read: ConfigReader,
    vault: VaultSettings,
    deployment: DeploymentSettings | None,
    *,
    delivers: bool,
    jobs: bool,
) -> tuple[AuthoritySettings, str | None]:
    """How delivery's pods and the jobs' know who signed Vault's certificate."""
    issuer = deployment.certificate.issuer if deployment else None
    handed_out = issuer and issuer.kind is IssuerKind.CLUSTER_ISSUER  # in other namespaces, too
    for_delivery = delivers and not handed_out
    whose = " and ".join(
        who
        for who, needed in (
            ("pods that secrets are delivered to", for_delivery),
            ("the scheduled jobs", jobs),
        )
        if needed
    )
    certificates: str | None = None
    if whose and vault.ca_cert_file:
        certificates = _read_file(read, vault.ca_cert_file, whose)
    elif whose and deployment:
        pulumi.log.warn(
            f"{whose} trust public CAs only, and would not trust the servers' private one; pulumi "
            f"config set {NAMESPACE}:vaultCaCertFile <PEM file of that CA>"
        )
    authority = AuthoritySettings(
        issuer if handed_out else None, certificates if for_delivery else None
    )
    return authority, certificates if jobs else None


def _read_file(read: ConfigReader, file: str, whose: str) -> str:
    try:
        certificates = certificates_in(Path(file).read_bytes())
    except OSError as error:
        certificates, why = "", error.strerror
    else:
        why = "it holds none"
    if not certificates:
        read.problem(
            "vaultCaCertFile",
            f"must be a file with CA certificates (PEM), which {whose} are given, is {file!r} "
            f"({why})",
            f"pulumi config set {NAMESPACE}:vaultCaCertFile <PEM file>",
        )
    return certificates
