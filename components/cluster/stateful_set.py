"""The servers' StatefulSet: how a Vault runs in a pod."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apps, core, meta

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.cluster.pod_config import CA_FILE, METRICS_CA_FILE
from components.cluster.pod_scripts import READY_FILE, START_FILE
from components.cluster.server_config import server_environment
from components.confinement import confined, confined_pod
from components.settings import DeploymentSettings, Exposure, SizeSettings
from components.settings.deployment import API_PORT

# What Kubernetes' own health checks ask. A sealed or uninitialised server lives, and so does one
# that sees no leader: restarting it would only take away one that somebody is about to unseal, or a
# vote.
_ALIVE = (
    "/v1/sys/health?standbyok=true&sealedcode=204&uninitcode=204&haunhealthycode=204"
    "&removedcode=204"
)
# Vault's image runs as user 100, group 1000.
_USER, _GROUP = 100, 1000
# Go's collector then runs a quarter as often, and yet never lets the pod outgrow its memory.
_GOGC, _MEMORY_PERCENT = "400", 80


@dataclass(frozen=True, slots=True)
class StatefulSetArgs:
    deployment: DeploymentSettings
    layout: Layout
    raft: bool
    files: Mapping[str, str]
    """The ConfigMap's content."""
    token: bool
    """Whether the pods get their service account's token."""
    metrics: bool = False
    """Whether Prometheus reads the servers' metrics."""


def make_stateful_set(
    name: str, args: StatefulSetArgs, opts: pulumi.ResourceOptions
) -> apps.v1.StatefulSet:
    """Makes it and does not wait: a server is ready when it is initialised and unsealed, and that
    comes after. Pods are replaced when somebody deletes them (OnDelete): standbys first and the
    leader last is more than Kubernetes knows.
    """
    layout = args.layout
    return apps.v1.StatefulSet(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=names.STATEFUL_SET,
            namespace=layout.namespace,
            labels=names.LABELS,
            annotations={"pulumi.com/skipAwait": "true"},
        ),
        spec=apps.v1.StatefulSetSpecArgs(
            service_name=names.PEERS,
            replicas=layout.servers,
            # All at once: each waits for the others to join.
            pod_management_policy="Parallel",
            update_strategy=apps.v1.StatefulSetUpdateStrategyArgs(type="OnDelete"),
            persistent_volume_claim_retention_policy=(
                apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicyArgs(
                    when_deleted="Retain", when_scaled="Retain"
                )
            ),
            selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels=names.LABELS,
                    annotations={"checksum/config": checksum(args.files)},
                ),
                spec=_pod(args),
            ),
            volume_claim_templates=[
                _claim("data", str(args.deployment.size.data), args.deployment.size),
                _claim("audit", str(args.deployment.size.audit), args.deployment.size),
            ],
        ),
        opts=opts,
    )


