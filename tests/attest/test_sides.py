"""A live Vault as a side of a review: what a workload really has, in the review's words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from attest.kinds import Kind
from attest.live import Live
from attest.sides import compared
from policies.environments import Environment
from policies.review.model import Status, TermChange, WorkloadReview
from tests.attest.vaults import body_of, matching, plan_of, settings, with_object, without

STACK = settings()
LIVE = matching(STACK)


def workloads(live: Live) -> dict[str, WorkloadReview]:
    (one,) = compared(plan_of(STACK), STACK, live).review.environments
    return {workload.label: workload for workload in one.workloads}


def changed(kind: Kind, name: str, **fields: Any) -> Live:
    return with_object(LIVE, kind, name, {**body_of(LIVE, kind, name), **fields})


@pytest.mark.parametrize("environment", Environment)
def test_a_vault_that_is_as_declared_gives_nobody_more_or_less(environment: Environment) -> None:
    stack = settings(environment)
    (one,) = compared(plan_of(stack), stack, matching(stack)).review.environments
    assert (one.workloads, one.findings) == ((), ())


def test_the_provisioners_of_teams_are_no_workloads() -> None:
    stack = settings(teamStacks=["media-team", "sentiment-team"])
    live = matching(stack)
    (one,) = compared(plan_of(stack), stack, live).review.environments
    assert (one.workloads, one.findings) == ((), ())
    # Where no team has a stack, what has such a name is somebody's.
    (one,) = compared(plan_of(STACK), STACK, live).review.environments
    assert one.findings


def test_a_policy_that_was_widened_is_what_its_workload_gained() -> None:
    text = 'path "sys/policies/acl/*" { capabilities = ["update"] }'
    found = workloads(changed(Kind.ACL_POLICY, "kubesentiment-batch-prod", policy=text))
    (workload,) = found.values()
    assert workload.label == "kubesentiment/batch"
    assert ("gained", "sys/policies/acl/*") in {(c.direction, c.paths) for c in workload.access}
    escalations = [one for one in workload.findings if one.severity.name == "ESCALATION"]
    assert escalations
    assert all(one.approvers == () for one in workload.findings)


TERMS: list[tuple[Kind, str, dict[str, Any], tuple[str, str, str]]] = [
    (
        Kind.KUBERNETES_ROLE,
        "kubesentiment",
        {"bound_service_account_names": ["kubesentiment", "x"]},
        ("service account", "kubesentiment", "kubesentiment, x"),
    ),
    (
        Kind.KUBERNETES_ROLE,
        "kubesentiment",
        {"bound_service_account_namespaces": [], "bound_service_account_namespace_selector": "a=b"},
        ("namespace", "kubesentiment-prod", "labelled a=b"),
    ),
    (
        Kind.APPROLE_ROLE,
        "kubesentiment-ci",
        {"secret_id_ttl": 0},
        ("secret-ID lifetime", "24h", "unlimited"),
    ),
    (
        Kind.OIDC_ROLE,
        "auditors",
        {"bound_claims": {"groups": ["vault-auditors-prod", "all"]}},
        ("group", "", "all"),
    ),
    (
        Kind.DATABASE_ROLE,
        "kubesentiment-readonly",
        {"max_ttl": 172800},
        ("maximum TTL", "24h", "48h"),
    ),
    (Kind.PKI_ROLE, "kubesentiment-api", {"server_flag": True}, ("for servers", "", "yes")),
    (
        Kind.STATIC_ROLE,
        "kubesentiment-exports",
        {"username": "postgres"},
        ("user", "kubesentiment-exports", "postgres"),
    ),
]


@pytest.mark.parametrize(("kind", "name", "fields", "told"), TERMS)
def test_a_changed_role_is_told_by_its_terms(
    kind: Kind, name: str, fields: dict[str, Any], told: tuple[str, str, str]
) -> None:
    terms: list[TermChange] = [
        term for one in workloads(changed(kind, name, **fields)).values() for term in one.terms
    ]
    assert told in {(one.term, one.before, one.after) for one in terms}


def test_a_role_that_nobody_declared_is_a_workload_that_was_added() -> None:
    role = body_of(LIVE, Kind.KUBERNETES_ROLE, "kubesentiment")
    found = workloads(with_object(LIVE, Kind.KUBERNETES_ROLE, "stranger", role))
    assert found["stranger"].status is Status.ADDED
    assert found["stranger"].gains
    gone = workloads(without(LIVE, Kind.KUBERNETES_ROLE, "kubesentiment"))
    assert [one.status for one in gone.values()] == [Status.REMOVED]


def test_the_default_policy_counts_where_a_role_gives_it() -> None:
    text = 'path "cubbyhole/*" { capabilities = ["read"] }'
    live = changed(Kind.KUBERNETES_ROLE, "kubesentiment", token_no_default_policy=False)
    found = workloads(with_object(live, Kind.ACL_POLICY, "default", {"policy": text}))
    assert [one.paths for one in found["kubesentiment/api"].access] == ["cubbyhole/*"]


def test_what_could_not_be_read_is_taken_for_what_was_declared() -> None:
    nothing = replace(LIVE, folders=dict.fromkeys(LIVE.folders), mounts=None, auth=None)
    assert workloads(nothing) == {}
    one = with_object(LIVE, Kind.ACL_POLICY, "kubesentiment-api-prod", None)
    assert workloads(with_object(one, Kind.KUBERNETES_ROLE, "kubesentiment", None)) == {}


def test_an_acl_policy_that_only_a_newer_vault_can_read_hides_nothing_else() -> None:
    """The other differences name it: see `differences`."""
    strange = 'path "x" { capabilities = ["of-tomorrow"] }'
    live = changed(Kind.ACL_POLICY, "kubesentiment-api-prod", policy=strange)
    assert workloads(live) == {}
    live = with_object(live, Kind.ACL_POLICY, "strange", {"policy": strange})
    more = {"token_policies": ["kubesentiment-batch-prod", "people-auditors-prod"]}
    body = {**body_of(live, Kind.KUBERNETES_ROLE, "kubesentiment-batch"), **more}
    gained = workloads(with_object(live, Kind.KUBERNETES_ROLE, "kubesentiment-batch", body))
    assert gained.keys() == {"kubesentiment/batch"}


def test_clouds_that_the_matrix_has_none_of_are_read_too() -> None:
    live = with_object(
        LIVE,
        Kind.GCP_ACCOUNT,
        "reader",
        {"service_account_email": "r@x", "token_scopes": ["s"], "ttl": 60},
    )
    live = with_object(
        live,
        Kind.AZURE_ROLE,
        "reader",
        {"azure_roles": [{"role_name": "R", "scope": "/"}], "ttl": 1},
    )
    live = with_object(live, Kind.AWS_ROLE, "free", {"credential_type": "federation_token"})
    (there,) = compared(plan_of(STACK), STACK, live).live.values()
    assert [one.service_account for one in there.gcp_roles] == ["r@x"]
    assert [one.assignments for one in there.azure_roles] == [(("R", "/"),)]
    assert "free" in {one.name for one in there.aws_roles}
