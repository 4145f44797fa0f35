"""Whom the job's pods may reach: the servers, DNS, the API server, and the stores. Nobody reaches
them.
"""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import networking

from components.cluster.network import to_pod_identity, to_servers
from components.operations.snapshots import access
from components.operations.snapshots import layout as names
from components.peers import HTTPS, Egress, allow, networks, tcp, to_api_server, to_dns
from components.settings import DeploymentSettings, WorkloadIdentity
from policies.plan import KubernetesRole


def make_network_policy(
    name: str,
    role: KubernetesRole,
    deployment: DeploymentSettings,
    opts: pulumi.ResourceOptions,
) -> networking.v1.NetworkPolicy:
    settings, aws = deployment.network, deployment.aws
    egress = [
        to_servers(deployment.kubernetes.namespace),
        to_dns(settings.dns_cidrs),
        to_api_server(settings.api_server_cidrs),
    ]
    if settings.https_cidrs:  # an empty list would mean everybody
        egress.append(Egress(to=networks(settings.https_cidrs), ports=tcp(HTTPS)))
    if aws and aws.identity is WorkloadIdentity.POD_IDENTITY:
        egress.append(to_pod_identity())
    return allow(name, access.metadata(role), opts, pods=names.SELECTOR, egress=egress)
