"""Reads and validates what the agent injector and the CSI provider are told: the part of `loading`
that is about how secrets come to pods.
"""

from __future__ import annotations

from typing import Final

from components.settings.delivery import (
    CsiSettings,
    DeliverySettings,
    FailurePolicy,
    InjectorSettings,
    ServingSettings,
)
from components.settings.deployment import DeploymentSettings, IssuerKind, KubernetesSettings
from components.settings.loading_parts import NAME, certificates_in, read_image, read_issuer
from components.settings.loading_pods import Pods
from components.settings.reader import NAMESPACE, ConfigReader, Rules
from policies.environments import Environment

_SET: Final = f"pulumi config set {NAMESPACE}"


def read_delivery(
    read: ConfigReader,
    environment: Environment,
    kubernetes: KubernetesSettings,
    pods: Pods,
    deployment: DeploymentSettings | None,
) -> DeliverySettings | None:
    """None where neither way is turned on; the keys are read all the same."""
    injector = _injector(Rules(read, hold=pods.injector), environment)
    csi = _csi(Rules(read, hold=pods.csi))
    # The servers' rule says it where servers are deployed.
    agents = Rules(read, hold=pods.delivery and not deployment)
    agent_image = _image(agents, "vaultImage")
    if not pods.delivery:
        return None
    networks = deployment.network if deployment else None
    api_server = networks.api_server_cidrs if networks else _again(read, "apiServerCidrs")
    if not api_server and read.sound("apiServerCidrs"):
        read.problem(
            "apiServerCidrs",
            "is needed: a network policy without networks would let everybody in",
            "write the addresses of `kubectl get endpoints kubernetes`",
        )
    return DeliverySettings(
        kubernetes=kubernetes,
        vault_address=pods.vault_address,
        authority=pods.authority,
        agent_image=agent_image,
        api_server_cidrs=api_server,
        dns_cidrs=networks.dns_cidrs if networks else _again(read, "dnsCidrs"),
        servers=deployment is not None,
        injector=injector if pods.injector else None,
        csi=csi if pods.csi else None,
    )


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
    issuer = read_issuer(rules, "injectorIssuer")
    if not (text or secret or bundle):
        # The servers' own, if it signs for the whole cluster, signs for the injector, too. What is
        # wrong with it, the servers' rule says.
        servers = read_issuer(Rules(read, hold=False), "tlsIssuer")
        issuer = servers if servers and servers.kind is IssuerKind.CLUSTER_ISSUER else None
    if (text and secret) or not (issuer or text or secret or bundle):
        rules.problem(
            "injectorIssuer",
            "and injectorTlsSecret exclude one another"
            if text
            else "is needed, or injectorTlsSecret: the API server calls the injector over TLS",
            f"{_SET}:injectorIssuer ClusterIssuer/<name> where cert-manager runs, else "
            "injectorTlsSecret <name of a Secret> with injectorCaBundle",
        )
    if bundle and not certificates_in(bundle.encode()):
        rules.problem("injectorCaBundle", "must be CA certificates (PEM)", "write the PEM text")
    return ServingSettings(issuer, secret or None, bundle or None)


def _image(rules: Rules, key: str) -> str:
    because = "what hands out secrets must not become something else unseen"
    return read_image(rules, key, because, "<registry>/<name>:<version>")


def _name(rules: Rules, key: str, usual: str) -> str:
    name = rules.read.text(key)
    if not NAME.fullmatch(name):
        rules.problem(key, f"must be a priority class' name, is {name!r}", f"{_SET}:{key} {usual}")
    return name


def _again(read: ConfigReader, key: str) -> tuple[str, ...]:
    """What the servers would be told; a fault in it is noted already."""
    return read.cidrs(key) if read.sound(key) else ()
