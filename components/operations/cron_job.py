"""When a rotation runs, and in what kind of pod."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_kubernetes import batch, core, meta

from components.confinement import confined, confined_pod
from components.operations import layout as names
from policies.plan import Rotation

_USER: Final = 65532
_HOUR: Final = 3600
# What a run needs beside an application's restart: logging in, and the client's own patience with
# a Vault or an API server that is away.
_RUN_SECONDS: Final = 300
# A run that is half done must outlast a Vault or an API server that is away for ten minutes: the
# next schedule may be a week later.
_RETRIES: Final = 6
# What Kubernetes waits before the first of them, and twice as long before each next one.
_BACKOFF_SECONDS: Final = 10
# How it ends where trying again mends nothing: the file is wrong, or the application did not take
# the new value and has its old one back. A second restart would only disturb it again.
_FINAL_EXIT_CODES: Final = (2, 3)


def make_cron_job(
    name: str, rotation: Rotation, image: str, opts: pulumi.ResourceOptions
) -> batch.v1.CronJob:
    """One run at a time; what fails is tried again, within bounds, and then left to be seen."""
    own = names.object_name(rotation)
    labels = names.labels(rotation)
    return batch.v1.CronJob(
        name,
        metadata=meta.v1.ObjectMetaArgs(name=own, namespace=rotation.namespace, labels=labels),
        spec=batch.v1.CronJobSpecArgs(
            schedule=rotation.schedule,
            time_zone="Etc/UTC",
            concurrency_policy="Forbid",
            # Later than this, a run that was missed waits for the next one: a restart belongs to
            # the hour that somebody chose.
            starting_deadline_seconds=min(rotation.interval_seconds // 4, 6 * _HOUR),
            successful_jobs_history_limit=1,
            failed_jobs_history_limit=3,
            job_template=batch.v1.JobTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=labels),
                spec=_job(rotation, image),
            ),
        ),
        opts=opts,
    )


def _job(rotation: Rotation, image: str) -> batch.v1.JobSpecArgs:
    return batch.v1.JobSpecArgs(
        backoff_limit=_RETRIES,
        active_deadline_seconds=deadline_seconds(rotation),
        # Over a long weekend somebody can still see why one failed.
        ttl_seconds_after_finished=7 * 24 * _HOUR,
        pod_failure_policy=batch.v1.PodFailurePolicyArgs(
            rules=[
                batch.v1.PodFailurePolicyRuleArgs(
                    action="FailJob",
                    on_exit_codes=batch.v1.PodFailurePolicyOnExitCodesRequirementArgs(
                        container_name="rotate", operator="In", values=list(_FINAL_EXIT_CODES)
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
            metadata=meta.v1.ObjectMetaArgs(labels=names.labels(rotation)),
            spec=_pod(rotation, image),
        ),
    )


def deadline_seconds(rotation: Rotation) -> int:
    """For all tries together, and the waits between them: long enough for an application to be
    restarted, and once more with its previous value.
    """
    tell = rotation.task.get("tell") or {}
    # 10 + 20 + 40 ...
    waits = _BACKOFF_SECONDS * ((1 << _RETRIES) - 1)
    return (1 + _RETRIES) * _RUN_SECONDS + waits + 2 * int(tell.get("ready_within_seconds", 0))


def _pod(rotation: Rotation, image: str) -> core.v1.PodSpecArgs:
    return core.v1.PodSpecArgs(
        restart_policy="Never",
        service_account_name=rotation.service_account,
        # It is given two tokens below, each for one of those it talks to.
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=confined_pod(_USER, _USER),
        containers=[
            core.v1.ContainerArgs(
                name="rotate",
                image=image,
                command=["python", "-m", "vaultstack_jobs"],
                args=["rotate", f"{names.CONFIG}/{names.ROTATION_FILE}"],
                resources=core.v1.ResourceRequirementsArgs(
                    requests={"cpu": "50m", "memory": "128Mi"}, limits={"memory": "256Mi"}
                ),
                security_context=confined(),
                volume_mounts=[
                    core.v1.VolumeMountArgs(name=name, mount_path=path, read_only=True)
                    for name, path in (
                        ("rotation", names.CONFIG),
                        ("vault-token", names.VAULT_TOKEN),
                        ("kubernetes-token", names.KUBERNETES_TOKEN),
                    )
                ],
            )
        ],
        volumes=[
            core.v1.VolumeArgs(
                name="rotation",
                config_map=core.v1.ConfigMapVolumeSourceArgs(name=names.object_name(rotation)),
            ),
            core.v1.VolumeArgs(
                name="vault-token",
                projected=core.v1.ProjectedVolumeSourceArgs(
                    # As short as Kubernetes issues it. The job logs in with it once.
                    sources=[_token(600, audience=rotation.audience)]
                ),
            ),
            core.v1.VolumeArgs(name="kubernetes-token", projected=_for_the_api_server()),
        ],
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
            path=names.TOKEN_FILE, audience=audience, expiration_seconds=seconds
        )
    )
