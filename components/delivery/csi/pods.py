"""The CSI provider's pods, one to a node: the provider, and the agent by which it calls Vault."""

from __future__ import annotations

import hashlib
from typing import Final

import pulumi
from pulumi_kubernetes import apps, core, meta

from components.confinement import confined
from components.delivery.authority import Authority
from components.delivery.csi import layout as names
from components.delivery.csi.agent import CA_FOLDER, CONFIG_FILE, GROUP, SOCKET, USER
from components.settings import CsiSettings, DeliverySettings
from policies.paths import KUBERNETES_AUTH

_CONFIG: Final = "/etc/vault/config"
_HEALTH_PORT: Final = 8080
_MEMORY: Final = "128Mi"


def make_daemon_set(
    name: str,
    settings: DeliverySettings,
    csi: CsiSettings,
    config: str,
    authority: Authority | None,
    opts: pulumi.ResourceOptions,
) -> apps.v1.DaemonSet:
    """`config` is the agent's, from the ConfigMap; pods are replaced when it changes. Does not wait
    for every node: one that is away must not fail an `up`.

    While a node's provider is replaced, pods that start there wait for it.
    """
    return apps.v1.DaemonSet(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=names.NAME,
            namespace=names.NAMESPACE,
            labels=names.LABELS,
            annotations={"pulumi.com/skipAwait": "true"},
        ),
        spec=apps.v1.DaemonSetSpecArgs(
            selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
            update_strategy=apps.v1.DaemonSetUpdateStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDaemonSetArgs(max_unavailable="10%"),
            ),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels=names.LABELS,
                    annotations={"checksum/config": hashlib.sha256(config.encode()).hexdigest()},
                ),
                spec=core.v1.PodSpecArgs(
                    service_account_name=names.NAME,
                    automount_service_account_token=True,
                    enable_service_links=False,
                    priority_class_name=csi.priority_class,
                    node_selector={"kubernetes.io/os": "linux"},
                    # Wherever a workload may run, its files must come.
                    tolerations=[core.v1.TolerationArgs(operator="Exists")],
                    security_context=core.v1.PodSecurityContextArgs(
                        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault")
                    ),
                    containers=[_provider(csi), _agent(settings, authority)],
                    volumes=_volumes(authority),
                ),
            ),
        ),
        opts=opts,
    )


def _provider(csi: CsiSettings) -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name="provider",
        image=csi.image,
        args=[
            "--endpoint=/provider/vault.sock",
            f"--hmac-secret-name={names.VERSIONS_KEY}",
            f"--vault-mount={KUBERNETES_AUTH}",
            f"--health-addr=:{_HEALTH_PORT}",
            "--log-level=info",
        ],
        env=[core.v1.EnvVarArgs(name="VAULT_ADDR", value=f"unix://{SOCKET}")],
        ports=[core.v1.ContainerPortArgs(name="health", container_port=_HEALTH_PORT)],
        resources=_resources(),
        # Root, for the folder of the node is root's; and nothing of what root may otherwise do. In
        # the agent's group, whose socket it calls.
        security_context=confined(user=0, group=GROUP),
        liveness_probe=_probe(period=10, failures=6),
        readiness_probe=_probe(period=5, failures=2),
        volume_mounts=[
            core.v1.VolumeMountArgs(name="providers", mount_path="/provider"),
            core.v1.VolumeMountArgs(name="socket", mount_path=SOCKET.rpartition("/")[0]),
        ],
    )


def _agent(settings: DeliverySettings, authority: Authority | None) -> core.v1.ContainerArgs:
    mounts = [
        core.v1.VolumeMountArgs(name="config", mount_path=_CONFIG, read_only=True),
        core.v1.VolumeMountArgs(name="socket", mount_path=SOCKET.rpartition("/")[0]),
    ]
    if authority:
        mounts.append(core.v1.VolumeMountArgs(name="ca", mount_path=CA_FOLDER, read_only=True))
    return core.v1.ContainerArgs(
        name="agent",
        image=settings.agent_image,
        command=["vault"],
        args=["agent", f"-config={_CONFIG}/{CONFIG_FILE}"],
        env=[core.v1.EnvVarArgs(name="VAULT_LOG_FORMAT", value="json")],
        resources=_resources(),
        security_context=confined(user=USER, group=GROUP),
        volume_mounts=mounts,
    )


def _resources() -> core.v1.ResourceRequirementsArgs:
    return core.v1.ResourceRequirementsArgs(
        requests={"cpu": "25m", "memory": _MEMORY}, limits={"memory": _MEMORY}
    )


def _probe(*, period: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path="/health/ready", port="health"),
        period_seconds=period,
        timeout_seconds=3,
        failure_threshold=failures,
    )


def _volumes(authority: Authority | None) -> list[core.v1.VolumeArgs]:
    volumes = [
        # The driver runs on the node and calls a provider by a socket there: no other kind of
        # volume is seen by both.
        core.v1.VolumeArgs(
            name="providers",
            host_path=core.v1.HostPathVolumeSourceArgs(
                path=names.PROVIDERS_FOLDER, type="DirectoryOrCreate"
            ),
        ),
        core.v1.VolumeArgs(
            name="socket", empty_dir=core.v1.EmptyDirVolumeSourceArgs(medium="Memory")
        ),
        core.v1.VolumeArgs(
            name="config", config_map=core.v1.ConfigMapVolumeSourceArgs(name=names.NAME)
        ),
    ]
    return [*volumes, authority.volume("ca")] if authority else volumes
