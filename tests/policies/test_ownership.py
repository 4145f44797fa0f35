"""`policies.ownership` says whose a path is."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from policies.acl import Acl, Pattern, witness
from policies.compile import compile_plan
from policies.environments import Environment
from policies.grants import RenewSelf
from policies.hcl import Capability, Stanza
from policies.identities import ServiceAccount
from policies.lifetime import Duration
from policies.matrix import MATRIX
from policies.model import Application
from policies.ownership import owners_in
from policies.plan import Member, Owner
from policies.resources import PostgresDatabase, StaticUser
from policies.subject import PEOPLE, subjects_in
from policies.workload import Workload


def owner(name: str) -> Owner:
    owners = {owner.name: owner for owner in owners_in(subjects_in(MATRIX, Environment.PROD))}
    return owners[name]


def test_an_application_owns_its_secrets_behind_every_infix_of_kv() -> None:
    assert {"secret/+/media-catalog/*", "secret/+/deploy/media-catalog/*"} <= set(
        owner("media-catalog").paths
    )


def test_an_application_owns_what_issues_its_credentials() -> None:
    paths = owner("kubesentiment").paths
    assert "aws/creds/s3-access" in paths
    assert "database/creds/kubesentiment-readonly" in paths
    assert "pki/issue/kubesentiment-api" in paths
    assert "pki/issue/kubesentiment-batch" not in paths, "it may issue none"


def test_its_workloads_are_named_with_their_roles() -> None:
    assert Member("kubesentiment/api", "kubesentiment") in owner("kubesentiment").members
    assert owner("kubesentiment").team == "sentiment-team"


def test_an_application_of_one_workload_owns_its_users_that_stay_too() -> None:
    small = Application(
        "small",
        "team",
        (Workload("api", ServiceAccount("small", "api"), (RenewSelf(),)),),
        database=PostgresDatabase(
            "small", "keeper", static_users=(StaticUser("report", Duration.parse("24h")),)
        ),
    )
    matrix = replace(MATRIX, applications=(*MATRIX.applications, small))
    (subject,) = (one for one in subjects_in(matrix, Environment.PROD) if one.owner == "small")
    (found,) = owners_in([subject])
    assert found.team == "team"
    assert "database/static-creds/small-report" in found.paths


def test_people_own_nothing() -> None:
    people = owner(PEOPLE)
    assert (people.team, people.paths) == ("", ())
    assert Member("people/auditors", "auditors") in people.members


@pytest.mark.parametrize("environment", Environment)
def test_nothing_belongs_to_two(environment: Environment) -> None:
    for one, other in permutations(compile_plan(MATRIX, environment).owners, 2):
        everything = Acl.of([[Stanza(path, (Capability.READ,)) for path in one.paths]])
        for path in other.paths:
            assert witness(everything, Pattern.of(path), Capability.READ) is None
