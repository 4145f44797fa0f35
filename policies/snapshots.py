"""Who takes the snapshots, found in the plan by what its role may: nothing else says so. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from policies.hcl import Capability, Stanza
from policies.paths import SNAPSHOT
from policies.plan import KubernetesRole, Plan


def reader(plan: Plan) -> KubernetesRole | None:
    """None where Vault makes no snapshots, as on files."""
    stanzas = {policy.name: policy.stanzas for policy in plan.acl_policies}
    return reader_among(plan.kubernetes_roles, lambda policy: stanzas.get(policy, ()))


def reader_among(
    roles: Iterable[KubernetesRole], stanzas: Callable[[str], Iterable[Stanza]]
) -> KubernetesRole | None:
    """The one role whose tokens may read a snapshot; the matrix refuses two. `stanzas`: of an ACL
    policy, by its name.
    """
    for role in roles:
        for policy in role.token.policies:
            if any(_reads(stanza) for stanza in stanzas(policy)):
                return role
    return None


def _reads(stanza: Stanza) -> bool:
    return stanza.path == SNAPSHOT and Capability.READ in stanza.capabilities
