"""What the scenarios of `target: kubernetes` stand on: an API server whose controllers are played,
and a stack that deploys Vault's servers to it.

What is in AWS is given, as by somebody who has it made otherwise: it takes no plugin for AWS. And
the provisioner logs in by AppRole: a run of CI's token ends after five minutes, which a slow
machine's `up` outlasts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from rehearsal import program, scene
from rehearsal.binaries import Binary, Tool
from rehearsal.engine.ground import Ground, Progress
from rehearsal.engine.kubernetes_controllers import Playing
from rehearsal.engine.stack import EngineStack
from rehearsal.engine.tools import Installed
from rehearsal.errors import RehearsalError
from rehearsal.servers.aws import AwsServer
from rehearsal.supervisor import Supervisor

CHANGED: Final[Mapping[Environment, Mapping[str, Any]]] = MappingProxyType(
    {
        Environment.DEV: {"target": "kubernetes", "databaseCidrs": ["127.0.0.0/8"]},
        Environment.STAGING: {
            "provisionerLogin": "approle",
            "ciRepository": "",
            "ciEnvironments": [],
            "ciAttestEnvironments": [],
        },
    }
)
"""Keys that are not as in the stack file; with them the monitor makes the same Vault."""
_AUDIT_DEVICES: Final = Path("components") / "operations" / "audit" / "devices.py"
_ON_A_VOLUME: Final = "args.settings.file or AUDIT_FILE"
_BUCKET: Final = "vaultstack-rehearsal-snapshots"


@dataclass
class ClusterGround(Ground):
    """With the controllers of its cluster."""

    playing: Playing = field(kw_only=True, repr=False)

    @property
    def changed(self) -> Mapping[str, Any]:
        return CHANGED[self.environment]


@contextmanager
def cluster_ground(
    supervisor: Supervisor,
    installed: Installed,
    binaries: Mapping[Tool, Binary],
    environment: Environment,
    progress: Progress,
) -> Iterator[ClusterGround]:
    """From entering to leaving; nothing is in the cluster yet. Raises `RehearsalError`."""
    plan, changed = compile_plan(MATRIX, environment), CHANGED[environment]
    keys = program.stack_keys(environment.value, changed)
    built = scene.build(supervisor, binaries, MATRIX, plan, keys, progress)
    configuration = {**changed, **built.configuration}
    if keys["seal"] == "awskms":
        configuration |= given_in_aws(built.aws)
    stack = EngineStack(supervisor, installed, environment.value)
    keep_audit_files(stack.project)
    stack.configure(configuration, built.secret_keys)
    progress(f"the stack {environment.value} is configured, {len(built.secret_keys)} keys secret")
    with Playing(built.kubernetes, built.controllers) as playing:
        yield ClusterGround(
            supervisor,
            installed,
            binaries,
            environment,
            built,
            plan,
            configuration,
            built.secret_keys,
            stack,
            [stack],
            playing=playing,
        )


def given_in_aws(server: AwsServer) -> dict[str, str]:
    """What the program would make there, made by somebody else. Keys without their namespace."""
    key = server.client("kms").create_key(Description="seals Vault")["KeyMetadata"]["Arn"]
    location = {"LocationConstraint": server.region}
    server.client("s3").create_bucket(Bucket=_BUCKET, CreateBucketConfiguration=location)
    role = f"arn:aws:iam::{server.account_id}:role"
    return {
        "kmsKeyArn": key,
        "sealRoleArn": f"{role}/vault-seal",
        "snapshotBucket": _BUCKET,
        "snapshotRoleArn": f"{role}/vault-snapshots",
    }


def keep_audit_files(project: Path) -> None:
    """Vault is told a file on a pod's volume, which here would be one of this machine's. So the
    copy of the program has it below the folder in which each server runs, as the monitor does.

    Raises `RehearsalError`.
    """
    file = project / _AUDIT_DEVICES
    text = file.read_text(encoding="utf-8")
    if text.count(_ON_A_VOLUME) != 1:
        raise RehearsalError(
            f"{_AUDIT_DEVICES} has {_ON_A_VOLUME!r} {text.count(_ON_A_VOLUME)} times, and not "
            "once: adapt rehearsal/engine/kubernetes_ground.py"
        )
    below = _ON_A_VOLUME + '.removeprefix("/")'
    file.write_text(text.replace(_ON_A_VOLUME, below), encoding="utf-8")
