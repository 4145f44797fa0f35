"""A job that runs by schedule, whatever it does: when, as whom, and in what kind of pod.

What is scheduled is a value, which each kind of job makes of what it knows; what such a pod may be
is said here once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import batch, core, meta

from components.confinement import confined, confined_pod
from components.operations import layout
from components.settings import NAMESPACE

RETRIES: Final = 6
"""A run that is half done must outlast a Vault or an API server that is away for ten minutes: the
next schedule may be a week later."""
GIVE_IMAGE: Final = (
    "build jobs/Containerfile, and give its image: "
    f"pulumi config set {NAMESPACE}:jobsImage <registry>/vaultstack-jobs:0.1.0"
)
"""What a stack is told that has no jobs."""
_USER: Final = 65532
_HOUR: Final = 3600
# What a run needs beside its work: logging in, and the client's own patience with a Vault or an API
# server that is away.
_RUN_SECONDS: Final = 300
# What Kubernetes waits before the first retry, and twice as long before each next one.
_BACKOFF_SECONDS: Final = 10
# Where one that was missed still runs: a few hours later, whatever its interval.
_LATEST_SECONDS: Final = 6 * _HOUR


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the pod's service account, for somebody else than Vault and the API server."""

    volume: str
    folder: str
    audience: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Scratch:
    """A folder of the pod's own, empty at first and gone with it."""

    folder: str
    size: str
    """As Kubernetes writes it: `10Gi`. A pod that puts more there is evicted."""


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """One kind of run of `python -m vaultstack_jobs`. It has two tokens, each for one of those it
    talks to: for Vault, and for the API server.
    """

    name: str
    """Of its objects: the CronJob, and the ConfigMap that holds its files."""
    namespace: str
    labels: Mapping[str, str]
    service_account: str
    audience: str
    """Vault's, of the token that it logs in with."""
    schedule: str
    interval_seconds: int
    """Between two runs, as the schedule has it."""
    image: str
    container: str
    args: tuple[str, ...]
    files: str
    """What its volume is called."""
    final_exit_codes: tuple[int, ...]
    """How it ends where trying again mends nothing."""
    working_seconds: int = 0
    """For what all tries do, together, beside logging in."""
    tokens: tuple[Token, ...] = ()
    scratch: Scratch | None = None

    @property
    def deadline_seconds(self) -> int:
        """For all tries together, and the waits between them."""
        # 10 + 20 + 40 ...
        waits = _BACKOFF_SECONDS * ((1 << RETRIES) - 1)
        return (1 + RETRIES) * _RUN_SECONDS + waits + self.working_seconds

    @property
    def late_seconds(self) -> int:
        """Later than this, a run that was missed waits for the next one: what a job disturbs
        belongs to the hour that somebody chose.
        """
        return min(self.interval_seconds // 4, _LATEST_SECONDS)


def make_cron_job(name: str, job: ScheduledJob, opts: pulumi.ResourceOptions) -> batch.v1.CronJob:
    """One run at a time; what fails is tried again, within bounds, and then left to be seen."""
    return batch.v1.CronJob(
        name,
        metadata=meta.v1.ObjectMetaArgs(name=job.name, namespace=job.namespace, labels=job.labels),
        spec=batch.v1.CronJobSpecArgs(
            schedule=job.schedule,
            time_zone="Etc/UTC",
            concurrency_policy="Forbid",
            starting_deadline_seconds=job.late_seconds,
            successful_jobs_history_limit=1,
            failed_jobs_history_limit=3,
            job_template=batch.v1.JobTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=job.labels),
                spec=_spec(job),
            ),
        ),
        opts=opts,
    )


def _spec(job: ScheduledJob) -> batch.v1.JobSpecArgs:
    return batch.v1.JobSpecArgs(
        backoff_limit=RETRIES,
        active_deadline_seconds=job.deadline_seconds,
        # Over a long weekend somebody can still see why one failed.
        ttl_seconds_after_finished=7 * 24 * _HOUR,
        pod_failure_policy=batch.v1.PodFailurePolicyArgs(
            rules=[
                batch.v1.PodFailurePolicyRuleArgs(
                    action="FailJob",
                    on_exit_codes=batch.v1.PodFailurePolicyOnExitCodesRequirementArgs(
                        container_name=job.container,
                        operator="In",
                        values=list(job.final_exit_codes),
                    ),
                ),
                # A node that is drained is nobody's failure.
                batch.v1.PodFailurePolicyRuleArgs(
                    action="Ignore",
                    on_pod_conditions=[
                        batch.v1.PodFailurePolicyOnPodConditionsPatternArgs(
                            type="DisruptionTarget", status="True"
                        )
                    ],
                ),
            ]
        ),
        template=core.v1.PodTemplateSpecArgs(
            metadata=meta.v1.ObjectMetaArgs(labels=job.labels),
            spec=_pod(job),
        ),
    )


