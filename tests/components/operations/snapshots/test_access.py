"""What the job may in Kubernetes: its own Lease, and nothing else."""

from __future__ import annotations

from components.operations.snapshots import access
from tests.components.cluster.deployments import record
from tests.components.operations.snapshots.taking import ROLE
from tests.recording import Runner


def test_it_may_look_at_and_change_its_own_lease(run: Runner) -> None:
    made = record(run, lambda opts: access.make_rights("rights", ROLE, opts))
    (role,) = (one for one in made.resources if one.type.endswith(":Role"))
    assert role.values["rules"] == [
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "resourceNames": ["vault-snapshots"],
            "verbs": ["get", "update"],
        }
    ]
    (binding,) = (one for one in made.resources if one.type.endswith(":RoleBinding"))
    (subject,) = binding.values["subjects"]
    assert (subject["namespace"], subject["name"]) == ("vault", "snapshots")


def test_what_the_job_writes_is_not_declared(run: Runner) -> None:
    made = record(run, lambda opts: access.make_lease("lease", ROLE, opts))["lease"]
    assert made.values.keys() <= {"apiVersion", "kind", "metadata"}
    assert "annotations" not in made.values["metadata"]


def test_the_account_says_which_role_it_becomes_in_aws(run: Runner) -> None:
    told = {"eks.amazonaws.com/role-arn": "an ARN"}
    made = record(run, lambda opts: access.make_service_account("account", ROLE, told, opts))
    values = made["account"].values
    assert values["metadata"]["annotations"] == told
    assert values["automountServiceAccountToken"] is False
