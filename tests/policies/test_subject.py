"""`policies.subject`: every name that is made for a workload, in one environment."""

from __future__ import annotations

import pytest

from policies.environments import Environment, EnvironmentSpec
from policies.grants import Pki, PkiAccess
from policies.iam import AwsAccount
from policies.identities import ServiceAccount
from policies.lifetime import Lifetime
from policies.matrix import LIFETIMES, MATRIX
from policies.model import AccessMatrix, Application, Workload
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
    refused = pytest.raises(ValueError, match="people/auditors: has no application")
    with refused:
        _ = auditors.pki_role
    with refused:
        _ = auditors.pki_domain
    with refused:
        auditors.database_role(DatabaseAccess.READ_ONLY)


def test_a_token_lives_as_its_workload_says_or_else_as_the_matrix_does() -> None:
    assert subject("kubesentiment/api").token == LIFETIMES.token
    assert subject("media-catalog/rotation").token == Lifetime.of("15m", "15m")


def test_only_those_with_a_grant_in_an_environment_are_in_it() -> None:
    for environment in Environment:
        there = subjects_in(MATRIX, environment)
        assert all(one.grants for one in there)
        assert all(environment in grant.environments for one in there for grant in one.grants)


def issuing(access: PkiAccess, name: str) -> Subject:
    """A workload of this name, in an application and a domain of 20 letters each."""
    workload = Workload(name, ServiceAccount("shop", "api"), (Pki(access),))
    matrix = AccessMatrix(
        environments=(
            EnvironmentSpec(Environment.DEV, "d" * 20, AwsAccount("1" * 12, "eu-west-1")),
        ),
        lifetimes=LIFETIMES,
        applications=(Application("a" * 20, "team", (workload,)),),
    )
    (made,) = subjects_in(matrix, Environment.DEV)
    return made


def test_a_certificates_name_that_x509_cannot_hold_is_refused() -> None:
    rest = f".{'a' * 20}.{'d' * 20}"
    longest = issuing(PkiAccess.CLIENT, "w" * 22)
    assert longest.pki_domain == "w" * 22 + rest
    assert len(longest.pki_domain) == 64
    with pytest.raises(ValueError, match="is longer than X") as caught:
        _ = issuing(PkiAccess.CLIENT, "w" * 23).pki_domain
    assert str(caught.value) == (
        f"workload '{'a' * 20}/{'w' * 23}': the certificate's name '{'w' * 23}{rest}' is longer "
        "than X.509's 64 characters; shorten the workload, the application or the environment's "
        "domain"
    )


def test_a_pki_administrators_own_name_is_in_no_certificate() -> None:
    assert issuing(PkiAccess.ADMIN, "w" * 63).pki_domain == f"{'a' * 20}.{'d' * 20}"