def checksum(files: Mapping[str, str]) -> str:
    """Changes with what a server is started with."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _pod(args: StatefulSetArgs) -> core.v1.PodSpecArgs:
    return core.v1.PodSpecArgs(
        service_account_name=names.SERVICE_ACCOUNT,
        automount_service_account_token=args.token,
        enable_service_links=False,
        # Or Vault were the first process, and nobody would collect what a readiness probe leaves.
        share_process_namespace=True,
        priority_class_name=args.deployment.priority_class,
        # Or each start of a large volume would wait for its every file's owner to be set.
        security_context=confined_pod(_USER, _GROUP, change_policy="OnRootMismatch"),
        # The wait for endpoints to go, Vault's handing over, and its last requests.
        termination_grace_period_seconds=_farewell_seconds(args) + 55,
        affinity=_apart(),
        topology_spread_constraints=_over_zones(),
        containers=[_container(args)],
        volumes=[
            core.v1.VolumeArgs(
                name="config",
                config_map=core.v1.ConfigMapVolumeSourceArgs(name=names.CONFIG_MAP),
            ),
            core.v1.VolumeArgs(
                name="tls",
                secret=core.v1.SecretVolumeSourceArgs(
                    secret_name=args.layout.certificate_secret, default_mode=0o440
                ),
            ),
            *([_metrics_trust()] if args.metrics else []),
            *(
                core.v1.VolumeArgs(name=name, empty_dir=core.v1.EmptyDirVolumeSourceArgs())
                for name in ("home", "tmp")
            ),
        ],
    )


def _metrics_trust() -> core.v1.VolumeArgs:
    """The certificate of the authority that signs Prometheus' own, and not that authority's key."""
    return core.v1.VolumeArgs(
        name="metrics",
        secret=core.v1.SecretVolumeSourceArgs(
            secret_name=names.METRICS_CA_SECRET,
            default_mode=0o440,
            items=[core.v1.KeyToPathArgs(key="tls.crt", path=METRICS_CA_FILE.rpartition("/")[2])],
        ),
    )


def _container(args: StatefulSetArgs) -> core.v1.ContainerArgs:
    size = args.deployment.size
    return core.v1.ContainerArgs(
        name="vault",
        image=args.deployment.image,
        command=["/bin/sh", f"{names.CONFIG}/{START_FILE}"],
        env=_environment(args),
        ports=[
            core.v1.ContainerPortArgs(name="https", container_port=API_PORT),
            core.v1.ContainerPortArgs(name="https-internal", container_port=names.CLUSTER_PORT),
            *(
                [core.v1.ContainerPortArgs(name="metrics", container_port=names.METRICS_PORT)]
                if args.metrics
                else []
            ),
        ],
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": str(size.cpu), "memory": str(size.memory)},
            limits={"memory": str(size.memory)},
        ),
        security_context=confined(),
        # While the Kubernetes API cannot be reached, a server that wants to label itself answers
        # nothing for two and a half minutes. Neither a start nor a hand-over may end there.
        startup_probe=_alive(period=2, failures=120),
        liveness_probe=_alive(period=10, failures=24),
        readiness_probe=core.v1.ProbeArgs(
            exec_=core.v1.ExecActionArgs(command=["/bin/sh", f"{names.CONFIG}/{READY_FILE}"]),
            period_seconds=5,
            timeout_seconds=5,
            failure_threshold=2,
        ),
        lifecycle=core.v1.LifecycleArgs(
            # Those who look the endpoints up get the time to learn that this one goes.
            pre_stop=core.v1.LifecycleHandlerArgs(
                sleep=core.v1.SleepActionArgs(seconds=_farewell_seconds(args))
            ),
        ),
        volume_mounts=[
            core.v1.VolumeMountArgs(name="data", mount_path=names.DATA),
            core.v1.VolumeMountArgs(name="audit", mount_path=names.AUDIT),
            core.v1.VolumeMountArgs(name="config", mount_path=names.CONFIG, read_only=True),
            core.v1.VolumeMountArgs(name="tls", mount_path=names.TLS, read_only=True),
            *(
                [
                    core.v1.VolumeMountArgs(
                        name="metrics", mount_path=names.METRICS_TRUST, read_only=True
                    )
                ]
                if args.metrics
                else []
            ),
            core.v1.VolumeMountArgs(name="home", mount_path=names.HOME),
            core.v1.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108 - the pod's own
        ],
    )


def _farewell_seconds(args: StatefulSetArgs) -> int:
    """How long others take to learn that a server goes. A load balancer takes its time."""
    return 30 if args.deployment.exposure.kind is Exposure.LOAD_BALANCER else 5


def _environment(args: StatefulSetArgs) -> Sequence[core.v1.EnvVarArgs]:
    memory = args.deployment.size.memory.share(_MEMORY_PERCENT)
    fixed = {
        "VAULT_ADDR": f"https://localhost:{API_PORT}",
        "VAULT_CACERT": CA_FILE,
        "HOME": names.HOME,
        "GOGC": _GOGC,
        "GOMEMLIMIT": f"{memory}B",
    }
    # Kubernetes puts other variables into these, so they come after what they name.
    pod = "$(POD_NAME)"
    of_raft = {
        **server_environment(
            node_id=pod, cluster_address=f"https://{Layout.peer_host(pod)}:{names.CLUSTER_PORT}"
        ),
        "VAULT_K8S_POD_NAME": pod,
        "VAULT_K8S_NAMESPACE": args.layout.namespace,
    }
    return [
        core.v1.EnvVarArgs(
            name="POD_NAME",
            value_from=core.v1.EnvVarSourceArgs(
                field_ref=core.v1.ObjectFieldSelectorArgs(field_path="metadata.name")
            ),
        ),
        *(
            core.v1.EnvVarArgs(name=name, value=value)
            for name, value in (fixed | (of_raft if args.raft else {})).items()
        ),
    ]


def _alive(*, period: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(scheme="HTTPS", path=_ALIVE, port="https"),
        period_seconds=period,
        timeout_seconds=5,
        failure_threshold=failures,
    )


def _apart() -> core.v1.AffinityArgs:
    """Never two servers on one host: it would take both votes with it."""
    term = core.v1.PodAffinityTermArgs(
        topology_key="kubernetes.io/hostname",
        label_selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
    )
    return core.v1.AffinityArgs(
        pod_anti_affinity=core.v1.PodAntiAffinityArgs(
            required_during_scheduling_ignored_during_execution=[term]
        )
    )


def _over_zones() -> Sequence[core.v1.TopologySpreadConstraintArgs]:
    """As evenly as the zones allow, from the beginning: a server's disks bind it to its zone for
    good. Zones where nothing can run do not count.
    """
    return [
        core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key="topology.kubernetes.io/zone",
            when_unsatisfiable="DoNotSchedule",
            node_taints_policy="Honor",
            label_selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
        )
    ]


def _claim(name: str, amount: str, size: SizeSettings) -> core.v1.PersistentVolumeClaimArgs:
    return core.v1.PersistentVolumeClaimArgs(
        metadata=meta.v1.ObjectMetaArgs(name=name, labels=names.LABELS),
        spec=core.v1.PersistentVolumeClaimSpecArgs(
            access_modes=["ReadWriteOnce"],
            storage_class_name=size.storage_class,
            resources=core.v1.VolumeResourceRequirementsArgs(requests={"storage": amount}),
        ),
    )
