"""Reads and validates what the scheduled jobs are told: the part of `loading` that is about them.

Without an image there are none, and nothing is asked of the other keys.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pulumi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from components.settings.deployment import API_PORT, DeploymentSettings, KubernetesSettings
from components.settings.model import VaultSettings
from components.settings.operations import OperationsSettings
from components.settings.reader import NAMESPACE, ConfigReader, Rules
from policies.environments import Environment
from policies.identities import PLATFORM_NAMESPACE

_IMAGE = re.compile(
    r"[a-z0-9][a-z0-9._:/-]*?(:(?P<tag>\w[\w.-]{0,127}))?(@sha256:(?P<digest>[0-9a-f]{64}))?"
)
_OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - not listened on


def read_operations(
    read: ConfigReader,
    environment: Environment,
    kubernetes: KubernetesSettings,
    vault: VaultSettings,
    deployment: DeploymentSettings | None,
) -> OperationsSettings | None:
    """None where no job runs; the keys are read all the same."""
    image = read.text("jobsImage")
    given = read.secure_url("jobsVaultAddress", plain_allowed=environment is Environment.DEV)
    rules = Rules(read, hold=bool(image))
    _check_image(rules, image)
    if not kubernetes.context and read.sound("kubernetesContext"):
        rules.problem(
            "kubernetesContext",
            "is needed with jobsImage, or whatever cluster happens to be current would be given "
            "the jobs",
            f"pulumi config set {NAMESPACE}:kubernetesContext <name in the kubeconfig>",
        )
    if kubernetes.namespace != PLATFORM_NAMESPACE and read.sound("namespace"):
        rules.problem(
            "namespace",
            f"must be {PLATFORM_NAMESPACE!r} with jobsImage, is {kubernetes.namespace!r}: the "
            "matrix lets the jobs that work on Vault itself in from there and from nowhere else",
            f"pulumi config set {NAMESPACE}:namespace {PLATFORM_NAMESPACE}",
        )
    if given and deployment:
        rules.problem(
            "jobsVaultAddress",
            "must not be given with target 'kubernetes': the jobs' pods may reach the servers' "
            "Service and nothing else",
            f"pulumi config rm {NAMESPACE}:jobsVaultAddress",
        )
    address = given or (_inside(kubernetes) if deployment else vault.address)
    if urlsplit(address).hostname in _OWN_HOSTS:
        rules.problem(
            "jobsVaultAddress",
            f"must be an address by which pods reach Vault: {address!r} is each pod's own",
            f"pulumi config set {NAMESPACE}:jobsVaultAddress https://<host>:{API_PORT}",
        )
    if not image:
        return None
    certificates = _certificates(read, vault.ca_cert_file) if vault.ca_cert_file else None
    if deployment and not vault.ca_cert_file:
        pulumi.log.warn(
            "the scheduled jobs trust public CAs only, and would not trust the servers' private "
            f"one; pulumi config set {NAMESPACE}:vaultCaCertFile <PEM file of that CA>"
        )
    return OperationsSettings(kubernetes, image, address, certificates)


def _inside(kubernetes: KubernetesSettings) -> str:
    """The Service that this program makes in front of the servers, wherever the outside enters."""
    return f"https://vault.{kubernetes.namespace}.svc.{kubernetes.domain}:{API_PORT}"


def _check_image(rules: Rules, image: str) -> None:
    found = _IMAGE.fullmatch(image)
    if not found or (not found["digest"] and found["tag"] in (None, "latest")):
        rules.problem(
            "jobsImage",
            f"must name one version, by a tag other than latest or by a digest, is {image!r}: what "
            "may rotate secrets must not become something else unseen",
            f"pulumi config set {NAMESPACE}:jobsImage <registry>/vaultstack-jobs:0.1.0",
        )


def _certificates(read: ConfigReader, file: str) -> str | None:
    """The certificates of a file and nothing else that may be in it: everybody in the jobs'
    namespaces can read them.
    """
    try:
        found = x509.load_pem_x509_certificates(Path(file).read_bytes())
    except (OSError, ValueError) as error:
        read.problem(
            "vaultCaCertFile",
            f"must be a file with CA certificates (PEM), which the scheduled jobs are given, is "
            f"{file!r} ({error})",
            f"pulumi config set {NAMESPACE}:vaultCaCertFile <PEM file>",
        )
        return None
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in found)
