"""What the pods may do in Kubernetes: exactly this, by name."""

from __future__ import annotations

import pytest

from components.cluster import access
from components.cluster import layout as names
from components.cluster.layout import Layout
from tests.components.cluster.deployments import DEPLOYMENT, LAYOUT, record
from tests.recording import Runner

PODS = {"kind": "ServiceAccount", "name": "vault", "namespace": "vault"}
RBAC = "rbac.authorization.k8s.io"


def test_the_service_account_gives_nobody_a_token_by_itself(run: Runner) -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/vault"}
    made = record(run, lambda opts: access.make_service_account("account", LAYOUT, role, opts))
    values = made["account"].values
    assert values["automountServiceAccountToken"] is False
    assert values["metadata"]["annotations"] == role
    assert (values["metadata"]["namespace"], values["metadata"]["name"]) == ("vault", "vault")


@pytest.mark.parametrize("servers", [3, 5])
def test_pods_may_label_themselves_and_no_other(run: Runner, servers: int) -> None:
    layout = Layout.of(DEPLOYMENT, servers)
    made = record(run, lambda opts: access.make_registration("registration", layout, opts))
    role, binding = made["registration-role"], made["registration-binding"]
    assert role.type == f"kubernetes:{RBAC}/v1:Role"
    assert role.values["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["pods"],
            "resourceNames": [f"vault-{index}" for index in range(servers)],
            "verbs": ["get", "patch"],
        }
    ]
    assert binding.type == f"kubernetes:{RBAC}/v1:RoleBinding"
    assert binding.values["roleRef"] == {
        "apiGroup": RBAC,
        "kind": "Role",
        "name": role.values["metadata"]["name"],
    }
    assert binding.values["subjects"] == [PODS]
    for one in (role, binding):
        assert one.values["metadata"]["namespace"] == layout.namespace


def test_the_reviewer_may_have_tokens_reviewed_by_kubernetes_own_role(run: Runner) -> None:
    made = record(run, lambda opts: access.make_reviewer("reviewer", LAYOUT, opts))["reviewer"]
    assert made.type == f"kubernetes:{RBAC}/v1:ClusterRoleBinding"
    assert made.values["roleRef"] == {
        "apiGroup": RBAC,
        "kind": "ClusterRole",
        "name": "system:auth-delegator",
    }
    assert made.values["subjects"] == [PODS]
    # It belongs to the whole cluster, in which there may be another Vault.
    assert made.values["metadata"]["name"].endswith(f"-{LAYOUT.namespace}")


def test_whoever_looks_sees_whose_it_is(run: Runner) -> None:
    made = record(run, lambda opts: access.make_registration("registration", LAYOUT, opts))
    for one in made.resources:
        assert one.values["metadata"]["labels"] == names.LABELS