def _pod(job: ScheduledJob) -> core.v1.PodSpecArgs:
    mounts = [
        (job.files, layout.CONFIG),
        ("vault-token", layout.VAULT_TOKEN),
        ("kubernetes-token", layout.KUBERNETES_TOKEN),
        *((one.volume, one.folder) for one in job.tokens),
    ]
    return core.v1.PodSpecArgs(
        restart_policy="Never",
        service_account_name=job.service_account,
        # It is given its tokens below, each for one of those it talks to.
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=confined_pod(_USER, _USER),
        containers=[
            core.v1.ContainerArgs(
                name=job.container,
                image=job.image,
                command=["python", "-m", "vaultstack_jobs"],
                args=list(job.args),
                resources=core.v1.ResourceRequirementsArgs(
                    requests={"cpu": "50m", "memory": "128Mi"}, limits={"memory": "256Mi"}
                ),
                security_context=confined(),
                volume_mounts=[
                    *(
                        core.v1.VolumeMountArgs(name=name, mount_path=path, read_only=True)
                        for name, path in mounts
                    ),
                    *_scratch_mount(job),
                ],
            )
        ],
        volumes=[
            core.v1.VolumeArgs(
                name=job.files, config_map=core.v1.ConfigMapVolumeSourceArgs(name=job.name)
            ),
            # As short as Kubernetes issues it. The job logs in with it once.
            _token_volume("vault-token", 600, job.audience),
            core.v1.VolumeArgs(name="kubernetes-token", projected=_for_the_api_server()),
            *(_token_volume(one.volume, one.seconds, one.audience) for one in job.tokens),
            *_scratch_volume(job),
        ],
    )


def _scratch_mount(job: ScheduledJob) -> list[core.v1.VolumeMountArgs]:
    if job.scratch is None:
        return []
    return [core.v1.VolumeMountArgs(name="scratch", mount_path=job.scratch.folder)]


def _scratch_volume(job: ScheduledJob) -> list[core.v1.VolumeArgs]:
    if job.scratch is None:
        return []
    empty = core.v1.EmptyDirVolumeSourceArgs(size_limit=job.scratch.size)
    return [core.v1.VolumeArgs(name="scratch", empty_dir=empty)]


def _token_volume(name: str, seconds: int, audience: str) -> core.v1.VolumeArgs:
    return core.v1.VolumeArgs(
        name=name,
        projected=core.v1.ProjectedVolumeSourceArgs(sources=[_token(seconds, audience=audience)]),
    )


def _for_the_api_server() -> core.v1.ProjectedVolumeSourceArgs:
    """What Kubernetes mounts by itself where it is not told otherwise, and no longer than a job may
    take.
    """
    return core.v1.ProjectedVolumeSourceArgs(
        sources=[
            _token(_HOUR),
            core.v1.VolumeProjectionArgs(
                config_map=core.v1.ConfigMapProjectionArgs(
                    name="kube-root-ca.crt",
                    items=[core.v1.KeyToPathArgs(key="ca.crt", path="ca.crt")],
                )
            ),
            core.v1.VolumeProjectionArgs(
                downward_api=core.v1.DownwardAPIProjectionArgs(
                    items=[
                        core.v1.DownwardAPIVolumeFileArgs(
                            path="namespace",
                            field_ref=core.v1.ObjectFieldSelectorArgs(
                                field_path="metadata.namespace"
                            ),
                        )
                    ]
                )
            ),
        ]
    )


def _token(seconds: int, *, audience: str | None = None) -> core.v1.VolumeProjectionArgs:
    """Without an audience it is for the API server."""
    return core.v1.VolumeProjectionArgs(
        service_account_token=core.v1.ServiceAccountTokenProjectionArgs(
            path=layout.TOKEN_FILE, audience=audience, expiration_seconds=seconds
        )
    )
