"""Whose token it is, by its ACL policies: in the matrix' plan every one names its environment.

So a token of prod is refused where dev is meant, and a dry run can say what Vault will refuse. A
token with a policy that the matrix does not know (root, an administrator's) is not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from migration.errors import MigrationError
from policies.acl import Acl
from policies.compile import compile_plan
from policies.environments import Environment
from policies.hcl import Capability, Stanza
from policies.model import AccessMatrix
from policies.texts import joined


def refuse_strangers(
    policies: Collection[str], matrix: AccessMatrix, environment: Environment
) -> None:
    """Raises `MigrationError` for a token of another environment."""
    for spec in matrix.environments:
        if spec.environment is environment:
            continue
        if others := sorted(set(policies) & _stanzas(matrix, spec.environment).keys()):
            raise MigrationError(
                f"the token has {joined(others)}, so this is {spec.environment.value}, not "
                f"{environment.value}; log in to {environment.value}, or write --environment "
                f"{spec.environment.value}"
            )


def may(
    policies: Collection[str],
    matrix: AccessMatrix,
    environment: Environment,
    capability: Capability,
    path: str,
) -> bool | None:
    """What Vault will decide; None where a policy is not the matrix'."""
    known = _stanzas(matrix, environment)
    if not policies or not set(policies) <= known.keys():
        return None
    acl = Acl.of([known[name] for name in policies])
    return capability.value in acl.capabilities(path)


def _stanzas(matrix: AccessMatrix, environment: Environment) -> Mapping[str, tuple[Stanza, ...]]:
    plan = compile_plan(matrix, environment)
    return {policy.name: policy.stanzas for policy in plan.acl_policies}
