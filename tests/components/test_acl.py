"""ACL policies are in Vault under their names, and their text is plain at preview."""

from __future__ import annotations

from components.acl import AclPolicies
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import AclPolicy
from tests.components.conftest import Alone
from tests.components.plans import shuffled

POLICIES = compile_plan(MATRIX, Environment.DEV).acl_policies
TYPE = "vault:index/policy:Policy"


def test_one_for_each_of_the_plan(alone: Alone) -> None:
    recording = alone(lambda opts: AclPolicies("acl", POLICIES, opts))
    assert recording["acl"].type == "vaultstack:acl:AclPolicies"
    made = {r.name: (r.values["name"], r.values["policy"]) for r in recording.of(TYPE)}
    assert made == {f"acl-policy-{p.name}": (p.name, p.hcl) for p in POLICIES}
    assert recording.outputs_of("acl") == {"names": [policy.name for policy in POLICIES]}


def test_a_preview_knows_their_text_and_shows_it(alone: Alone) -> None:
    recording = alone(lambda opts: AclPolicies("acl", POLICIES, opts), preview=True)
    assert {r.inputs["policy"] for r in recording.of(TYPE)} == {p.hcl for p in POLICIES}


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    def identities(policies: list[AclPolicy]) -> set[tuple[str, str]]:
        return alone(lambda opts: AclPolicies("acl", policies, opts)).identities

    assert identities(list(POLICIES)) == identities(shuffled(POLICIES))


def test_a_policy_can_be_deleted(alone: Alone) -> None:
    recording = alone(lambda opts: AclPolicies("acl", POLICIES, opts))
    assert not any(resource.protect for resource in recording.resources)
