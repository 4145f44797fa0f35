"""The stack of one team: its slice of the plan, in a Vault that the platform's stack has set up.

It has no servers, mounts or connections, and logs in with an identity that Vault holds to this
slice. Pulumi starts it in its own folder, so the repository's is put on the path.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pulumi

if (root := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, root)

from components import auth, consistency, engines
from components.acl import AclPolicies
from components.bootstrap import TeamLogin
from components.options import after, known_without_parent
from components.settings import load_team
from policies.compile import compile_plan
from policies.matrix import MATRIX
from policies.slices import slice_of

pulumi.runtime.register_stack_transformation(known_without_parent)

settings = load_team()
plan = compile_plan(MATRIX, settings.environment)
consistency.check_team(settings, plan)
own = slice_of(plan, settings.team)

vault = TeamLogin("vault", settings)
inside = pulumi.ResourceOptions(providers={"vault": vault.provider})

# Who may do what, and who can log in. Roles name ACL policies, so these come first.
after_acl = after(inside, [AclPolicies("acl", own.acl_policies, inside)])
kubernetes = auth.KubernetesAuthArgs(None, own.kubernetes_roles)
auth.KubernetesAuth("kubernetes", kubernetes, after_acl)
approle = auth.AppRoleAuthArgs(own.approle_roles, mounted=True)
auth.AppRoleAuth("approle", approle, after_acl)

# What Vault keeps.
entries = engines.KvEngineArgs(settings.kv, own.kv_entries, settings.protect)
kv = engines.KvEngine("kv", entries, inside)

pulumi.export("address", settings.vault.address)
pulumi.export("environment", settings.environment.value)
pulumi.export("secretsNotGivenYet", list(kv.pending))
pulumi.export("team", settings.team)
