"""The matrix' own rotations, each as the workload that the matrix lets do it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.jobs.deployments import Controller, deployment
from tests.jobs.installed import Installer, Json, Kubernetes
from tests.live.conftest import Stage

pytestmark = pytest.mark.live


@pytest.mark.usefixtures("iam_user", "old_issuer", "old_entries")
def test_every_rotation_of_the_matrix_runs_with_the_rights_that_it_is_granted(
    stage: Stage, installer: Installer, kubernetes: Kubernetes
) -> None:
    """As its own workload: the service account, the role and the ACL policy are the program's."""
    kinds = set()
    for rotation in stage.plan.rotations:
        tell, secret = rotation.task.get("tell") or {}, rotation.task.get("secret")
        with ExitStack() as stack:
            if tell.get("type") == "restart":
                namespace, name = tell["namespace"], tell["deployment"]
                kubernetes.api.apply(deployment(namespace, name))
                ready = Controller(kubernetes, namespace, name, lambda _: True)
                stack.enter_context(ready)
            if secret:
                kubernetes.api.apply(empty_secret(secret["namespace"], secret["name"]))
            done = installer.install_rotation(rotation).run("--now")
        assert (done.exit, done.steps[-1]) == (0, "done"), (rotation.name, done.lines)
        account = f"{rotation.namespace}-{rotation.service_account}"
        assert done.fact("begins", "who") == f"kubernetes-{account}"
        kinds.add(rotation.task["type"])
    assert kinds == {"aws-root", "database-root", "kv-key", "pki-intermediate", "secret-id"}


def empty_secret(namespace: str, name: str) -> Json:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
