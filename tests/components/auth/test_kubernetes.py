"""Kubernetes auth: exact bindings, and who reviews tokens."""

from __future__ import annotations

import dataclasses

import pulumi
import pytest

from components.auth import KubernetesAuth, KubernetesAuthArgs
from components.settings import KubernetesAuthSettings, KubernetesSettings, Reviewer
from policies.plan import KubernetesRole
from tests.components.conftest import Alone
from tests.components.plans import TOKEN, shuffled
from tests.recording import Recording, is_secret, plain

ROLES = (
    KubernetesRole("shop-api", "api", "shop-dev", "vault-dev", TOKEN),
    KubernetesRole("shop-worker", "worker", "shop-dev", "vault-dev", TOKEN),
)
POD = KubernetesAuthSettings(
    host="https://kubernetes.default.svc",
    ca_cert=None,
    reviewer=Reviewer.POD,
    reviewer_token=None,
    reviewer_namespace="vault",
    cluster=KubernetesSettings(None, "", "vault", "cluster.local"),
)
OUTSIDE = dataclasses.replace(POD, reviewer=Reviewer.GIVEN, ca_cert="a CA")


def make(
    alone: Alone,
    settings: KubernetesAuthSettings = POD,
    roles: tuple[KubernetesRole, ...] = ROLES,
    *,
    given: str | None = None,
    preview: bool = False,
) -> Recording:
    def component(opts: pulumi.ResourceOptions) -> KubernetesAuth:
        token = pulumi.Output.secret(given) if given else None
        return KubernetesAuth("kubernetes", KubernetesAuthArgs(settings, roles, token), opts)

    return alone(component, preview=preview)


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("settings", [POD, OUTSIDE])
def test_each_role_is_bound_to_one_service_account_namespace_and_audience(
    alone: Alone, settings: KubernetesAuthSettings, preview: bool
) -> None:
    recording = make(alone, settings, preview=preview)
    assert recording["kubernetes"].type == "vaultstack:auth:KubernetesAuth"
    role = recording["kubernetes-role-shop-api"]
    assert role.type == "vault:kubernetes/authBackendRole:AuthBackendRole"
    assert role.inputs == {
        "backend": "kubernetes",
        "roleName": "shop-api",
        "boundServiceAccountNames": ["api"],
        "boundServiceAccountNamespaces": ["shop-dev"],
        "audience": "vault-dev",
        "tokenPolicies": ["shop-api-dev"],
        "tokenTtl": 3600,
        "tokenMaxTtl": 86400,
        "tokenNoDefaultPolicy": True,
    }
    assert role.after == {"kubernetes-mount"}


def test_in_a_pod_vault_reviews_with_its_own_token_and_reads_it_again(alone: Alone) -> None:
    config = make(alone)["kubernetes-config"].inputs
    assert config["disableLocalCaJwt"] is False
    assert config["disableIssValidation"] is True
    assert "tokenReviewerJwt" not in config
    assert "kubernetesCaCert" not in config


def test_a_given_token_arrives_as_a_secret(alone: Alone) -> None:
    recording = make(alone, OUTSIDE, given="reviewer-hidden")
    config = recording["kubernetes-config"].inputs
    assert is_secret(config["tokenReviewerJwt"])
    assert plain(config["tokenReviewerJwt"]) == "reviewer-hidden"
    assert config["disableLocalCaJwt"] is True
    assert config["kubernetesCaCert"] == "a CA"
    assert not any(r.type.startswith("kubernetes:") for r in recording.resources)


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    mixed = make(alone, roles=tuple(shuffled(ROLES)))
    assert make(alone).identities == mixed.identities


def test_of_another_stacks_method_it_makes_only_roles(alone: Alone) -> None:
    args = KubernetesAuthArgs(None, ROLES)
    recording = alone(lambda opts: KubernetesAuth("kubernetes", args, opts))
    assert {"kubernetes-mount", "kubernetes-config"}.isdisjoint(
        resource.name for resource in recording.resources
    )
    role, whole = recording["kubernetes-role-shop-api"], make(alone)["kubernetes-role-shop-api"]
    assert (role.urn, role.inputs, role.after) == (whole.urn, whole.inputs, set())
