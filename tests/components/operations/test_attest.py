"""The account that may look: bound by the matrix, and with no right in Kubernetes."""

from __future__ import annotations

from components.operations import AttestAccount, AttestAccountArgs
from components.operations.attest import let_look
from components.settings.deployment import KubernetesSettings
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from tests.components.conftest import Alone

PLAN = compile_plan(MATRIX, Environment.PROD)


def test_it_is_the_one_that_vaults_role_is_bound_to(alone: Alone) -> None:
    (role,) = (one for one in PLAN.kubernetes_roles if one.name == "platform-attest")
    kubernetes = KubernetesSettings(None, "vault-prod", "vault", "cluster.local")
    args = AttestAccountArgs(kubernetes, role)
    recording = alone(lambda opts: AttestAccount("attest", args, opts))
    (account,) = recording.of("kubernetes:core/v1:ServiceAccount")
    assert account.values["metadata"]["name"] == "attest"
    assert account.values["metadata"]["namespace"] == "vault"
    assert account.values["automountServiceAccountToken"] is False
    assert not [one for one in recording.resources if "rbac" in one.type]


def test_there_is_none_where_the_namespace_is_somebody_elses() -> None:
    class Nowhere:
        deployment = None

    assert let_look("attest", Nowhere(), PLAN) is None  # type: ignore[arg-type]
