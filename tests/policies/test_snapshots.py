"""`policies.snapshots`: who takes them is found by what it may, in every environment."""

from __future__ import annotations

import dataclasses

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.snapshots import reader

STAGING = compile_plan(MATRIX, Environment.STAGING)


def test_it_is_the_platforms_machine_where_vault_makes_snapshots() -> None:
    found = {one: reader(compile_plan(MATRIX, one)) for one in Environment}
    assert found.pop(Environment.DEV) is None
    for environment, role in found.items():
        assert role is not None
        assert (role.name, role.namespace) == ("platform-snapshots", "vault")
        assert role.audience == f"vault-{environment.value}"


def test_who_is_called_so_and_may_not_is_not_it() -> None:
    policies = tuple(
        dataclasses.replace(one, stanzas=()) if "snapshots" in one.name else one
        for one in STAGING.acl_policies
    )
    assert reader(dataclasses.replace(STAGING, acl_policies=policies)) is None


def test_an_acl_policy_that_the_plan_does_not_have_reads_none() -> None:
    assert reader(dataclasses.replace(STAGING, acl_policies=())) is None
