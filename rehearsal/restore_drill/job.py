"""The snapshots' job as the program declared it: its own code, as a process with its service
account's tokens. The file is the ConfigMap's, with this machine's addresses and folders.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from components.operations.snapshots import layout
from policies.snapshots import reader
from rehearsal.errors import RehearsalError
from rehearsal.servers import python_path
from rehearsal.servers.kubernetes import ISSUER
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import Supervisor, write_private

_SECONDS: Final = 120
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and what it said."""

    status: int
    lines: tuple[Json, ...]
    errors: str

    def fact(self, step: str, name: str) -> Any:
        """Raises `RehearsalError` where the job did not say so."""
        for line in self.lines:
            if line["step"] == step and name in line:
                return line[name]
        raise RehearsalError(f"the job did not come to {step!r}: {self.last}")

    @property
    def last(self) -> str:
        return json.dumps(self.lines[-1]) if self.lines else self.errors


@dataclass(frozen=True, slots=True)
class Job:
    """What a pod of the CronJob would be given."""

    file: Path
    environment: Mapping[str, str]
    bucket: str

    def run(self) -> Ended:
        (ended,) = self.run_at_once(1)
        return ended

    def run_at_once(self, count: int) -> list[Ended]:
        """So many pods of it, at the same time."""
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "vaultstack_jobs", "snapshot", str(self.file)],
                env=dict(self.environment),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(count)
        ]
        return [_ended(one) for one in running]

    def to(self, bucket: str) -> Job:
        """The same, told of another bucket."""
        told = json.loads(self.file.read_text())
        told["targets"][0]["bucket"] = bucket
        file = write_private(self.file.with_name(f"to-{bucket}.json"), json.dumps(told))
        return replace(self, file=file, bucket=bucket)


def _ended(process: subprocess.Popen[str]) -> Ended:
    try:
        output, errors = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise RehearsalError(f"the job took longer than {_SECONDS} s") from None
    lines = tuple(json.loads(line) for line in output.splitlines())
    return Ended(process.returncode, lines, errors)


def install(supervisor: Supervisor, stood: StoodUp, address: str) -> Job:
    """Raises `RehearsalError` where the program did not declare it. `address`: the leader's."""
    role, api = reader(stood.plan), stood.scene.kubernetes
    if role is None:
        raise RehearsalError("nobody takes snapshots in this environment: the matrix grants none")
    declared = api.get("v1", "ConfigMap", layout.NAME, role.namespace)["data"]
    folder = supervisor.subfolder("snapshots-job")
    told = json.loads(declared[layout.SNAPSHOT_FILE])
    token = api.request_token(role.namespace, role.service_account, role.audience)
    told["vault"] |= {
        "address": address,
        "ca_file": str(stood.scene.ca_file),
        "token_file": str(write_private(folder / "vault-token", token)),
    }
    scratch = folder / "scratch"
    scratch.mkdir(mode=0o700)
    told["folder"] = str(scratch)
    for target in told["targets"]:
        target["endpoint"] = stood.scene.aws.url
    own = api.request_token(role.namespace, role.service_account, ISSUER)
    ca = base64.b64encode(api.ca_pem.encode()).decode()
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "it", "cluster": {"server": api.url, "certificate-authority-data": ca}}
        ],
        "users": [{"name": "job", "user": {"token": own}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "job"}}],
        "current-context": "it",
    }
    environment = supervisor.environment(
        KUBECONFIG=str(write_private(folder / "kubeconfig", json.dumps(kubeconfig))),
        HOSTNAME=layout.NAME,
        NO_PROXY="*",
        **stood.scene.aws.environment(),
        **python_path(),
    )
    file = write_private(folder / layout.SNAPSHOT_FILE, json.dumps(told))
    buckets = [target["bucket"] for target in told["targets"]]
    s3: Any = stood.scene.aws.client("s3", region=told["targets"][0]["region"])
    for bucket in buckets:
        # moto takes a refusal under a condition (only through TLS) for one without.
        s3.delete_bucket_policy(Bucket=bucket)
    return Job(file, environment, buckets[0])
