"""The provider with which objects are put into a Kubernetes cluster."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes

from components.settings import KubernetesSettings


def make_provider(
    name: str, settings: KubernetesSettings, opts: pulumi.ResourceOptions
) -> kubernetes.Provider:
    """A cluster is known by its context's name. Otherwise the plugin would take the same cluster
    under another address, or in another file, for another one, and replace everything in it.
    """
    return kubernetes.Provider(
        name,
        context=settings.context,
        # Empty, not None: then the plugin finds it by the usual rules, and no path of this machine
        # gets into the state.
        kubeconfig=settings.kubeconfig or "",
        cluster_identifier=settings.context,
        # Or a changed ConfigMap would be deleted first, and meanwhile no pod could start.
        enable_config_map_mutable=True,
        opts=opts,
    )
