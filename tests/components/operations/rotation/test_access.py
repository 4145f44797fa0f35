"""What a job may do in Kubernetes: this, by name, and nothing else."""

from __future__ import annotations

from typing import Any, Final

import pytest

from components.operations.rotation import access, layout
from policies.plan import Rotation
from tests.components.cluster.deployments import record
from tests.components.operations.rotation.rotations import AWS_ROOT, IDS, JWT, KV_KEY, rotation
from tests.recording import Recording, Runner

RBAC: Final = "rbac.authorization.k8s.io"


def rights(run: Runner, one: Rotation) -> Recording:
    return record(run, lambda opts: access.make_rights("rights", one, opts))


def lease(one: Rotation) -> dict[str, Any]:
    return {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "resourceNames": [layout.object_name(one)],
        "verbs": ["get", "update"],
    }


def test_the_account_gives_nobody_a_token_by_itself(run: Runner) -> None:
    made = record(run, lambda opts: access.make_service_account("account", JWT, opts))["account"]
    assert made.values["automountServiceAccountToken"] is False
    metadata = made.values["metadata"]
    assert (metadata["namespace"], metadata["name"]) == (JWT.namespace, JWT.service_account)


def test_a_job_that_restarts_a_deployment_may_restart_that_one(run: Runner) -> None:
    made = rights(run, JWT)
    role = made["rights-shop-dev-role"]
    assert role.type == f"kubernetes:{RBAC}/v1:Role"
    assert role.values["metadata"]["namespace"] == "shop-dev"
    assert role.values["rules"] == [
        lease(JWT),
        {
            "apiGroups": ["apps"],
            "resources": ["deployments"],
            "resourceNames": ["shop-web"],
            "verbs": ["get", "patch"],
        },
    ]


@pytest.mark.parametrize("tell", [None, {"type": "agent"}])
def test_a_job_that_restarts_nothing_may_only_keep_its_runs_apart(
    run: Runner, tell: dict[str, str] | None
) -> None:
    one = rotation({**KV_KEY, "tell": tell})
    for quiet in (one, AWS_ROOT):
        made = rights(run, quiet)
        (role,) = made.of(f"kubernetes:{RBAC}/v1:Role")
        assert role.values["rules"] == [lease(quiet)]


def test_a_job_that_lays_a_secret_may_write_that_one_and_read_none(run: Runner) -> None:
    made = rights(run, IDS)
    assert made["rights-vault-role"].values["rules"] == [lease(IDS)]
    there = made["rights-runners-dev-role"].values
    assert there["metadata"]["namespace"] == "runners-dev"
    assert there["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["shop-ci"],
            "verbs": ["patch"],
        }
    ]


@pytest.mark.parametrize("one", [JWT, IDS], ids=lambda one: str(one.name))
def test_rights_go_to_the_jobs_account_wherever_they_are(run: Runner, one: Rotation) -> None:
    made = rights(run, one)
    bindings = made.of(f"kubernetes:{RBAC}/v1:RoleBinding")
    roles = {
        role.values["metadata"]["namespace"]: role for role in made.of(f"kubernetes:{RBAC}/v1:Role")
    }
    assert {binding.values["metadata"]["namespace"] for binding in bindings} == roles.keys()
    for binding in bindings:
        role = roles[binding.values["metadata"]["namespace"]]
        assert binding.values["roleRef"] == {
            "apiGroup": RBAC,
            "kind": "Role",
            "name": role.values["metadata"]["name"],
        }
        assert binding.values["subjects"] == [
            {"kind": "ServiceAccount", "name": one.service_account, "namespace": one.namespace}
        ]
        assert role.name in binding.after


def test_what_the_job_writes_is_not_declared(run: Runner) -> None:
    """Or the next `up` would write it back: who holds the lease, and the secret that lies there."""

    def make(opts: Any) -> None:
        access.make_lease("lease", IDS, opts)
        access.make_secret("secret", IDS, opts)

    made = record(run, make)
    assert made["lease"].values.keys() - {"apiVersion", "kind"} == {"metadata"}
    assert made["secret"].values.keys() - {"apiVersion", "kind"} == {"metadata", "type"}
    for one in made.resources:
        assert "annotations" not in one.values["metadata"]
    metadata = made["secret"].values["metadata"]
    assert (metadata["namespace"], metadata["name"]) == ("runners-dev", "shop-ci")


def test_a_secret_is_made_only_where_one_is_laid(run: Runner) -> None:
    assert not record(run, lambda opts: access.make_secret("secret", JWT, opts)).resources
