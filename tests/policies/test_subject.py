"""`policies.subject`: every name that is made for a workload, in one environment."""

from __future__ import annotations

import pytest

from policies.environments import Environment
from policies.lifetime import Lifetime
from policies.matrix import LIFETIMES, MATRIX
from policies.postgresql import DatabaseAccess
from policies.subject import Subject, subjects_in


def subject(label: str, environment: Environment = Environment.DEV) -> Subject:
    return next(one for one in subjects_in(MATRIX, environment) if one.label == label)


def test_a_workload_has_its_names_from_its_application_and_environment() -> None:
    api = subject("kubesentiment/api", Environment.PROD)
    assert api.role == "kubesentiment"
    assert api.acl_policy == "kubesentiment-api-prod"
    assert api.pki_role == "kubesentiment-api"
    assert api.pki_domain == "api.kubesentiment.prod.example.internal"
    assert api.database_role(DatabaseAccess.READ_ONLY) == "kubesentiment-readonly"
    assert api.environment is Environment.PROD


def test_a_pki_administrator_issues_for_the_whole_application() -> None:
    assert subject("kubesentiment/admin").pki_domain == "kubesentiment.dev.example.internal"


def test_people_have_names_of_their_own_and_no_application() -> None:
    auditors = subject("people/auditors")
    assert (auditors.role, auditors.acl_policy) == ("auditors", "people-auditors-dev")
    refused = pytest.raises(ValueError, match="people/auditors: people have no application")
    with refused:
        _ = auditors.pki_role
    with refused:
        _ = auditors.pki_domain
    with refused:
        auditors.database_role(DatabaseAccess.READ_ONLY)


def test_a_token_lives_as_its_workload_says_or_else_as_the_matrix_does() -> None:
    assert subject("kubesentiment/api").token == LIFETIMES.token
    assert subject("media-catalog/rotation").token == Lifetime.of("10m", "10m")


def test_only_those_with_a_grant_in_an_environment_are_in_it() -> None:
    for environment in Environment:
        there = subjects_in(MATRIX, environment)
        assert all(one.grants for one in there)
        assert all(environment in grant.environments for one in there for grant in one.grants)
