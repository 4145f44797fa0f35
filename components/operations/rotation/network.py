"""Whom the jobs' pods may reach: the servers, DNS and the API server. Nobody reaches them.

Made where this program deployed the servers and so knows the networks, in every namespace where a
job runs: the policy selects the jobs' own pods and says nothing of an application's.
"""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import meta, networking

from components.cluster.network import to_servers
from components.operations.rotation import layout as names
from components.peers import allow, to_api_server, to_dns
from components.settings import DeploymentSettings


def make_network_policy(
    name: str, namespace: str, deployment: DeploymentSettings, opts: pulumi.ResourceOptions
) -> networking.v1.NetworkPolicy:
    return allow(
        name,
        meta.v1.ObjectMetaArgs(name=names.NETWORK_POLICY, namespace=namespace, labels=names.LABELS),
        opts,
        pods=names.SELECTOR,
        egress=[
            to_servers(deployment.kubernetes.namespace),
            to_dns(deployment.network.dns_cidrs),
            to_api_server(deployment.network.api_server_cidrs),
        ],
    )
