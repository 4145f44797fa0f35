"""Who takes the snapshots, found in the plan by what its role may: nothing else says so. Pure."""

from __future__ import annotations

from policies.hcl import Capability
from policies.paths import SNAPSHOT
from policies.plan import KubernetesRole, Plan


def reader(plan: Plan) -> KubernetesRole | None:
    """The one role whose tokens may read a snapshot (the matrix refuses two); None where Vault
    makes none, as on files.
    """
    policies = {
        policy.name
        for policy in plan.acl_policies
        for stanza in policy.stanzas
        if stanza.path == SNAPSHOT and Capability.READ in stanza.capabilities
    }
    found = [role for role in plan.kubernetes_roles if not policies.isdisjoint(role.token.policies)]
    return found[0] if found else None
