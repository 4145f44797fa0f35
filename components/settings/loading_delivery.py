"""Reads and validates what the agent injector and the CSI provider are told: the part of `loading`
that is about how secrets come to pods.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pulumi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from components.settings.delivery import (
    AuthoritySettings,
    CsiSettings,
    DeliverySettings,
    FailurePolicy,
    InjectorSettings,
    ServingSettings,
)
from components.settings.deployment import (
    API_PORT,
    DeploymentSettings,
    IssuerKind,
    IssuerReference,
    KubernetesSettings,
)
from components.settings.loading_deployment import NAME
from components.settings.model import VaultSettings
from components.settings.reader import NAMESPACE, ConfigReader, Rules
from policies.environments import Environment

_IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]*?(:(?P<tag>\w[\w.-]{0,127}))?(@sha256:[0-9a-f]{64})?")
OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - not listened on
_SET = f"pulumi config set {NAMESPACE}"


def read_delivery(
    read: ConfigReader,
    environment: Environment,
    kubernetes: KubernetesSettings,
    vault: VaultSettings,
    deployment: DeploymentSettings | None,
) -> DeliverySettings | None:
    """None where neither way is turned on; the keys are read all the same."""
    injects, mounts = read.flag("agentInjector"), read.flag("csiProvider")
    on = Rules(read, hold=injects or mounts)
    address = _address(on, environment, kubernetes, vault, deployment)
    injector = _injector(Rules(read, hold=injects), environment)
    csi = _csi(Rules(read, hold=mounts))
    if not kubernetes.context and read.sound("kubernetesContext"):
        on.problem(
            "kubernetesContext",
            f"is needed with {'agentInjector' if injects else 'csiProvider'}, or whatever cluster "
            "happens to be current would be given it",
            f"{_SET}:kubernetesContext <name in the kubeconfig>",
        )
    # The servers' rule says it where servers are deployed.
    agent_image = read.text("vaultImage") if deployment else _image(on, "vaultImage")
    networks = deployment.network if deployment else None
    if not (injects or mounts):
        return None
    return DeliverySettings(
        kubernetes=kubernetes,
        vault_address=address,
        authority=_authority(read, vault, deployment),
        agent_image=agent_image,
        api_server_cidrs=(
            networks.api_server_cidrs if networks else _again(read, "apiServerCidrs")
        ),
        dns_cidrs=networks.dns_cidrs if networks else _again(read, "dnsCidrs"),
        servers=deployment is not None,
        injector=injector if injects else None,
        csi=csi if mounts else None,
    )


def _address(
    rules: Rules,
    environment: Environment,
    kubernetes: KubernetesSettings,
    vault: VaultSettings,
    deployment: DeploymentSettings | None,
) -> str:
    given = rules.read.secure_url("podVaultAddress", plain_allowed=environment is Environment.DEV)
    inside = f"https://vault.{kubernetes.namespace}.svc.{kubernetes.domain}:{API_PORT}"
    address = given or (inside if deployment else vault.address)
    if urlsplit(address).hostname in OWN_HOSTS:
        rules.problem(
            "podVaultAddress",
            f"must be an address by which pods reach Vault: {address!r} is each pod's own",
            f"{_SET}:podVaultAddress https://<host>:{API_PORT}",
        )
    return address


def _injector(rules: Rules, environment: Environment) -> InjectorSettings:
    read = rules.read
    replicas = read.integer("injectorReplicas", minimum=1, maximum=5)
    if replicas < 2 and environment is not Environment.DEV and read.sound("injectorReplicas"):
        rules.problem(
            "injectorReplicas",
            f"must be at least 2 in {environment.value}, is {replicas}: without an injector no pod "
            "starts that asks for an agent",
            f"{_SET}:injectorReplicas 2",
        )
    return InjectorSettings(
        image=_image(rules, "injectorImage"),
        replicas=replicas,
        serving=_serving(rules),
        failure_policy=read.choice("injectorFailurePolicy", FailurePolicy, FailurePolicy.FAIL),
        priority_class=_name(rules, "injectorPriorityClass", "system-cluster-critical"),
    )


def _csi(rules: Rules) -> CsiSettings:
    return CsiSettings(
        image=_image(rules, "csiImage"),
        priority_class=_name(rules, "csiPriorityClass", "system-node-critical"),
    )


def _serving(rules: Rules) -> ServingSettings:
    read = rules.read
    text, secret = read.text("injectorIssuer"), read.text("injectorTlsSecret")
    bundle = read.text("injectorCaBundle")
    if bool(secret) != bool(bundle):
        missing = "injectorCaBundle" if secret else "injectorTlsSecret"
        rules.problem(
            missing,
            "is needed with the other of injectorTlsSecret and injectorCaBundle: the API server "
            "believes a certificate only if it is told its CA",
            f"{_SET}:{missing} <...>, or neither and injectorIssuer",
        )
    issuer = _issuer(rules, text) if text else None
    kind, _, name = read.text("tlsIssuer").partition("/")
    if kind == IssuerKind.CLUSTER_ISSUER and not (text or secret or bundle):
        issuer = IssuerReference(IssuerKind.CLUSTER_ISSUER, name)
    if (text and secret) or not (issuer or text or secret or bundle):
        rules.problem(
            "injectorIssuer",
            "and injectorTlsSecret exclude one another"
            if text
            else "is needed, or injectorTlsSecret: the API server calls the injector over TLS",
            f"{_SET}:injectorIssuer ClusterIssuer/<name> where cert-manager runs, else "
            "injectorTlsSecret <name of a Secret> with injectorCaBundle",
        )
    if bundle and not _certificates(bundle.encode()):
        rules.problem("injectorCaBundle", "must be CA certificates (PEM)", "write the PEM text")
    return ServingSettings(issuer, secret or None, bundle or None)


def _issuer(rules: Rules, text: str) -> IssuerReference | None:
    kind, _, name = text.partition("/")
    if kind not in set(IssuerKind) or not NAME.fullmatch(name):
        rules.problem(
            "injectorIssuer",
            f"must be Issuer/<name> or ClusterIssuer/<name>, is {text!r}",
            f"{_SET}:injectorIssuer ClusterIssuer/<name>",
        )
        return None
    return IssuerReference(IssuerKind(kind), name)


def _authority(
    read: ConfigReader, vault: VaultSettings, deployment: DeploymentSettings | None
) -> AuthoritySettings:
    issuer = deployment.certificate.issuer if deployment else None
    if issuer and issuer.kind is IssuerKind.CLUSTER_ISSUER:  # other namespaces may use it, too
        return AuthoritySettings(issuer, None)
    file = vault.ca_cert_file
    if not file:
        if deployment:
            pulumi.log.warn(
                "pods trust public CAs only, and would not trust the servers' private one; "
                f"{_SET}:vaultCaCertFile <PEM file of that CA>"
            )
        return AuthoritySettings(None, None)
    try:
        certificates = _certificates(Path(file).read_bytes())
    except OSError:
        certificates = ""
    if not certificates:
        read.problem(
            "vaultCaCertFile",
            f"must be a file with CA certificates (PEM), which pods are given, is {file!r}",
            f"{_SET}:vaultCaCertFile <PEM file>",
        )
    return AuthoritySettings(None, certificates)


def _certificates(pem: bytes) -> str:
    """The certificates in it, and nothing else that may be there; empty for none."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        return ""
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in found)


def _image(rules: Rules, key: str) -> str:
    image = rules.read.text(key)
    found = _IMAGE.fullmatch(image)
    if not found or (found["tag"] in (None, "latest") and "@" not in image):
        rules.problem(
            key,
            f"must name one version, is {image!r}: what hands out secrets must not become "
            "something else unseen",
            f"{_SET}:{key} <registry>/<name>:<version>",
        )
    return image


def _name(rules: Rules, key: str, usual: str) -> str:
    name = rules.read.text(key)
    if not NAME.fullmatch(name):
        rules.problem(key, f"must be a priority class' name, is {name!r}", f"{_SET}:{key} {usual}")
    return name


def _again(read: ConfigReader, key: str) -> tuple[str, ...]:
    """What the servers would be told; a fault in it is noted already."""
    return read.cidrs(key) if read.sound(key) else ()
