"""The Vault servers on Kubernetes, and all they need there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta

from components.cluster import access, certificate, network, services
from components.cluster import layout as names
from components.cluster.aws import AwsFoundation, AwsFoundationArgs
from components.cluster.layout import Layout
from components.cluster.metrics import make_metrics_access
from components.cluster.pod_config import CONFIG_FILE, server_config
from components.cluster.pod_scripts import READY_FILE, START_FILE, Rotation, ready, start
from components.cluster.preflight import PreflightProvider
from components.cluster.server_config import render
from components.cluster.stateful_set import StatefulSetArgs, make_stateful_set
from components.kubernetes_cluster import make_provider
from components.namespace import PodSecurity, make_namespace
from components.options import after
from components.preflight.asking import Preflight
from components.settings import DeploymentSettings, Reviewer, Settings, WorkloadIdentity
from policies.plan import Plan


@dataclass(frozen=True)
class VaultClusterArgs:
    """What is deployed (`deployment`, which `settings` may lack), and for whom: the plan names the
    workloads whose pods may reach the servers.
    """

    deployment: DeploymentSettings
    settings: Settings
    plan: Plan


class VaultCluster(pulumi.ComponentResource):
    """A namespace with the servers in it: one on files, or a Raft cluster sealed by KMS.

    Deliberately neither initialises nor unseals, and does not wait for a server to be ready, which
    comes after first contact. The controllers it counts on (volumes, cert-manager, load balancer)
    are the Kubernetes cluster's.
    """

    layout: Layout

    def __init__(
        self, name: str, args: VaultClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:cluster:VaultCluster", name, None, opts)
        deployment, settings = args.deployment, args.settings
        raft = settings.cluster.raft
        self.layout = layout = Layout.of(deployment, settings.cluster.servers)
        provider = make_provider(
            f"{name}-kubernetes", deployment.kubernetes, pulumi.ResourceOptions(parent=self)
        )
        inside = pulumi.ResourceOptions(parent=self, provider=provider)
        protected = pulumi.ResourceOptions.merge(
            inside, pulumi.ResourceOptions(protect=settings.protect)
        )
        # Nothing runs in it with more than restricted rights.
        namespace = make_namespace(
            f"{name}-namespace", layout.namespace, PodSecurity.RESTRICTED, protected
        )
        checked = self._preflight(f"{name}-preflight", args, namespace)
        after_check = after(inside, [checked])

        aws = self._aws(f"{name}-aws", args, checked)
        account = access.make_service_account(
            f"{name}-account", layout, aws.service_account_annotations if aws else {}, after_check
        )
        reviews = settings.kubernetes_auth.reviewer is Reviewer.POD
        if reviews:
            access.make_reviewer(f"{name}-reviewer", layout, after_check)
        # Servers are never reachable by more than they should be, and one that may not label itself
        # when it starts would answer nothing until it may.
        needed: list[pulumi.Resource] = [account, *([aws] if aws else [])]
        needed += network.make_network_policies(
            f"{name}-network", layout, _network(args), after_check
        )
        if raft:
            needed.append(access.make_registration(f"{name}-registration", layout, after_check))
            services.make_disruption_budget(f"{name}-disruption-budget", layout, after_check)
        if deployment.certificate.issuer:
            certificate.make_certificate(
                f"{name}-certificate", layout, deployment.certificate.issuer, after_check
            )
        if settings.telemetry:
            needed += make_metrics_access(
                f"{name}-metrics", layout, settings.telemetry, after_check
            )
        needed += services.make_services(f"{name}-service", layout, after_check, raft=raft)
        services.make_exposure(
            f"{name}-exposure",
            layout,
            deployment.exposure,
            deployment.network.client_cidrs,
            after_check,
        )
        files = _files(args, layout, aws.seal_key_id if aws else None)
        needed.append(self._config_map(f"{name}-config", files, after_check))
        make_stateful_set(
            f"{name}-servers",
            StatefulSetArgs(
                deployment,
                layout,
                raft,
                files,
                token=raft or reviews,
                metrics=settings.telemetry is not None,
            ),
            # Some of its fields cannot be changed, and replacing it would end all servers at once.
            after(protected, [checked, *needed]),
        )
        self.register_outputs({"namespace": layout.namespace, "servers": layout.servers})

    def _preflight(
        self, name: str, args: VaultClusterArgs, namespace: core.v1.Namespace
    ) -> Preflight:
        deployment = args.deployment
        issuer = deployment.certificate.issuer
        return Preflight(
            PreflightProvider(),
            name,
            {
                "bound_namespaces": {
                    role.namespace: role.name for role in reversed(args.plan.kubernetes_roles)
                },
                "certificate_names": list(self.layout.certificate_names),
                "context": deployment.kubernetes.context,
                "ingress_class": deployment.exposure.ingress_class or "",
                "issuer_kind": issuer.kind.value if issuer else "",
                "issuer_name": issuer.name if issuer else "",
                "kubeconfig": deployment.kubernetes.kubeconfig or "",
                "metrics": args.settings.telemetry is not None,
                "namespace": self.layout.namespace,
                "storage_class": deployment.size.storage_class or "",
                "tls_secret": deployment.certificate.secret or "",
            },
            pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
        )

    def _aws(self, name: str, args: VaultClusterArgs, checked: Preflight) -> AwsFoundation | None:
        if args.deployment.aws is None:
            return None
        return AwsFoundation(
            name,
            AwsFoundationArgs(
                args.deployment.aws,
                args.settings.environment,
                self.layout.namespace,
                names.SERVICE_ACCOUNT,
                args.settings.protect,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[checked]),
        )

    def _config_map(
        self, name: str, files: Mapping[str, str], opts: pulumi.ResourceOptions
    ) -> core.v1.ConfigMap:
        return core.v1.ConfigMap(
            name,
            metadata=meta.v1.ObjectMetaArgs(
                name=names.CONFIG_MAP, namespace=self.layout.namespace, labels=names.LABELS
            ),
            data=files,
            opts=opts,
        )


def _files(args: VaultClusterArgs, layout: Layout, kms_key: str | None) -> Mapping[str, str]:
    config = server_config(
        args.deployment,
        args.settings.limits,
        layout,
        cluster=args.settings.cluster,
        kms_key=kms_key,
        telemetry=args.settings.telemetry,
    )
    return {
        CONFIG_FILE.rpartition("/")[2]: render(config),
        START_FILE: start(Rotation.within(args.deployment.size.audit)),
        READY_FILE: ready(layout, raft=args.settings.cluster.raft),
    }


def _network(args: VaultClusterArgs) -> network.NetworkArgs:
    database, aws = args.settings.database, args.deployment.aws
    return network.NetworkArgs(
        args.deployment.network,
        tuple(role.namespace for role in args.plan.kubernetes_roles),
        database.port if database else None,
        aws is not None and aws.identity is WorkloadIdentity.POD_IDENTITY,
    )
