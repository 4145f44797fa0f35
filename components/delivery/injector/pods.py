"""The injector's pods: vault-k8s, told by its environment what agents are like.

Source of the variables: vault-k8s 1.7.6, subcommand/injector/flags.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
from pulumi_kubernetes import apps, core, meta

from components.confinement import confined, confined_pod
from components.delivery.authority import Authority
from components.delivery.injector import layout as names
from components.delivery.injector.layout import Layout
from components.settings import DeliverySettings, InjectorSettings
from policies.paths import KUBERNETES_AUTH

# As vault-k8s' image names its user.
_USER, _GROUP = 100, 1000
_TLS: Final = "/etc/webhook/tls"
_MEMORY: Final = "128Mi"
# It stops at once when it is told to; so it is told when nobody calls it any more.
_FAREWELL_SECONDS: Final = 5
# Of agents in pods that do not say it themselves. The template and its interval go with a release
# of vault-k8s; what is written here does not.
_AGENTS: Final[Mapping[str, str]] = {
    "CPU_REQUEST": "250m",
    "CPU_LIMIT": "500m",
    "MEM_REQUEST": "64Mi",
    "MEM_LIMIT": "128Mi",
    "DEFAULT_TEMPLATE": "map",
    "TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE": "true",
    "REVOKE_ON_SHUTDOWN": "false",
    "VAULT_AUTH_PATH": f"auth/{KUBERNETES_AUTH}",
}


def make_deployment(
    name: str,
    layout: Layout,
    settings: DeliverySettings,
    injector: InjectorSettings,
    authority: Authority | None,
    opts: pulumi.ResourceOptions,
) -> apps.v1.Deployment:
    """An update starts a new pod before it ends an old one. Replaced certificates are read again
    within moments, without a restart; a new CA of Vault's is for new pods, of this and of others.
    """
    return apps.v1.Deployment(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=names.NAME, namespace=layout.namespace, labels=names.LABELS
        ),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=injector.replicas,
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0),
            ),
            selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=names.LABELS),
                spec=core.v1.PodSpecArgs(
                    service_account_name=names.NAME,
                    # It watches the webhooks, and answers nothing before it could.
                    automount_service_account_token=True,
                    enable_service_links=False,
                    priority_class_name=injector.priority_class,
                    termination_grace_period_seconds=_FAREWELL_SECONDS + 10,
                    security_context=confined_pod(_USER, _GROUP),
                    topology_spread_constraints=[
                        _apart("kubernetes.io/hostname", "DoNotSchedule"),
                        _apart("topology.kubernetes.io/zone", "ScheduleAnyway"),
                    ],
                    containers=[_container(settings, injector, authority)],
                    volumes=[
                        core.v1.VolumeArgs(
                            name="tls",
                            secret=core.v1.SecretVolumeSourceArgs(
                                secret_name=injector.serving.secret or names.SERVING_SECRET,
                                default_mode=0o440,
                            ),
                        )
                    ],
                ),
            ),
        ),
        opts=opts,
    )


def _container(
    settings: DeliverySettings, injector: InjectorSettings, authority: Authority | None
) -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name="injector",
        image=injector.image,
        args=["agent-inject"],
        env=_environment(settings, authority),
        # Its metrics are there too, at /metrics.
        ports=[core.v1.ContainerPortArgs(name="https", container_port=names.PORT)],
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "50m", "memory": _MEMORY}, limits={"memory": _MEMORY}
        ),
        security_context=confined(),
        startup_probe=_probe(period=5, failures=12),
        liveness_probe=_probe(period=10, failures=6),
        readiness_probe=_probe(period=2, failures=2),
        lifecycle=core.v1.LifecycleArgs(
            pre_stop=core.v1.LifecycleHandlerArgs(
                sleep=core.v1.SleepActionArgs(seconds=_FAREWELL_SECONDS)
            )
        ),
        volume_mounts=[core.v1.VolumeMountArgs(name="tls", mount_path=_TLS, read_only=True)],
    )


def _environment(
    settings: DeliverySettings, authority: Authority | None
) -> Sequence[core.v1.EnvVarArgs]:
    said = {
        "LISTEN": f":{names.PORT}",
        "LOG_LEVEL": "info",
        "LOG_FORMAT": "json",
        "TELEMETRY_PATH": "/metrics",
        "TLS_CERT_FILE": f"{_TLS}/tls.crt",
        "TLS_KEY_FILE": f"{_TLS}/tls.key",
        "TLS_MIN_VERSION": "tls13",
        "VAULT_ADDR": settings.vault_address,
        "VAULT_IMAGE": settings.agent_image,
        **_AGENTS,
    }
    variables = [
        core.v1.EnvVarArgs(name=f"AGENT_INJECT_{name}", value=value) for name, value in said.items()
    ]
    if authority:
        # It writes it into every agent's environment: no pod needs a Secret for it.
        variables.append(
            core.v1.EnvVarArgs(
                name="AGENT_INJECT_VAULT_CACERT_BYTES", value_from=authority.variable
            )
        )
    return variables


def _probe(*, period: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(scheme="HTTPS", path="/health/ready", port="https"),
        period_seconds=period,
        timeout_seconds=5,
        failure_threshold=failures,
    )


def _apart(topology: str, otherwise: str) -> core.v1.TopologySpreadConstraintArgs:
    return core.v1.TopologySpreadConstraintArgs(
        max_skew=1,
        topology_key=topology,
        when_unsatisfiable=otherwise,
        label_selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
    )
