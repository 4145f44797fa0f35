"""Who reviews tokens for Vault, and that its own stays secret."""

from __future__ import annotations

import dataclasses

import pulumi
import pytest

from components.auth.reviewer import TokenReviewer, reviewer_token
from components.settings import KubernetesAuthSettings, KubernetesSettings, Reviewer
from tests.components.conftest import Alone
from tests.recording import REVIEWER_TOKEN, Recording, is_secret, plain

CREATE = KubernetesAuthSettings(
    host="https://shop.example.com",
    ca_cert="a CA",
    reviewer=Reviewer.CREATE,
    reviewer_token=None,
    reviewer_namespace="vault",
    cluster=KubernetesSettings(None, "shop-cluster", "vault", "cluster.local"),
)
CLUSTER = "pulumi:providers:kubernetes"


@pytest.fixture
def recording(alone: Alone) -> Recording:
    return alone(lambda opts: TokenReviewer("reviewer", CREATE, opts))


def test_it_may_review_tokens_and_nothing_else(recording: Recording) -> None:
    account = recording["reviewer-account"]
    assert account.type == "kubernetes:core/v1:ServiceAccount"
    assert account.values["metadata"]["namespace"] == "vault"
    assert account.values["automountServiceAccountToken"] is False
    binding = recording["reviewer-binding"].values
    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "system:auth-delegator",
    }
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "vault-token-reviewer", "namespace": "vault"}
    ]
    kinds = {r.type for r in recording.resources if r.type.startswith("kubernetes:")}
    assert kinds == {
        "kubernetes:core/v1:ServiceAccount",
        "kubernetes:core/v1:Secret",
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
    }


def test_it_is_made_in_the_named_context_whichever_is_current(recording: Recording) -> None:
    (cluster,) = recording.of(CLUSTER)
    assert cluster.values["context"] == "shop-cluster"
    made = [r for r in recording.resources if r.type.startswith("kubernetes:")]
    assert len(made) == 3
    assert {resource.provider for resource in made} == {cluster.name}


def test_what_was_the_auth_methods_is_moved_and_not_made_anew(recording: Recording) -> None:
    made = [one for one in recording.resources if "kubernetes" in one.type]
    assert len(made) == 4
    for one in made:
        (before,) = (alias.spec.parentUrn for alias in one.request.aliases if alias.spec.parentUrn)
        assert before.endswith("::vaultstack:auth:KubernetesAuth::kubernetes")


def test_its_token_is_made_after_it_and_stays_secret(alone: Alone) -> None:
    def component(opts: pulumi.ResourceOptions) -> None:
        token = reviewer_token("reviewer", CREATE, opts)
        pulumi.export("token", token)

    recording = alone(component)
    token = recording["reviewer-token"]
    assert "data" in token.secret_outputs
    assert token.after == {"reviewer-account"}
    exported = recording.exports["token"]
    assert is_secret(exported)
    assert plain(exported) == REVIEWER_TOKEN


@pytest.mark.parametrize("reviewer", [Reviewer.POD, Reviewer.GIVEN])
def test_where_it_need_not_be_made_no_cluster_is_connected_to(reviewer: Reviewer) -> None:
    given = pulumi.Output.secret("given") if reviewer is Reviewer.GIVEN else None
    settings = dataclasses.replace(CREATE, reviewer=reviewer, reviewer_token=given)
    assert reviewer_token("reviewer", settings, pulumi.ResourceOptions()) is given
