"""The provider with which the Secrets Store CSI driver mounts secrets, and what it mounts."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, core, meta, networking

from components.cluster.layout import SELECTOR as SERVERS
from components.delivery.authority import KEY, make_authority
from components.delivery.csi import layout as names
from components.delivery.csi.access import make_access
from components.delivery.csi.agent import CA_FOLDER, CONFIG_FILE, render
from components.delivery.csi.pods import make_daemon_set
from components.delivery.files import Delivery
from components.delivery.namespace import make_closed_namespace
from components.delivery.network import to_vault
from components.delivery.provider_class import API_VERSION, KIND, secret_provider_class
from components.delivery.reading import role_of
from components.kubernetes_cluster import make_provider
from components.namespace import PodSecurity
from components.options import after
from components.peers import Ingress, allow, pods_of, tcp, to_api_server, to_dns
from components.rights import make_account
from components.settings import CsiSettings, DeliverySettings
from components.settings.deployment import API_PORT
from policies.plan import Plan

_KEY_LENGTH = 43  # letters and digits: 256 bits


@dataclass(frozen=True)
class CsiProviderArgs:
    """`csi` is what the settings say of this way alone, `settings` what both ways share.
    `deliveries` are those that are mounted; the plan says as which role each is read.
    """

    settings: DeliverySettings
    csi: CsiSettings
    plan: Plan
    deliveries: tuple[Delivery, ...]
    protect: bool
    """Whether the namespace may not be deleted."""


class CsiProvider(pulumi.ComponentResource):
    """Vault's own provider on every node, and a SecretProviderClass for each delivery.

    The driver itself is the Kubernetes cluster's. Deliberately copies no secret into Kubernetes'
    own (`secretObjects`): what is there is in etcd, and everybody's who may read Secrets.
    """

    def __init__(
        self, name: str, args: CsiProviderArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:delivery:CsiProvider", name, None, opts)
        settings = args.settings
        provider = make_provider(
            f"{name}-kubernetes", settings.kubernetes, pulumi.ResourceOptions(parent=self)
        )
        inside = pulumi.ResourceOptions(parent=self, provider=provider)
        namespace = make_closed_namespace(
            # A pod with a folder of the node in it is nothing less, by Kubernetes' standards.
            f"{name}-namespace",
            names.NAMESPACE,
            PodSecurity.PRIVILEGED,
            inside,
            protect=args.protect,
        )
        self._after = after(inside, namespace)
        authority = make_authority(
            f"{name}-authority", names.NAMESPACE, settings.authority, self._after
        )
        config = render(settings.vault_address, f"{CA_FOLDER}/{KEY}" if authority else None)
        roles = [role_of(args.plan, delivery) for delivery in args.deliveries]
        needed = [
            *self._network(f"{name}-network", settings),
            self._account(f"{name}-account"),
            *make_access(f"{name}-access", roles, self._after),
            self._versions_key(f"{name}-versions-key"),
            self._config_map(f"{name}-config", config),
            *([authority.made] if authority else []),
        ]
        make_daemon_set(
            f"{name}-pods", settings, args.csi, config, authority, after(self._after, needed)
        )
        for delivery in args.deliveries:
            self._class(f"{name}-class", args.plan, delivery, inside)
        self.register_outputs({"namespace": names.NAMESPACE})

    def _network(self, name: str, settings: DeliverySettings) -> Sequence[pulumi.Resource]:
        """Nobody calls it but the driver, by its socket."""
        own = allow(
            name,
            _metadata(),
            self._after,
            pods=names.SELECTOR,
            egress=[
                to_vault(settings),
                to_dns(settings.dns_cidrs),
                to_api_server(settings.api_server_cidrs),
            ],
        )
        if not settings.servers:
            return [own]
        at_the_servers = networking.v1.NetworkPolicy(
            f"{name}-servers",
            metadata=meta.v1.ObjectMetaArgs(
                name=names.NAME, namespace=settings.kubernetes.namespace, labels=names.LABELS
            ),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=SERVERS),
                policy_types=["Ingress"],
                ingress=[
                    Ingress(from_=[pods_of(names.NAMESPACE, names.SELECTOR)], ports=tcp(API_PORT))
                ],
            ),
            opts=self._after,
        )
        return [own, at_the_servers]

    def _account(self, name: str) -> core.v1.ServiceAccount:
        return make_account(name, _metadata(), self._after)

    def _versions_key(self, name: str) -> core.v1.Secret:
        """The same on all nodes, so that a file's version is. The provider would make it itself,
        and would for that have to be allowed to make any Secret.
        """
        key = random.RandomPassword(
            name, length=_KEY_LENGTH, special=False, opts=pulumi.ResourceOptions(parent=self)
        )
        return core.v1.Secret(
            f"{name}-secret",
            metadata=meta.v1.ObjectMetaArgs(
                name=names.VERSIONS_KEY, namespace=names.NAMESPACE, labels=names.LABELS
            ),
            data={"key": key.result.apply(lambda text: base64.b64encode(text.encode()).decode())},
            opts=self._after,
        )

    def _config_map(self, name: str, config: str) -> core.v1.ConfigMap:
        return core.v1.ConfigMap(
            name, metadata=_metadata(), data={CONFIG_FILE: config}, opts=self._after
        )

    def _class(
        self, name: str, plan: Plan, delivery: Delivery, opts: pulumi.ResourceOptions
    ) -> None:
        made = secret_provider_class(plan, delivery)
        apiextensions.CustomResource(
            f"{name}-{delivery.workload.replace('/', '-')}",
            api_version=API_VERSION,
            kind=KIND,
            metadata={**made["metadata"], "labels": names.LABELS},
            spec=made["spec"],
            opts=opts,
        )


def _metadata() -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(name=names.NAME, namespace=names.NAMESPACE, labels=names.LABELS)
